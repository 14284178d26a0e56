//! What every Gravity service stands on.

pub mod http;
pub mod id;
pub mod permission;
pub mod principal;
pub mod secret;
pub mod subject;
pub mod time;

mod sql_value;
#[allow(missing_docs, dead_code)]
mod stub;

pub use id::{Entity, Id};
pub use permission::{Grant, Grants, Permission};
pub use principal::Principal;
pub use secret::{Secret, SecretString};
pub use stub::validate;
pub use subject::Subject;
pub use time::{Clock, TestClock, Timestamp};
