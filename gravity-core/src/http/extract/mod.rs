//! Extractors: what a handler asks of a request, as the types of its arguments.

mod bearer;
mod body;
mod client_addr;
mod conditional;
mod cookies;
mod form;
mod headers;
mod idempotency_key;
mod json;
mod last_event_id;
mod limited;
mod located;
pub mod multipart;
mod numbers;
mod path;
mod plain;
mod plain_json;
mod principal;
mod query;
mod schema;
mod state;
mod text;

pub use bearer::BearerToken;
pub(crate) use body::{UNREADABLE, collect, unread};
pub use client_addr::ClientAddr;
pub use cookies::Cookies;
pub use form::{Form, JsonOrForm};
pub use headers::Headers;
pub use idempotency_key::IdempotencyKey;
pub(crate) use json::read as read_json;
pub use last_event_id::LastEventId;
pub(crate) use limited::limited;
pub use limited::{Stalled, TooLarge};
pub use multipart::{AnyFields, FilePart, Multipart};
pub use path::Path;
pub use plain::{Extension, OriginalUri};
pub use query::Query;
pub use state::{FromState, State};

use std::future::Future;

use super::body::Body;
use super::openapi::Operation;
use super::parts::Parts;
use super::problem::Problem;

/// Something that a handler can take as an argument, made from all of a request but its body.
pub trait FromParts<S>: Sized {
    /// Whether the caller has to be known: then a route with this argument may not be public.
    const NEEDS_PRINCIPAL: bool = false;

    /// Whether credentials are to be looked at where there are any, even on a public route.
    const LOOKS_FOR_PRINCIPAL: bool = Self::NEEDS_PRINCIPAL;

    /// Makes the argument, or answers with a problem.
    fn from_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem>;

    /// Says in the OpenAPI document what this takes and what it can answer with.
    fn describe(operation: &mut Operation<'_>);
}

/// Something that a handler can take as its last argument: it may own the body.
///
/// Everything that is [`FromParts`] is also this; `Via` only keeps the two apart.
pub trait FromRequest<S, Via = ViaRequest>: Sized {
    /// As in [`FromParts`].
    const NEEDS_PRINCIPAL: bool = false;

    /// As in [`FromParts`].
    const LOOKS_FOR_PRINCIPAL: bool = Self::NEEDS_PRINCIPAL;

    /// Makes the argument, or answers with a problem.
    fn from_request(
        parts: &mut Parts,
        body: Body,
        state: &S,
    ) -> impl Future<Output = Result<Self, Problem>> + Send;

    /// Says in the OpenAPI document what this takes and what it can answer with.
    fn describe(operation: &mut Operation<'_>);
}

/// Marks a [`FromRequest`] that owns the body.
#[derive(Debug)]
pub enum ViaRequest {}

/// Marks a [`FromRequest`] that is a [`FromParts`].
#[derive(Debug)]
pub enum ViaParts {}

impl<S: Sync, T: FromParts<S> + Send> FromRequest<S, ViaParts> for T {
    const NEEDS_PRINCIPAL: bool = T::NEEDS_PRINCIPAL;
    const LOOKS_FOR_PRINCIPAL: bool = T::LOOKS_FOR_PRINCIPAL;

    fn from_request(
        parts: &mut Parts,
        _: Body,
        state: &S,
    ) -> impl Future<Output = Result<Self, Problem>> + Send {
        std::future::ready(T::from_parts(parts, state))
    }

    fn describe(operation: &mut Operation<'_>) {
        T::describe(operation);
    }
}
