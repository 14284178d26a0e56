//! The HTTP seam: a service's routes are one value, and every host serves that same value.

pub mod access;
mod asset;
pub mod body;
#[cfg(feature = "client")]
pub mod client;
mod conditional;
pub mod cookie;
pub mod credentials;
mod date;
mod docs;
mod error;
mod etag;
pub mod extract;
mod field;
pub mod file_name;
pub mod forwarded;
mod handler;
pub mod host;
pub mod layer;
mod layered;
mod limits;
pub mod media;
mod negotiate;
pub mod openapi;
mod parts;
mod problem;
pub mod problems;
mod proxies;
pub mod range;
mod request_id;
pub mod respond;
mod route;
mod routes;
mod running;
mod shutdown;
mod static_file;
mod table;
pub mod upgrade;
pub mod websocket;

pub use access::{Access, Authenticator, PUBLIC, Rule, SIGNED_IN, Scheme};
pub use body::{Body, BoxError};
pub use conditional::{Conditional, Tags, Verdict, Version};
pub use etag::ETag;
pub use extract::{
    AnyFields, BearerToken, ClientAddr, Cookies, Extension, FilePart, Form, FromParts, FromRequest,
    FromState, Headers, IdempotencyKey, JsonOrForm, LastEventId, Multipart, OriginalUri, Path, Query, State,
};
pub use handler::Handler;
pub use host::PeerAddr;
pub use layered::matched_route;
pub use limits::Limits;
pub use openapi::OpenApi;
pub use parts::{Parts, original_path};
pub use problem::{IntoProblem, Problem, ProblemKind};
#[cfg(feature = "client")]
pub(crate) use proxies::Network;
pub use proxies::{InvalidNetwork, ProxyHeader, TrustedProxies, Trusting};
pub use request_id::RequestId;
pub use respond::{
    Accepted, Created, Event, File, Html, InvalidCookie, InvalidEvent, Json, NoContent, NotLocal, Redirect,
    Respond, SameSite, SetCookie, SetCookies, Source, Sse, StreamBody, Tagged, WithHeaders, WithStatus,
};
pub use route::{Declared, Draft, Route, RouteInfo, delete, get, method, patch, post, put};
pub use routes::Routes;
pub use shutdown::{Hold, Shutdown};
pub use static_file::{STYLE, StaticFile};
pub use table::Answering;

/// A request as handlers and layers see it.
pub type Request = http::Request<Body>;

/// A response as handlers and layers make it.
pub type Response = http::Response<Body>;

/// The header that carries a request's id.
pub const X_REQUEST_ID: http::HeaderName = http::HeaderName::from_static("x-request-id");
