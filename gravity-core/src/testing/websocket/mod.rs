//! The WebSocket suite: what a host has to do right, in the manner of the Autobahn test suite.
//!
//! [`Suite::routes`] are served by the host under test; [`Suite::run`] puts them to the test with a
//! client that speaks in raw frames, so that it can break the rules too. Each case is a function of
//! its own as well.
//!
//! ```no_run
//! # async fn serve(_: gravity_core::http::Routes) -> std::net::SocketAddr { todo!() }
//! # async fn example() {
//! use gravity_core::testing::websocket::{Server, Suite};
//!
//! let suite = Suite::new();
//! let server = Server::new(serve(suite.routes()).await);
//! suite.run(&server).await;
//! # }
//! ```
#![allow(clippy::missing_panics_doc, reason = "a suite fails by panicking")]

pub mod closing;
pub mod control;
mod fixture;
pub mod flow;
pub mod fragments;
pub mod frames;
pub mod handshake;
pub mod limits;
pub mod messages;
pub mod raw;
pub mod utf8;

pub use fixture::{Seen, Suite};
pub use raw::{Ask, Frame, Raw, Server};

impl Suite {
    /// Runs every case: the groups that share nothing side by side, since a host may take its time to close.
    /// It panics at the first that fails.
    pub async fn run(&self, server: &Server) {
        tokio::join!(
            handshake::run(server),
            messages::run(server),
            control::run(server),
            frames::run(server),
            fragments::run(server),
            utf8::run(server),
            closing::run(server),
            limits::run(server),
        );
        flow::run(self, server).await;
    }
}
