//! [`Client`]: calls a service, in this process or on another machine, with the same code.
//!
//! ```
//! use gravity_core::http::client::{Client, ClientError};
//! use gravity_core::http::{Json, PUBLIC, Path, Routes, get};
//!
//! async fn double(Path(number): Path<u32>) -> Json<u64> {
//!     Json(u64::from(number) * 2)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), ClientError> {
//! let routes: Routes = Routes::new().route(get("/double/{number}", "double").allow(PUBLIC).to(double));
//! let client = Client::in_process(routes); // or Client::connect("https://api.example.com/v1")?
//! let doubled: u64 = client.get("/double").segment(21).send().await?;
//! assert_eq!(doubled, 42);
//! # Ok(()) }
//! ```
//!
//! What it does on every call:
//! - **Time**: one deadline covers all tries, waits and the reading of the answer (5 s unless set).
//! - **Retries**: only what is safe to repeat, with a jittered backoff, `Retry-After`, and a budget
//!   that keeps retries to a tenth of the calls ([`Call`] says when).
//! - **Errors**: the server's problem document is kept whole ([`RemoteProblem`]).
//! - **Correlation**: a request id goes with every call; [`Client::correlate`] hands on that of the
//!   request being answered, and its trace. Where the program has [telemetry](crate::telemetry), each try is
//!   a span of the current trace, and its place there is sent as `traceparent`.
//!
//! What it does not do: it follows no redirects (an answer 3xx is an error of [`Call::send`], and is
//! handed over by [`Call::send_raw`]), keeps no cookies, and asks for no compression.
//! Dropping a call's future cancels it: the handler in this process, or the request on the wire.

mod answer;
mod base;
mod body;
mod call;
mod config;
mod decode;
mod error;
mod handle;
mod pairs;
mod problem;
mod retry;
mod transport;
mod trying;

pub use call::Call;
pub use config::ClientConfig;
pub(crate) use error::find;
pub use error::{ClientError, DecodeError};
pub use handle::Client;
pub use problem::{RemoteFault, RemoteProblem};
pub use transport::Transport;
pub(crate) use transport::{Pool, erase, roots};

#[cfg(doctest)]
#[doc = include_str!("../../../../docs/guides/call-a-service.md")]
struct Guide;
