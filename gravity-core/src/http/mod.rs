//! The HTTP seam: a service's routes are one value, and every host serves that same value.

pub mod access;
pub mod body;
#[cfg(feature = "client")]
pub mod client;
mod error;
pub mod extract;
mod handler;
pub mod host;
pub mod layer;
mod layered;
mod limits;
mod negotiate;
pub mod openapi;
mod parts;
mod problem;
pub mod problems;
mod request_id;
pub mod respond;
mod route;
mod routes;
mod running;
mod table;
pub mod upgrade;

pub use access::{Access, Authenticator, PUBLIC, Rule, SIGNED_IN, Scheme};
pub use body::{Body, BoxError};
pub use extract::{FromParts, FromRequest, FromState, Path, Query, State};
pub use handler::Handler;
pub use layered::matched_route;
pub use limits::Limits;
pub use parts::Parts;
pub use problem::{IntoProblem, Problem, ProblemKind};
pub use request_id::RequestId;
pub use respond::{Created, Json, NoContent, Respond};
pub use route::{Declared, Draft, Route, RouteInfo, delete, get, method, patch, post, put};
pub use routes::Routes;
pub use table::Answering;

/// A request as handlers and layers see it.
pub type Request = http::Request<Body>;

/// A response as handlers and layers make it.
pub type Response = http::Response<Body>;

/// The header that carries a request's id.
pub const X_REQUEST_ID: http::HeaderName = http::HeaderName::from_static("x-request-id");
