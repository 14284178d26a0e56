//! The use cases, one file for each group: plain async methods of [`Auth`](crate::Auth), without HTTP.

mod address;
mod admin;
mod api_key;
mod authority;
mod caller;
mod housekeeping;
mod link;
mod mail_code;
mod outbox;
mod password;
mod record;
mod refresh;
mod register;
mod requests;
mod revoked;
mod role;
mod roles;
mod service_account;
mod session;
mod sign_in;
mod throttling;
mod tokens;
mod verify;

pub use api_key::{API_KEYS_MANAGE, ApiKeyPatch, IssuedApiKey, NewApiKey};
pub(crate) use api_key::{KEY, NoCaller, UNITS as API_KEY_UNITS};
pub use authority::Authority;
pub use caller::Caller;
pub(crate) use housekeeping::Until;
pub(crate) use outbox::{Addressed, Letter};
pub use password::NewPassword;
pub use register::{Registered, Registration};
pub(crate) use revoked::Revoked;
pub use role::{ROLES_READ, ROLES_WRITE, USERS_WRITE};
pub(crate) use roles::Roles;
pub use sign_in::{Credentials, Identifier};
pub use tokens::{Introspection, SignedIn};
