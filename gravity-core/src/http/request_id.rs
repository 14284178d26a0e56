//! [`RequestId`]: the name of one request, in its answer and in every log line about it.

use std::sync::Arc;

use http::HeaderValue;
use uuid::Uuid;

/// The longest id that is taken over from a caller.
const MAX_LEN: usize = 128;

/// The name of one request. It stands in `x-request-id` of the answer, in problem documents and in
/// the log. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new id, unique and sorted by time.
    pub fn generate() -> Self {
        let mut text = [0; uuid::fmt::Simple::LENGTH];
        Self(Arc::from(&*Uuid::now_v7().simple().encode_lower(&mut text)))
    }

    /// An id that a caller has given: 1 to 128 letters, digits, `-`, `_`, `.`, `:`. Anything else
    /// is refused, so that an id can be logged and echoed as it is.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        (!text.is_empty() && text.len() <= MAX_LEN && text.bytes().all(allowed))
            .then(|| Self(Arc::from(text)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header value.
    pub(crate) fn header(&self) -> HeaderValue {
        // Both constructors admit visible ASCII only, which every header value may hold.
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("invalid"))
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
