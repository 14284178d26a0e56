#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod backoff;
pub mod broadcast;
pub mod config;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod db;
pub mod error;
pub mod events;
pub mod http;
pub mod id;
pub mod jobs;
pub mod metrics;
pub mod money;
pub mod page;
pub mod permission;
pub mod principal;
pub mod secret;
pub mod security;
pub mod subject;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod validate;

mod beats;
mod cause;
mod random;
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

/// The guides' code is compiled and run.
#[cfg(all(doctest, any(feature = "sqlite", feature = "postgres")))]
#[doc = include_str!("../../docs/guides/write-a-store.md")]
mod write_a_store {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/guides/configuration.md")]
mod configuration_guide {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/guides/secrets.md")]
mod secrets_guide {}

#[cfg(all(doctest, feature = "sqlite", feature = "testing"))]
#[doc = include_str!("../../docs/guides/events.md")]
mod events_guide {}

#[cfg(all(doctest, unix, feature = "testing"))]
#[doc = include_str!("../../docs/guides/fault-rig.md")]
mod fault_rig_guide {}
