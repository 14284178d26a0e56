//! Hosts: what serves [`Routes`](super::Routes) on a socket.
//!
//! All of them serve the same value, and none knows what is in it. [`hyper`] brings a server of its
//! own; [`axum`] and [`actix`] mount the routes in an application that is there already.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
pub mod hyper;
mod peer;
mod wire;

pub use peer::PeerAddr;

/// The guide's code is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/guides/mount-a-service.md")]
struct Guide;
