//! The use cases, one file for each group: plain async methods of [`Auth`](crate::Auth), without HTTP.

mod address;
mod admin;
mod api_key;
mod authority;
mod avatar;
mod bound;
mod caller;
mod ceremony;
mod deletion;
mod device;
#[cfg(feature = "client")]
mod elsewhere;
mod export;
mod follow;
mod housekeeping;
mod impersonate;
mod import;
mod link;
mod mail_code;
mod org;
mod outbox;
mod passkey;
mod passkey_sign_in;
mod password;
mod profile;
mod record;
mod refresh;
mod register;
mod requests;
mod revoked;
mod role;
mod roles;
mod second_factor;
mod service_account;
mod session;
mod sign_in;
mod step_up;
mod throttling;
mod tokens;
mod totp;
mod users;
mod verify;
mod view;

#[cfg(feature = "testing")]
pub(crate) use api_key::KEY;
pub use api_key::{API_KEYS_MANAGE, ApiKeyPatch, IssuedApiKey, NewApiKey};
pub(crate) use api_key::{NoCaller, UNITS as API_KEY_UNITS};
pub use authority::{Authority, Viewer};
pub use avatar::PictureKind;
pub use caller::Caller;
pub use ceremony::{PasskeyAnswer, PasskeyOptions};
pub(crate) use device::REMEMBERED;
#[cfg(feature = "client")]
pub(crate) use elsewhere::Providers;
#[cfg(feature = "client")]
pub use elsewhere::{Arrived, Handover, Returned};
pub use export::{
    Export, ExportedAccount, ExportedApiKey, ExportedDevice, ExportedFollow, ExportedInvitation,
    ExportedMembership, ExportedPasskey, ExportedSession,
};
pub(crate) use housekeeping::Until;
pub use impersonate::{Impersonation, USERS_IMPERSONATE};
pub use import::ImportedUser;
pub use org::ORGS_MANAGE;
pub(crate) use outbox::{Addressed, FactorNews, Letter};
pub use passkey::{AddedPasskey, NewPasskey};
pub use password::NewPassword;
pub use profile::{PersonEdit, PreferencesEdit, PrivacyEdit};
pub use register::{Registered, Registration};
pub(crate) use revoked::Revoked;
pub use role::{ROLES_READ, ROLES_WRITE};
pub(crate) use roles::Roles;
pub use second_factor::{PendingSignIn, Proof};
pub use sign_in::{Credentials, Identifier};
pub use step_up::StepUp;
pub use tokens::{Introspection, SignedIn};
pub use totp::{SecondFactors, TotpEnrolment};
pub use users::{NewUser, USERS_DELETE, USERS_EXPORT, USERS_READ, USERS_WRITE};
pub use view::{PersonView, Regard, Statistics, view};
