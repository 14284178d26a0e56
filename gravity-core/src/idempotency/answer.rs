//! [`Answer`]: an answer that is kept.

use bytes::Bytes;
use http::header::{self, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Error;
use crate::http::openapi::Operation;
use crate::http::{Body, Parts, Respond, Response};

/// An answer that is kept, and given again to whoever repeats the request.
///
/// Kept are the status, the body and the headers, but for those that belong to one connection or one moment
/// (hop-by-hop headers, `date`, the request id) and for `set-cookie`: a session is not handed out twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    /// None where the body was too large to be kept.
    body: Option<Bytes>,
}

/// What of the answer stands in front of its body.
#[derive(Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    has_body: bool,
}

/// Headers that are not kept.
const FLEETING: [HeaderName; 11] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::DATE,
    header::PROXY_AUTHENTICATE,
    header::SET_COOKIE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    crate::http::X_REQUEST_ID,
];

impl Answer {
    /// A JSON document.
    pub fn json(status: StatusCode, document: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(document).map_err(|_| Error::Answer("it is no JSON"))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(Self { status, headers, body: Some(body.into()) })
    }

    /// No body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Some(Bytes::new()) }
    }

    /// The same with a header more.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    pub(super) fn of(status: StatusCode, headers: &HeaderMap, body: Option<Bytes>) -> Self {
        let mut headers = headers.clone();
        for name in FLEETING {
            headers.remove(name);
        }
        Self { status, headers, body }
    }

    /// The length of the head, the head as JSON, and the body.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        // What is no text is left out: nobody could read it back.
        let headers = self
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        let head = Head {
            status: self.status.as_u16(),
            headers: headers
                .filter(|(name, _)| FLEETING.iter().all(|fleeting| fleeting.as_str() != name))
                .collect(),
            has_body: self.body.is_some(),
        };
        let head = serde_json::to_vec(&head).map_err(|_| Error::Answer("its head is no JSON"))?;
        let length = u32::try_from(head.len()).map_err(|_| Error::Answer("its head is too large"))?;
        Ok([&length.to_be_bytes(), &*head, self.body.as_deref().unwrap_or_default()].concat())
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (head, body) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let mut headers = HeaderMap::new();
        for (name, value) in &head.headers {
            headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        let body = head.has_body.then(|| Bytes::copy_from_slice(body));
        Some(Self { status: StatusCode::from_u16(head.status).ok()?, headers, body })
    }

    pub(super) fn size(&self) -> usize {
        self.body.as_ref().map_or(0, Bytes::len)
    }

    /// `None` where the body is not kept.
    pub(super) fn into_response(self) -> Option<Response> {
        let mut response = Response::new(Body::from(self.body?));
        (*response.status_mut(), *response.headers_mut()) = (self.status, self.headers);
        Some(response)
    }
}

impl Respond for Answer {
    fn respond(self, _: &mut Parts) -> Response {
        self.into_response().unwrap_or_default()
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.response(StatusCode::OK, "The answer.", Some(("application/json", json!({}))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_without_what_is_fleeting() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-a", "1"), ("x-a", "2"), ("set-cookie", "s=1"), ("date", "now"), ("connection", "close")]
        {
            headers.append(name, HeaderValue::from_static(value));
        }
        for body in [Some(Bytes::from_static(b"\x00\xff")), Some(Bytes::new()), None] {
            let answer = Answer::of(StatusCode::CREATED, &headers, body);
            let back = Answer::from_bytes(&answer.to_bytes().unwrap()).unwrap();
            assert_eq!(back, answer);
            assert_eq!(back.headers.len(), 2);
        }
        assert_eq!(Answer::from_bytes(b""), None);
        assert_eq!(Answer::from_bytes(&[0, 0, 0, 9, b'{']), None);
        let own = Answer::empty(StatusCode::OK).header(header::SET_COOKIE, HeaderValue::from_static("s=1"));
        assert!(Answer::from_bytes(&own.to_bytes().unwrap()).unwrap().headers.is_empty());
    }
}
