//! [`Json`](crate::http::Json) as an argument: the body as a JSON document.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::FromRequest;
use super::body::{UNREADABLE, collect};
use crate::http::body::Body;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::{Json, problems};

impl<S: Sync, T: DeserializeOwned + JsonSchema + 'static> FromRequest<S> for Json<T> {
    async fn from_request(parts: &mut Parts, body: Body, _: &S) -> Result<Self, Problem> {
        if !is_json(parts.headers()) {
            return Err(
                Problem::new(problems::UNSUPPORTED_MEDIA_TYPE).detail("The body must be application/json.")
            );
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

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bare = media.split(';').next().unwrap_or_default().trim();
    bare.eq_ignore_ascii_case("application/json")
        || bare.rsplit_once('+').is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"))
}

/// Reads a document. Where serde is content and the schema asks for no more, that is all; else the
/// schema finds all the faults, where serde stops at the first.
fn read<T: DeserializeOwned + JsonSchema + 'static>(bytes: &Bytes, depth: usize) -> Result<T, Problem> {
    if deeper_than(bytes, depth) {
        return Err(Problem::new(problems::BAD_BODY)
            .detail(format!("The document is nested more than {depth} levels deep.")));
    }
    let schema = &super::schema::of::<T>().compiled;
    match serde_json::from_slice(bytes) {
        Ok(value) if !schema.has_constraints() => Ok(value),
        Ok(value) => {
            let document: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
            schema.validate(&document).map_err(Problem::invalid)?;
            Ok(value)
        }
        Err(error) => {
            let document: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
            schema.validate(&document).map_err(Problem::invalid)?;
            // To a schema 1.0 is a whole number, to serde it is not.
            let error = match with_whole_numbers(bytes).as_deref().map(serde_json::from_slice) {
                Some(Ok(value)) => return Ok(value),
                Some(Err(error)) => error,
                None => error,
            };
            // The schema may not know all that the type's own reading refuses: duplicate keys, a checksum.
            Err(Problem::invalid(super::schema::unread("", &error)))
        }
    }
}

fn unreadable(error: serde_json::Error) -> Problem {
    let detail = if error.is_eof() && error.column() == 0 {
        "The body is empty.".to_owned()
    } else {
        format!("The body is not JSON: {error}.")
    };
    Problem::new(problems::BAD_BODY).detail(detail)
}

/// The document with whole numbers such as `1.0` and `2e3` written as such; `None` where it has none.
fn with_whole_numbers(json: &[u8]) -> Option<Vec<u8>> {
    /// Past this not every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let mut out = Vec::with_capacity(json.len());
    let (mut in_text, mut escaped, mut at, mut changed) = (false, false, 0, false);
    while let Some(&byte) = json.get(at) {
        if !in_text && (byte == b'-' || byte.is_ascii_digit()) {
            let rest = json.get(at..).unwrap_or_default();
            let ends = |byte: &u8| !(byte.is_ascii_digit() || b"+-.eE".contains(byte));
            let number = rest.get(..rest.iter().position(ends).unwrap_or(rest.len())).unwrap_or_default();
            at += number.len();
            let whole = std::str::from_utf8(number)
                .ok()
                .filter(|text| text.contains(['.', 'e', 'E']))
                .and_then(|text| text.parse::<f64>().ok())
                .filter(|value| value.fract() == 0.0 && value.abs() <= EXACT);
            match whole {
                // A whole float is written without a fraction; adding zero makes -0.0 a plain 0.
                Some(value) => out.extend_from_slice(format!("{:.0}", value + 0.0).as_bytes()),
                None => out.extend_from_slice(number),
            }
            changed |= whole.is_some();
            continue;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
        out.push(byte);
        at += 1;
    }
    changed.then_some(out)
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
    use super::{deeper_than, with_whole_numbers};

    #[test]
    fn whole_numbers_are_written_as_such() {
        let rewritten =
            |json: &str| with_whole_numbers(json.as_bytes()).map(|json| String::from_utf8(json).unwrap());
        for (json, expected) in [
            ("[1.0,2e3,-4.00,-0.0,1.5]", "[1,2000,-4,0,1.5]"),
            (r#"{"1.0":"2.0 \"3.0","a":5.0}"#, r#"{"1.0":"2.0 \"3.0","a":5}"#),
            ("[1e15,1e300,7.0]", "[1000000000000000,1e300,7]"),
        ] {
            assert_eq!(rewritten(json).as_deref(), Some(expected));
        }
        assert_eq!(rewritten(r#"[1,"1.0",0.5]"#), None);
    }

    #[test]
    fn depth_is_counted_outside_strings() {
        assert!(!deeper_than(b"[[]]", 2));
        assert!(deeper_than(b"[[[]]]", 2));
        assert!(!deeper_than(br#"["[[[[[\"[[[["]"#, 1));
        assert!(!deeper_than(b"[[],[],[],[],[]]", 2));
        assert!(deeper_than(br#"{"a":{"b":{}}}"#, 2));
    }
}
