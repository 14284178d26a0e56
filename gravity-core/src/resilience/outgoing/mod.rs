//! [`OutgoingClient`]: calls addresses that users give, such as webhooks and pictures, and never one inside.
//!
//! Whoever lets users name an address to call lets them reach whatever the server can reach: databases without
//! a password, the metadata of the cloud, other services. This client refuses that (server-side request forgery):
//!
//! - **Addresses.** `http` and `https` only, on ports 80 and 443, without user names. A host is a name or an
//!   address in its ordinary spelling; `0x7f.1`, `2130706433` and the like are refused, and so is a name whose
//!   last part is a number.
//! - **Names** are resolved here. Every address that a name has must be a public one, by the registries of IANA for
//!   special purposes, also where an IPv4 address hides in an IPv6 one (mapped, 6to4, NAT64, ISATAP). One that is not
//!   makes the call fail: a name with both kinds is not honest.
//! - **The connection** goes to the very addresses that were looked at. Nothing is resolved a second time, so a name
//!   that changes its address in between gains nothing.
//! - **Redirects** are followed here, a few of them, and each is looked at like the first. `https` does not become
//!   `http`. Credentials do not go to another origin.
//! - **Answers** are read into memory up to a size and within a time that covers everything. No compression is asked
//!   for and none is undone.
//! - **Errors** do not say which addresses a name has, and use the same words for an address that may not be called
//!   and one that does not answer.
//!
//! Proxies that the environment names are not used: they would resolve names themselves.

mod client;
mod config;
mod connect;
mod error;
mod hosts;
mod ranges;
mod redirect;
mod resolve;
mod target;
mod webhook;

pub use client::OutgoingClient;
pub use config::OutgoingConfig;
pub use error::OutgoingError;
pub use ranges::is_public;
pub use resolve::{Resolve, SystemResolver};
pub use webhook::{WebhookKey, WebhookKeyError};
