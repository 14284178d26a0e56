//! What every Gravity service stands on.

pub mod config;
pub mod error;
pub mod http;
pub mod id;
pub mod metrics;
pub mod money;
pub mod page;
pub mod permission;
pub mod principal;
pub mod secret;
pub mod security;
pub mod subject;
pub mod time;
pub mod validate;

mod sql_value;

pub use error::{Error, ErrorKind};
pub use id::{Entity, Id};
pub use metrics::Metrics;
pub use money::{Currency, Money};
pub use page::{Cursor, Page, PageRequest};
pub use permission::{Grant, Grants, Permission};
pub use principal::Principal;
pub use secret::{Secret, SecretString};
pub use subject::Subject;
pub use time::{Clock, TestClock, Timestamp};
