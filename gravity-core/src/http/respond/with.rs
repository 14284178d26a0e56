//! Answers with something changed: the status, headers, cookies, a tag.

use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, SET_COOKIE};
use http::{HeaderMap, StatusCode};

use super::Respond;
use super::set_cookie::SetCookie;
use crate::http::Response;
use crate::http::body::Body;
use crate::http::conditional::{Conditional, Verdict};
use crate::http::etag::ETag;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;

/// An answer with another status than its own; what is an error stays as it is.
///
/// ```
/// # use gravity_core::http::{Json, WithStatus};
/// async fn partly() -> WithStatus<207, Json<Vec<u16>>> {
///     WithStatus(Json(vec![200, 404]))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithStatus<const STATUS: u16, R>(pub R);

impl<const STATUS: u16, R: Respond> WithStatus<STATUS, R> {
    fn status() -> StatusCode {
        const { assert!(STATUS >= 200 && STATUS < 300, "the status of a success is one of 200 to 299") };
        StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK)
    }
}

impl<const STATUS: u16, R: Respond> Respond for WithStatus<STATUS, R> {
    const MEDIA: &'static [&'static str] = R::MEDIA;

    fn respond(self, parts: &mut Parts) -> Response {
        let mut response = self.0.respond(parts);
        if response.status().is_success() {
            *response.status_mut() = Self::status();
        }
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.with_status(Self::status(), R::describe);
    }
}

/// An answer with more headers. They replace those that it has itself.
#[derive(Debug, Clone)]
pub struct WithHeaders<R> {
    answer: R,
    headers: HeaderMap,
}

impl<R> WithHeaders<R> {
    /// The answer, with no more headers yet.
    pub fn new(answer: R) -> Self {
        Self { answer, headers: HeaderMap::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }
}

impl<R: Respond> Respond for WithHeaders<R> {
    const MEDIA: &'static [&'static str] = R::MEDIA;

    fn respond(self, parts: &mut Parts) -> Response {
        let mut response = self.answer.respond(parts);
        response.headers_mut().extend(self.headers);
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        R::describe(operation);
    }
}

/// An answer that sets cookies. No cache keeps it, for it would hand one client's cookies to another.
#[derive(Debug, Clone)]
pub struct SetCookies<R> {
    answer: R,
    cookies: Vec<SetCookie>,
}

impl<R> SetCookies<R> {
    /// The answer, with no cookies yet.
    pub fn new(answer: R) -> Self {
        Self { answer, cookies: Vec::new() }
    }

    /// Sets a cookie.
    #[must_use]
    pub fn set(mut self, cookie: SetCookie) -> Self {
        self.cookies.push(cookie);
        self
    }
}

impl<R: Respond> Respond for SetCookies<R> {
    const MEDIA: &'static [&'static str] = R::MEDIA;

    fn respond(self, parts: &mut Parts) -> Response {
        let mut response = self.answer.respond(parts);
        if !self.cookies.is_empty() {
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        for cookie in self.cookies {
            response.headers_mut().append(SET_COOKIE, cookie.header());
        }
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.with_header("set-cookie", "The cookies.", R::describe);
    }
}

/// An answer with the tag of its version: a client that has it already is answered 304.
///
/// ```
/// # use gravity_core::http::{ETag, Json, Tagged};
/// async fn note() -> Tagged<Json<&'static str>> {
///     Tagged(Json("buy milk"), ETag::of_version(7))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged<R>(pub R, pub ETag);

impl<R: Respond> Respond for Tagged<R> {
    const MEDIA: &'static [&'static str] = R::MEDIA;

    fn respond(self, parts: &mut Parts) -> Response {
        let tag = self.1.header();
        // A change has been made by now, and its conditions were the handler's to look at.
        let verdict = match Conditional::parse(parts.method(), parts.headers()) {
            Ok(conditions) if conditions.reads => conditions.evaluate(Some(&self.1.into())),
            _ => Verdict::Proceed,
        };
        let mut response = match verdict {
            Verdict::Failed => return Problem::new(problems::PRECONDITION_FAILED).respond(parts),
            Verdict::Proceed | Verdict::NotModified => self.0.respond(parts),
        };
        if !response.status().is_success() {
            return response;
        }
        response.headers_mut().insert(ETAG, tag);
        if verdict == Verdict::NotModified {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::empty();
            for about_the_body in [CONTENT_TYPE, CONTENT_LENGTH] {
                response.headers_mut().remove(about_the_body);
            }
        }
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.with_header("etag", "The name of this version.", R::describe);
        operation.response(StatusCode::NOT_MODIFIED, "The client has this version already.", None);
        operation.problems(&[problems::PRECONDITION_FAILED]);
    }
}

/// The answer, or 404 where there is none.
impl<R: Respond> Respond for Option<R> {
    const MEDIA: &'static [&'static str] = R::MEDIA;

    fn respond(self, parts: &mut Parts) -> Response {
        match self {
            Some(answer) => answer.respond(parts),
            None => Problem::new(problems::NOT_FOUND).respond(parts),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        R::describe(operation);
        operation.problems(&[problems::NOT_FOUND]);
    }
}

#[cfg(test)]
mod tests {
    use schemars::SchemaGenerator;

    use super::{SetCookies, Tagged, WithStatus};
    use crate::http::openapi::Operation;
    use crate::http::respond::{Created, File, Json, Redirect, Respond};

    fn statuses<R: Respond>() -> Vec<(u16, Vec<String>)> {
        let (mut input, mut output) = (SchemaGenerator::default(), SchemaGenerator::default());
        let mut operation = Operation::new(&mut input, &mut output, Vec::new());
        R::describe(&mut operation);
        let names = |response: &serde_json::Value| {
            response["headers"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        operation.responses.iter().map(|(status, response)| (*status, names(response))).collect()
    }

    #[test]
    fn what_is_changed_is_described() {
        let headers = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(statuses::<WithStatus<207, Json<u8>>>(), [(207, headers(&[]))]);
        assert_eq!(statuses::<WithStatus<202, Created<u8>>>(), [(202, headers(&["location"]))]);
        assert_eq!(statuses::<SetCookies<Redirect>>(), [(303, headers(&["location", "set-cookie"]))]);
        assert_eq!(statuses::<Tagged<Json<u8>>>(), [(200, headers(&["etag"])), (304, headers(&[]))]);
        assert_eq!(statuses::<Redirect<308>>(), [(308, headers(&["location"]))]);
        assert_eq!(
            statuses::<File>(),
            [(200, headers(&["etag"])), (206, headers(&["etag"])), (304, headers(&[]))]
        );
    }
}
