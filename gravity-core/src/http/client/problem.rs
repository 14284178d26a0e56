//! [`RemoteProblem`]: an error answer as it was received.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::http::X_REQUEST_ID;
use crate::http::request_id::RequestId;
use crate::resilience::asked;

/// An error answer as it was received: the problem document of RFC 9457, kept whole.
///
/// A server that answers with something else still gives a status; what it does not say is `None`.
/// `Debug` and `Display` show the status, the code and the request id only.
#[derive(Clone)]
pub struct RemoteProblem {
    status: StatusCode,
    retry_after: Option<Duration>,
    request_id: Option<RequestId>,
    document: Value,
}

impl RemoteProblem {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let named = document["request_id"].as_str().and_then(RequestId::parse);
        let header = || RequestId::parse(headers.get(X_REQUEST_ID)?.to_str().ok()?);
        Self {
            status,
            retry_after: asked(headers),
            request_id: named.or_else(header),
            document: if document.is_object() { document } else { Value::Null },
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code, such as `auth.invalid_credentials`.
    pub fn code(&self) -> Option<&str> {
        // A code is for programs and logs: what does not look like one is none.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/".contains(&byte);
        self.text("code").filter(|code| (1..=128).contains(&code.len()) && code.bytes().all(fits))
    }

    /// The same sentence for every problem of its kind.
    pub fn title(&self) -> Option<&str> {
        self.text("title")
    }

    /// What happened this time.
    pub fn detail(&self) -> Option<&str> {
        self.text("detail")
    }

    /// The name that the server knows this request by.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// The faults of the input.
    pub fn errors(&self) -> impl Iterator<Item = RemoteFault<'_>> {
        let errors = self.document["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| {
            Some(RemoteFault {
                pointer: error["pointer"].as_str()?,
                code: error["code"].as_str(),
                detail: error["detail"].as_str(),
            })
        })
    }

    /// How long the server asks to wait before another try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The whole document, for members beyond the usual ones; null where the body was no JSON object.
    pub fn document(&self) -> &Value {
        &self.document
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.document[member].as_str()
    }
}

/// One fault of the input, as the server saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteFault<'a> {
    /// Where in the input, as a JSON pointer.
    pub pointer: &'a str,
    /// What is wrong, as a stable code.
    pub code: Option<&'a str>,
    /// What is wrong, in words.
    pub detail: Option<&'a str>,
}

impl fmt::Display for RemoteProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service answered {}", self.status.as_u16())?;
        if let Some(code) = self.code() {
            write!(f, " {code}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for RemoteProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteProblem")
            .field("status", &self.status)
            .field("code", &self.code())
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn received(body: &str) -> RemoteProblem {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, "from-header".parse().unwrap());
        RemoteProblem::new(StatusCode::CONFLICT, &headers, body.as_bytes())
    }

    #[test]
    fn keeps_what_it_knows_and_what_it_does_not() {
        let problem = received(
            r#"{"code":"a.b","title":"T","detail":"D","request_id":"r1","balance":3,
                "errors":[{"pointer":"/x","code":"c"},{"nothing":1},7]}"#,
        );
        assert_eq!((problem.code(), problem.title(), problem.detail()), (Some("a.b"), Some("T"), Some("D")));
        assert_eq!(problem.request_id().map(RequestId::as_str), Some("r1"));
        assert_eq!(problem.document()["balance"], 3);
        let faults: Vec<_> = problem.errors().collect();
        assert_eq!(faults, [RemoteFault { pointer: "/x", code: Some("c"), detail: None }]);
        assert_eq!(problem.to_string(), "the service answered 409 a.b (request r1)");
    }

    #[test]
    fn takes_anything_else_as_an_answer_without_words() {
        for body in
            ["", "<html>", "[1]", "\"x\"", r#"{"code":"a\nb","errors":{},"title":4,"request_id":"a b"}"#]
        {
            let problem = received(body);
            assert_eq!(
                (problem.code(), problem.title(), problem.errors().count()),
                (None, None, 0),
                "{body}"
            );
            assert_eq!(problem.request_id().map(RequestId::as_str), Some("from-header"));
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_never_breaks_a_log_line(body in ".*") {
            let shown = format!("{0} {0:?}", received(&body));
            prop_assert!(!shown.contains('\n'));
        }
    }
}
