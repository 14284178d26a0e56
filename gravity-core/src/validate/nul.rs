//! The one character that text may not hold: U+0000. PostgreSQL cannot store it, and C programs take it for
//! the end. It is refused where inputs come in, so that both engines see the same texts.

use serde_json::Value;

use super::faults::{Fault, Faults};

/// What is wrong with a text at this pointer that holds U+0000.
pub(crate) fn nul_at(pointer: String) -> Fault {
    let detail = "must not hold the character U+0000".to_owned();
    Fault { pointer, code: "nul_character".into(), detail }
}

/// Whether a JSON document may hold U+0000: only its escape can stand there.
pub(crate) fn may_hold_nul(json: &[u8]) -> bool {
    const ESCAPE: &[u8] = b"\\u0000";
    json.contains(&b'\\') && json.windows(ESCAPE.len()).any(|window| window == ESCAPE)
}

/// Adds a fault for every text of a document, and every name of a member, that holds U+0000.
pub(crate) fn find_nuls(value: &Value, faults: &mut Faults) {
    walk(value, &mut String::new(), faults);
}

/// The document was read by serde, which bounds its depth.
fn walk(value: &Value, pointer: &mut String, faults: &mut Faults) {
    match value {
        Value::String(text) if text.contains('\0') => faults.push(nul_at(pointer.clone())),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                below(pointer, &at.to_string(), |pointer| walk(item, pointer, faults));
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                below(pointer, name, |pointer| {
                    if name.contains('\0') {
                        faults.push(nul_at(pointer.clone()));
                    }
                    walk(value, pointer, faults);
                });
            }
        }
        _ => {}
    }
}

fn below(pointer: &mut String, token: &str, then: impl FnOnce(&mut String)) {
    let here = pointer.len();
    *pointer = Faults::pointer(pointer, token);
    then(pointer);
    pointer.truncate(here);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_escape_is_suspicious() {
        assert!(may_hold_nul(br#"{"a":"x\u0000"}"#));
        assert!(!may_hold_nul(br#"{"a":"x\n","b":"u0000"}"#));
        assert!(!may_hold_nul(b"{}"));
    }

    #[test]
    fn every_place_is_named() {
        let mut faults = Faults::new();
        find_nuls(&json!({"a": ["x", "y\0"], "b\0": 1, "c": "\\u0000", "d/e": {"f": "\0"}}), &mut faults);
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a/1", "/b\0", "/d~1e/f"]);
    }
}
