//! Fields of events and spans, read once for whoever wants them.

use std::error::Error;
use std::fmt;

use tracing::field::{Field, Visit};

use super::limited;

/// The longest value of a field, in bytes.
const LONGEST: usize = 4096;
/// The most fields of one event or span; tracing itself admits 32.
const MOST: usize = 64;

/// Fields by name, in their order; a name that comes again replaces what it was.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(&'static str, Value)>);

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

impl Fields {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn extend(&mut self, more: Self) {
        for (name, value) in more.0 {
            self.put(name, value);
        }
    }

    fn set(&mut self, field: &Field, value: Value) {
        self.put(field.name(), value);
    }

    fn put(&mut self, name: &'static str, value: Value) {
        if let Some((_, known)) = self.0.iter_mut().find(|(known, _)| *known == name) {
            *known = value;
        } else if self.0.len() < MOST {
            self.0.push((name, value));
        }
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::Bool(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Value::Unsigned(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Value::Float(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Value::Text(limited(format_args!("{value}"), LONGEST)));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        // An error's cause stands in its source, if it keeps to the custom.
        let mut text = limited(format_args!("{value}"), LONGEST);
        let mut source = value.source();
        while let Some(cause) = source {
            if text.len() >= LONGEST {
                break;
            }
            text.push_str(": ");
            text.push_str(&limited(format_args!("{cause}"), LONGEST - text.len().min(LONGEST)));
            source = cause.source();
        }
        self.set(field, Value::Text(text));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, Value::Text(limited(format_args!("{value:?}"), LONGEST)));
    }
}
