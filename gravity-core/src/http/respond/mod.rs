//! Responses: what a handler may answer with.

mod basic;
pub mod file;
mod html;
mod json;
mod redirect;
mod set_cookie;
mod sse;
mod stream;
mod with;

pub use basic::NoContent;
pub use file::{File, Source};
pub use html::Html;
pub use json::{Accepted, Created, Json};
pub use redirect::{NotLocal, Redirect, is_local};
pub use set_cookie::{InvalidCookie, SameSite, SetCookie};
pub use sse::{Event, InvalidEvent, Sse};
pub use stream::StreamBody;
pub use with::{SetCookies, Tagged, WithHeaders, WithStatus};

use super::Response;
use super::openapi::Operation;
use super::parts::Parts;
use super::problem::{IntoProblem, Problem};

/// Something that a handler can answer with.
pub trait Respond {
    /// The media types that it is sent as; none where it has no body. A client that accepts none of
    /// them is answered 406 before the handler runs.
    const MEDIA: &'static [&'static str] = &[];

    /// The answer. The request is there to be looked at: ranges, conditions, the request id.
    fn respond(self, parts: &mut Parts) -> Response;

    /// Says in the OpenAPI document what it looks like.
    fn describe(operation: &mut Operation<'_>);
}

impl<T: Respond, E: IntoProblem> Respond for Result<T, E> {
    const MEDIA: &'static [&'static str] = T::MEDIA;

    fn respond(self, parts: &mut Parts) -> Response {
        match self {
            Ok(answer) => answer.respond(parts),
            Err(error) => error.into_problem().respond(parts),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        T::describe(operation);
        operation.problems(E::KINDS);
        if E::MORE_CODES {
            operation.more_codes(E::KINDS);
        }
    }
}

impl Respond for Problem {
    fn respond(self, parts: &mut Parts) -> Response {
        self.render(parts.request_id())
    }

    fn describe(_: &mut Operation<'_>) {}
}
