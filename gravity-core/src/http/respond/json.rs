//! [`Json`] and [`Created`]: answers that are JSON documents.

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use schemars::JsonSchema;
use serde::Serialize;

use super::Respond;
use crate::http::body::Body;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::{Response, problems};

const JSON: &str = "application/json";

/// A JSON document: an answer, or, as the last argument of a handler, the body of the request.
///
/// As an argument it wants a JSON media type and a body within the route's limits, and reports
/// every fault of the document at once, each with its JSON pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + JsonSchema> Respond for Json<T> {
    const MEDIA: &'static [&'static str] = &[JSON];

    fn respond(self, parts: &mut Parts) -> Response {
        document(StatusCode::OK, &self.0, parts)
    }

    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema_of_output::<T>();
        operation.response(StatusCode::OK, "The answer.", Some((JSON, schema)));
    }
}

/// Something new was made: 201 with its address in `Location`, and the thing itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created<T> {
    id: String,
    document: T,
}

impl<T> Created<T> {
    /// The new thing stands under the address that was posted to: `POST /notes` made `/notes/{id}`.
    pub fn new(id: impl ToString, document: T) -> Self {
        Self { id: id.to_string(), document }
    }
}

impl<T: Serialize + JsonSchema> Respond for Created<T> {
    const MEDIA: &'static [&'static str] = &[JSON];

    fn respond(self, parts: &mut Parts) -> Response {
        below(StatusCode::CREATED, &self.id, &self.document, parts)
    }

    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema_of_output::<T>();
        operation.response(StatusCode::CREATED, "Made.", Some((JSON, schema)));
        operation.response_header(StatusCode::CREATED, "location", "The address of what was made.");
    }
}

/// Something will be done later: 202 with the address that tells how far it is, and what is known of it
/// now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted<T> {
    id: String,
    document: T,
}

impl<T> Accepted<T> {
    /// The work stands under the address that was posted to: `POST /exports` began `/exports/{id}`.
    pub fn new(id: impl ToString, document: T) -> Self {
        Self { id: id.to_string(), document }
    }
}

impl<T: Serialize + JsonSchema> Respond for Accepted<T> {
    const MEDIA: &'static [&'static str] = &[JSON];

    fn respond(self, parts: &mut Parts) -> Response {
        below(StatusCode::ACCEPTED, &self.id, &self.document, parts)
    }

    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema_of_output::<T>();
        operation.response(StatusCode::ACCEPTED, "Begun.", Some((JSON, schema)));
        operation.response_header(StatusCode::ACCEPTED, "location", "The address that tells how far it is.");
    }
}

/// A document about what stands below the address that was asked.
fn below<T: Serialize>(status: StatusCode, id: &str, value: &T, parts: &mut Parts) -> Response {
    let base = parts.original_path().trim_end_matches('/');
    let id = percent_encoding::utf8_percent_encode(id, SEGMENT);
    let location = HeaderValue::try_from(format!("{base}/{id}"));
    let mut response = document(status, value, parts);
    if let Ok(location) = location
        && response.status() == status
    {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// What a path segment must not hold as it is.
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn document<T: Serialize>(status: StatusCode, value: &T, parts: &mut Parts) -> Response {
    let body = match serde_json::to_vec(value) {
        Ok(body) => body,
        Err(error) => return Problem::new(problems::INTERNAL).because(error).respond(parts),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}
