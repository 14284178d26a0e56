//! What is kept of the JSON that an entry brings: the difference, without secrets, and not too much of it.

use serde_json::{Map, Value, json};

use crate::security::mask::Masker;

/// The most bytes that each of `before`, `after` and `extra` takes in the log.
pub(super) const MAX_BYTES: usize = 16 * 1024;
/// How deep a value may be nested.
const MAX_DEPTH: usize = 32;
/// To what texts are cut where the whole is too large.
const SHORT_TEXT: usize = 256;

/// Leaves of two objects only the members that differ.
pub(super) fn difference(before: Option<Value>, after: Option<Value>) -> (Option<Value>, Option<Value>) {
    match (before, after) {
        (Some(Value::Object(mut before)), Some(Value::Object(mut after))) => {
            let same: Vec<String> = before
                .iter()
                .filter(|(name, value)| after.get(*name) == Some(value))
                .map(|(name, _)| name.clone())
                .collect();
            for name in same {
                before.remove(&name);
                after.remove(&name);
            }
            (Some(Value::Object(before)), Some(Value::Object(after)))
        }
        both => both,
    }
}

/// The text that is kept: masked, and cut where it is too large.
pub(super) fn kept(masker: &Masker, mut value: Value) -> String {
    if is_too_deep(&value) {
        drop_deep(value);
        return json!({ "omitted": "it is nested too deeply" }).to_string();
    }
    masker.mask(&mut value);
    let text = value.to_string();
    if text.len() <= MAX_BYTES {
        return text;
    }
    let bytes = text.len();
    let shorter = masker.clone().with_longest_text(SHORT_TEXT).masked(value).to_string();
    if shorter.len() <= MAX_BYTES {
        return shorter;
    }
    json!({ "omitted": "it is too large", "bytes": bytes }).to_string()
}

pub(super) fn extra(members: Map<String, Value>) -> Option<Value> {
    (!members.is_empty()).then_some(Value::Object(members))
}

fn is_too_deep(value: &Value) -> bool {
    let mut left = vec![(value, 0)];
    while let Some((value, depth)) = left.pop() {
        if depth > MAX_DEPTH {
            return true;
        }
        match value {
            Value::Array(items) => left.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(members) => left.extend(members.values().map(|member| (member, depth + 1))),
            _ => {}
        }
    }
    false
}

/// Drops a value level by level: a very deep one would use the stack up.
fn drop_deep(value: Value) {
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(members) => left.extend(members.into_iter().map(|(_, member)| member)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_left() {
        let (before, after) = difference(
            Some(json!({"a": 1, "b": 2, "gone": true, "same": {"x": 1}})),
            Some(json!({"a": 1, "b": 3, "new": null, "same": {"x": 1}})),
        );
        assert_eq!(before, Some(json!({"b": 2, "gone": true})));
        assert_eq!(after, Some(json!({"b": 3, "new": null})));
        assert_eq!(difference(Some(json!(1)), None), (Some(json!(1)), None));
    }

    #[test]
    fn secrets_go_and_size_is_bounded() {
        let masker = Masker::new();
        assert_eq!(kept(&masker, json!({"password": "hunter2"})), r#"{"password":"***"}"#);
        let long = kept(&masker, json!({"note": "é".repeat(MAX_BYTES), "a": 1}));
        assert!(long.len() < 1_000 && long.contains("\"a\":1"), "{long}");
        let wide = kept(&masker, Value::from(vec![1; MAX_BYTES]));
        assert!(wide.contains("too large"), "{wide}");
        let mut deep = json!(1);
        for _ in 0..100_000 {
            deep = Value::Array(vec![deep]);
        }
        assert!(kept(&masker, deep).contains("too deeply"));
    }
}
