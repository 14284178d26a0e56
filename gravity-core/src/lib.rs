#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod audit;
pub mod backoff;
pub mod broadcast;
pub mod cache;
pub mod config;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod db;
pub mod error;
pub mod events;
pub mod health;
pub mod http;
pub mod id;
pub mod idempotency;
pub mod jobs;
pub mod limits;
pub mod lock;
pub mod metrics;
pub mod money;
pub mod page;
pub mod permission;
pub mod principal;
#[cfg(feature = "redis")]
pub mod redis;
pub mod resilience;
pub mod sagas;
pub mod schedules;
pub mod secret;
pub mod security;
pub mod subject;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod validate;

mod beats;
mod cause;
#[cfg(doctest)]
mod guides;
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
