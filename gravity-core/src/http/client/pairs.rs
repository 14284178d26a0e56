//! `application/x-www-form-urlencoded` text from any type: queries and forms.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

use super::error::ClientError;

const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Appends the fields of a struct or map, or a list of pairs. A list becomes a key given several
/// times, as [`Query`](crate::http::Query) reads it; what is null is left out.
pub(super) fn append(out: &mut String, what: &impl Serialize) -> Result<(), ClientError> {
    match serde_json::to_value(what).map_err(|_| unfit())? {
        Value::Null => Ok(()),
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| field(out, name, value)),
        Value::Array(pairs) => pairs.iter().try_for_each(|item| match item.as_array().map(Vec::as_slice) {
            Some([Value::String(name), value]) => field(out, name, value),
            _ => Err(unfit()),
        }),
        _ => Err(unfit()),
    }
}

fn field(out: &mut String, name: &str, value: &Value) -> Result<(), ClientError> {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            for item in items {
                pair(out, name, scalar(item)?.as_str());
            }
        }
        value => pair(out, name, scalar(value)?.as_str()),
    }
    Ok(())
}

fn scalar(value: &Value) -> Result<String, ClientError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(unfit()),
    }
}

fn pair(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    out.extend(utf8_percent_encode(name, VALUE));
    out.push('=');
    out.extend(utf8_percent_encode(value, VALUE));
}

fn unfit() -> ClientError {
    ClientError::Invalid(
        "a query or form is made of texts, numbers, booleans and lists of these; nothing is nested"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::append;

    #[test]
    fn writes_lists_and_leaves_out_what_is_null() {
        let mut out = String::new();
        append(&mut out, &json!({ "tag": ["a b", "ü&="], "page": 2, "none": null, "on": true })).unwrap();
        append(&mut out, &[("x", "1"), ("x", "2")]).unwrap();
        assert_eq!(out, "on=true&page=2&tag=a%20b&tag=%C3%BC%26%3D&x=1&x=2");
        assert!(append(&mut out, &json!({ "deep": { "er": 1 } })).is_err());
        assert!(append(&mut out, &json!([[1, 2]])).is_err());
        assert!(append(&mut out, &7).is_err());
    }
}
