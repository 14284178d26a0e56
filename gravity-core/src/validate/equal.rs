//! When two JSON values are the same, and which number is greater: `1` and `1.0` are one number.

use std::cmp::Ordering;
use std::fmt::{self, Write};

use serde_json::Value;

/// A JSON number; exact wherever JSON is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Integer(i128),
    Fraction(f64),
}

impl Number {
    /// Whether it has no fraction, however large it is.
    pub(super) fn is_integer(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Fraction(float) => float.fract() == 0.0,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "within 2^100 a number without a fraction is an i128"
    )]
    fn of_float(float: f64) -> Self {
        /// 2^100.
        const BOUND: f64 = 1_267_650_600_228_229_401_496_703_205_376.0;
        if float.fract() == 0.0 && float.abs() < BOUND {
            Self::Integer(float as i128)
        } else {
            Self::Fraction(float)
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "only compared with a number that has a fraction or is beyond 2^100"
    )]
    const fn to_float(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Fraction(float) => float,
        }
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => one.cmp(&other),
            // JSON has no NaN, so two of its numbers always compare.
            _ => self.to_float().partial_cmp(&other.to_float()).unwrap_or(Ordering::Equal),
        }
    }

    /// Whether it is a whole multiple; for fractions, as near as they can be told apart.
    pub(super) fn is_multiple_of(self, factor: Self) -> bool {
        if let (Self::Integer(integer), Self::Integer(factor)) = (self, factor) {
            return factor != 0 && integer % factor == 0;
        }
        let quotient = self.to_float() / factor.to_float();
        if !quotient.is_finite() {
            return self.to_float() % factor.to_float() == 0.0;
        }
        (quotient - quotient.round()).abs() <= 4.0 * f64::EPSILON * quotient.abs().max(1.0)
    }
}

impl From<&serde_json::Number> for Number {
    fn from(number: &serde_json::Number) -> Self {
        if let Some(integer) = number.as_i64() {
            Self::Integer(integer.into())
        } else if let Some(integer) = number.as_u64() {
            Self::Integer(integer.into())
        } else {
            Self::of_float(number.as_f64().unwrap_or(f64::MAX))
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            Self::Fraction(float) => float.fmt(f),
        }
    }
}

/// Whether two values are the same to JSON schema.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => Number::from(one).compare(Number::from(other)).is_eq(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| equal(one, other)))
        }
        _ => one == other,
    }
}

/// A text that is the same for two values if and only if they are the same, so that duplicates are
/// found in one pass.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => {
            // Writing to a `String` does not fail.
            let _ = write!(text, "{}", Number::from(number));
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in members {
                let _ = write!(text, "{key:?}:");
                write_canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::String(string) => {
            let _ = write!(text, "{string:?}");
        }
        Value::Null | Value::Bool(_) => {
            let _ = write!(text, "{value}");
        }
    }
}
