//! [`Json`](crate::http::Json) as an argument: the body as a JSON document.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::body::{UNREADABLE, collect, is_encoded};
use super::numbers::with_whole_numbers;
use super::plain_json::has_private_name;
use super::{FromRequest, located};
use crate::http::body::Body;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::{Json, problems};
use crate::validate::{Faults, Schema, find_nuls, may_hold_nul};

impl<S: Sync, T: DeserializeOwned + JsonSchema + 'static> FromRequest<S> for Json<T> {
    async fn from_request(parts: &mut Parts, body: Body, _: &S) -> Result<Self, Problem> {
        if !is_json(parts.headers()) {
            return Err(no_json());
        }
        let bytes = collect(parts, body).await?;
        read(&bytes, parts.limits().json_depth).map(Self)
    }

    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema_of_input::<T>();
        operation.request_body(true, "application/json", schema);
        operation.problems(UNREADABLE);
        operation.problems(&[problems::UNSUPPORTED_MEDIA_TYPE, problems::INVALID]);
    }
}

/// The document, or `None` where the request has no body at all.
impl<S: Sync, T: DeserializeOwned + JsonSchema + Send + 'static> FromRequest<S> for Option<Json<T>> {
    async fn from_request(parts: &mut Parts, body: Body, state: &S) -> Result<Self, Problem> {
        if parts.headers().contains_key(CONTENT_TYPE) {
            return Json::from_request(parts, body, state).await.map(Some);
        }
        // A body that comes in chunks is known to be empty once it has been read.
        if http_body::Body::is_end_stream(&body) || collect(parts, body).await?.is_empty() {
            return Ok(None);
        }
        Err(no_json())
    }

    fn describe(operation: &mut Operation<'_>) {
        <Json<T> as FromRequest<S>>::describe(operation);
        operation.body_is_optional();
    }
}

fn no_json() -> Problem {
    Problem::new(problems::UNSUPPORTED_MEDIA_TYPE).detail("The body must be application/json.")
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bare = media.split(';').next().unwrap_or_default().trim();
    let json = bare.eq_ignore_ascii_case("application/json")
        || bare
            .rsplit_once('+')
            .is_some_and(|(kind, suffix)| kind.contains('/') && suffix.eq_ignore_ascii_case("json"));
    json && !is_encoded(headers)
}

/// Reads a document. Where serde is content and the schema asks for no more, that is all; else the
/// schema finds all the faults, where serde stops at the first.
pub(crate) fn read<T: DeserializeOwned + JsonSchema + 'static>(
    bytes: &Bytes,
    depth: usize,
) -> Result<T, Problem> {
    if deeper_than(bytes, depth) {
        return Err(Problem::new(problems::BAD_BODY)
            .detail(format!("The document is nested more than {depth} levels deep.")));
    }
    if has_private_name(bytes) {
        return Err(Problem::invalid(Faults::one(
            "",
            "forbidden",
            "has a member of a name that is not taken",
        )));
    }
    let schema = super::schema::of::<T>()?;
    let has_nul = may_hold_nul(bytes);
    match serde_json::from_slice(bytes) {
        Ok(value) if !schema.has_constraints() && !has_nul => Ok(value),
        Ok(value) => {
            faults_of(bytes, schema, has_nul)?.into_result().map_err(Problem::invalid).map(|()| value)
        }
        Err(error) => {
            faults_of(bytes, schema, has_nul)?.into_result().map_err(Problem::invalid)?;
            // To a schema 1.0 is a whole number, to serde it is not.
            let whole = with_whole_numbers(bytes);
            let error = match whole.as_deref().map(serde_json::from_slice) {
                Some(Ok(value)) => return Ok(value),
                Some(Err(error)) => error,
                None => error,
            };
            // The schema may not know all that the type's own reading refuses: an address, a checksum, and what
            // the document as a value does not show, such as duplicate keys.
            let document = serde_json::from_slice(whole.as_deref().unwrap_or(bytes)).map_err(unreadable)?;
            let faults = located::typed::<T>(document).err();
            Err(Problem::invalid(faults.unwrap_or_else(|| Faults::one("", "invalid", error.to_string()))))
        }
    }
}

/// All the faults of a document that the schema finds, and the texts that no text may be.
fn faults_of(bytes: &Bytes, schema: &Schema, has_nul: bool) -> Result<Faults, Problem> {
    let document: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut faults = schema.validate(&document).err().unwrap_or_default();
    if has_nul {
        find_nuls(&document, &mut faults);
    }
    Ok(faults)
}

fn unreadable(error: serde_json::Error) -> Problem {
    let detail = if error.is_eof() && error.column() == 0 {
        "The body is empty.".to_owned()
    } else {
        format!("The body is not JSON: {error}.")
    };
    Problem::new(problems::BAD_BODY).detail(detail)
}

/// Whether arrays and objects are nested more deeply than this.
fn deeper_than(json: &[u8], limit: usize) -> bool {
    // `[` and `{` differ in one bit. Most documents have fewer of them than they may have levels.
    if json.iter().filter(|byte| **byte | 0x20 == b'{').count() <= limit {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::deeper_than;

    #[test]
    fn depth_is_counted_outside_strings() {
        assert!(!deeper_than(b"[[]]", 2));
        assert!(deeper_than(b"[[[]]]", 2));
        assert!(!deeper_than(br#"["[[[[[\"[[[["]"#, 1));
        assert!(!deeper_than(b"[[],[],[],[],[]]", 2));
        assert!(deeper_than(br#"{"a":{"b":{}}}"#, 2));
    }
}
