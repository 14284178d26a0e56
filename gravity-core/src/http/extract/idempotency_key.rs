//! [`IdempotencyKey`]: the client's name for one attempt to change something.

use http::HeaderName;
use serde_json::{Value, json};

use super::FromParts;
use crate::http::field;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;
use crate::validate::Faults;

const NAME: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, in characters.
const MAX_LEN: usize = 255;

/// The client's name for one attempt to change something: a repetition carries the same.
///
/// It comes in the `Idempotency-Key` header, as the structured string that the IETF draft asks for
/// (`"8e03978e"`) or bare, as most clients send it: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads a header value.
    pub fn parse(text: &str) -> Option<Self> {
        let key = if text.starts_with('"') {
            // A structured string escapes quotes and backslashes, and nothing else.
            let inner = text.get(1..)?;
            let mut letters = inner.chars();
            while let Some(letter) = letters.next() {
                if letter == '\\' && !matches!(letters.next(), Some('"' | '\\')) {
                    return None;
                }
            }
            field::value(text)?.into_owned()
        } else {
            let bare = !text.contains(['"', ',', ';']);
            bare.then(|| text.to_owned())?
        };
        let fits = !key.is_empty() && key.len() <= MAX_LEN && key.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(Self(key))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn describe(operation: &mut Operation<'_>, required: bool) {
    operation.parameter("header", "Idempotency-Key", required, schema());
    operation.problems(&[problems::BAD_PARAMETER]);
}

fn schema() -> Value {
    // The bare form; what stands in quotes is the same key.
    json!({ "type": "string", "pattern": r"^[!#-+\--:<-~]{1,255}$" })
}

fn fault(code: &'static str, detail: &'static str) -> Problem {
    Problem::new(problems::BAD_PARAMETER).faults(Faults::one("/header/idempotency-key", code, detail))
}

impl<S> FromParts<S> for IdempotencyKey {
    fn from_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Option::<Self>::from_parts(parts, state)?.ok_or_else(|| fault("required", "is missing"))
    }

    fn describe(operation: &mut Operation<'_>) {
        describe(operation, true);
    }
}

/// The key, where the client sends one.
impl<S> FromParts<S> for Option<IdempotencyKey> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers().get_all(NAME).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(fault("duplicate", "is given twice"));
        }
        let key = value.to_str().ok().and_then(IdempotencyKey::parse);
        key.map(Some).ok_or_else(|| fault("invalid", "is not 1 to 255 visible ASCII characters"))
    }

    fn describe(operation: &mut Operation<'_>) {
        describe(operation, false);
    }
}
