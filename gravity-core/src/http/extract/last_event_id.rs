//! [`LastEventId`]: where a client of server-sent events left off.

use http::HeaderName;
use serde_json::json;

use super::FromParts;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;

const NAME: HeaderName = HeaderName::from_static("last-event-id");

/// The id of the last event that a client has seen, as it sends it when it connects again. It is what the
/// client says, and may be the id of no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastEventId(pub String);

/// The id, where the client connects again; a header that is not UTF-8 is none.
impl<S> FromParts<S> for Option<LastEventId> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let value = parts.headers().get(NAME).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
        Ok(value.map(|id| LastEventId(id.to_owned())))
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.parameter("header", "Last-Event-ID", false, json!({ "type": "string" }));
    }
}
