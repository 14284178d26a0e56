//! A log of one JSON object a line.

mod fields;
mod layer;
mod text;

#[cfg(feature = "otel")]
pub(super) use fields::{Fields, Value};
pub use layer::JsonLayer;
pub(super) use text::limited;
