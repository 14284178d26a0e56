//! The use cases, one file for each group: plain async methods of [`Auth`](crate::Auth), without HTTP.

mod address;
mod admin;
mod caller;
mod device;
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
mod second_factor;
mod session;
mod sign_in;
mod step_up;
mod throttling;
mod tokens;
mod totp;
mod verify;

pub use caller::Caller;
pub(crate) use device::REMEMBERED;
pub(crate) use housekeeping::Until;
pub(crate) use outbox::{Addressed, FactorNews, Letter};
pub use password::NewPassword;
pub use register::{Registered, Registration};
pub(crate) use revoked::Revoked;
pub(crate) use roles::Roles;
pub use second_factor::{PendingSignIn, Proof};
pub use sign_in::{Credentials, Identifier};
pub use step_up::StepUp;
pub use tokens::{Introspection, SignedIn};
pub use totp::{SecondFactors, TotpEnrolment};
