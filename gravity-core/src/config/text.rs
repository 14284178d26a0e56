//! From a text, as a variable or a file has it, to a value of the type that the setting has.

use serde_json::{Number, Value};

use super::kinds::Kinds;
use super::shape::{ANYTHING, Shape};

/// Why a text cannot be of its type, without the text.
pub(super) type Refusal = (&'static str, String);

/// A setting that may be a string stays one. A list is JSON, or items with commas between. An empty text
/// is nothing where the setting may be left out, and an empty list.
pub(super) fn to_value(shape: &Shape, text: &str) -> Result<Value, Refusal> {
    let kinds = shape.kinds;
    if text.is_empty() && kinds.has(Kinds::NULL) {
        return Ok(Value::Null);
    }
    if kinds.has(Kinds::STRING) {
        return Ok(Value::String(text.to_owned()));
    }
    let trimmed = text.trim();
    if (kinds.has(Kinds::OBJECT) && trimmed.starts_with('{'))
        || (kinds.has(Kinds::ARRAY) && trimmed.starts_with('['))
    {
        // Its message tells a place and no content.
        return serde_json::from_str(text).map_err(|error| ("wrong_type", format!("is not JSON: {error}")));
    }
    if kinds.has(Kinds::BOOLEAN)
        && let Ok(boolean) = text.parse()
    {
        return Ok(Value::Bool(boolean));
    }
    if kinds.has(Kinds::INTEGER)
        && let Some(number) = number(text)
        && (number.is_i64() || number.is_u64() || kinds.has(Kinds::NUMBER))
    {
        return Ok(Value::Number(number));
    }
    if kinds.has(Kinds::ARRAY) {
        return items(shape, trimmed).map(Value::Array);
    }
    Err(("wrong_type", refusal(kinds)))
}

fn items(shape: &Shape, text: &str) -> Result<Vec<Value>, Refusal> {
    let shape = shape.items.as_deref().unwrap_or(&ANYTHING);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').map(|item| to_value(shape, item.trim())).collect()
}

fn refusal(kinds: Kinds) -> String {
    match kinds {
        Kinds::OBJECT => "must be a table, written as JSON".to_owned(),
        kinds => format!("must be {}", kinds.without(Kinds::NULL).describe()),
    }
}

/// Reads what JSON would read as a number: no plus sign, no `inf`, no leading zero, no white space.
fn number(text: &str) -> Option<Number> {
    let is_bare = text.trim().len() == text.len();
    is_bare.then(|| serde_json::from_str(text).ok()).flatten()
}
