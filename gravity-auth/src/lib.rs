#![doc = include_str!("../README.md")]

mod auth;
mod authentication;
#[cfg(feature = "client")]
mod client;
mod config;
pub mod device;
pub mod domain;
pub mod dpop;
mod error;
pub mod events;
#[cfg(doctest)]
mod guides;
pub mod hooks;
pub mod http;
pub mod jwt;
mod mail;
#[cfg(feature = "client")]
pub mod oauth;
pub mod passkey;
pub mod password;
mod ports;
mod providers;
mod service;
mod settings;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod throttle;
pub mod totp;

pub use auth::Auth;
pub use authentication::Authentication;
#[cfg(feature = "client")]
pub use client::AuthClient;
pub use config::AuthConfig;
pub use error::AuthError;
pub use http::Cookies;
pub use mail::DevMailbox;
pub use ports::{AvatarFiles, Delivery, MemoryFiles, Message, Picture, PictureError};
pub use providers::{ProviderKind, ProviderSettings, SecretIn};
pub use service::{
    API_KEYS_MANAGE, AddedPasskey, ApiKeyPatch, Authority, Caller, Credentials, Export, ExportedAccount,
    ExportedApiKey, ExportedDevice, ExportedFollow, ExportedInvitation, ExportedMembership, ExportedPasskey,
    ExportedSession, Identifier, Impersonation, ImportedUser, Introspection, IssuedApiKey, NewApiKey,
    NewPasskey, NewPassword, NewUser, ORGS_MANAGE, PasskeyAnswer, PasskeyOptions, PendingSignIn, PersonEdit,
    PersonView, PictureKind, PreferencesEdit, PrivacyEdit, Proof, ROLES_READ, ROLES_WRITE, Regard,
    Registered, Registration, SecondFactors, SignedIn, Statistics, StepUp, TotpEnrolment, USERS_DELETE,
    USERS_EXPORT, USERS_IMPERSONATE, USERS_READ, USERS_WRITE, Viewer, view,
};
#[cfg(feature = "client")]
pub use service::{Arrived, Handover, Returned};
pub use settings::{
    AuthSettings, CookieSettings, MailSettings, OAuthSettings, PasskeySettings, PasswordSettings,
    PeopleSettings, SecondFactorSettings, SessionSettings, SignUp, TokenSettings,
};
pub use store::{AuthStore, MemoryStore};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use store::{MIGRATIONS, SqlStore};
pub use throttle::Throttles;
