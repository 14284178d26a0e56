//! The actix-web host: [`mount`] puts [`Routes`](crate::http::Routes) into an `App`.
//!
//! ```
//! use actix_web::{App, web};
//! use gravity_core::http::host::actix::mount;
//! use gravity_core::http::{PUBLIC, Routes, get};
//!
//! let notes: Routes = Routes::new().route(get("/notes", "listNotes").allow(PUBLIC).to(async || "none"));
//!
//! let app = App::new().service(mount("/api", notes.clone()));
//! let app = App::new().service(web::scope("/v1").configure(|scope| {
//!     scope.service(mount("/api", notes.clone()));
//! }));
//! ```
//!
//! What the application has to set on its `HttpServer`, since a service cannot:
//!
//! - `h1_allow_half_closed(false)`: a client that goes away then cancels its handler. As actix comes,
//!   it takes the closed connection for one that only sends no more, and lets the handler run on.
//! - `client_request_timeout`: how long a head may take (5 s). `client_disconnect_timeout`: how long
//!   a connection is kept after an answer that came before the end of the body, and after the end of
//!   a WebSocket (1 s).
//!
//! Over HTTP/2 actix does not look at a stream that the client has taken back until there is an answer
//! to send: its handler runs on, within its time limit.
//!
//! actix refuses what breaks the rules of HTTP itself, before any service sees it: two lengths, two
//! hosts, no host, control bytes. Its answer is a 400 without a body, and it closes the connection.
//!
//! A handler runs on the worker that has the connection, and so do the tasks that it spawns: work
//! that outlives the request belongs on a runtime of the application's own.

mod mount;
mod payload;
mod request;
mod response;
mod upgrade;

pub use mount::{Mount, mount};
