//! The use cases, one file for each group: plain async methods of [`Auth`](crate::Auth), without HTTP.

mod address;
mod admin;
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
mod roles;
mod session;
mod sign_in;
mod throttling;
mod tokens;
mod verify;

pub use caller::Caller;
pub(crate) use housekeeping::Until;
pub(crate) use outbox::{Addressed, Letter};
pub use password::NewPassword;
pub use register::{Registered, Registration};
pub(crate) use revoked::Revoked;
pub(crate) use roles::Roles;
pub use sign_in::{Credentials, Identifier};
pub use tokens::{Introspection, SignedIn};
