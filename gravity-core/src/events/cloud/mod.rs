//! The form of events on the wire: `CloudEvents` 1.0, structured JSON.

mod attribute;
mod convert;
mod event;
mod json;

pub use attribute::{Attribute, CloudEventError};
pub use event::{CloudEvent, CloudEventData};

/// Whether this can be where events come from.
pub(super) fn check_source(source: &str) -> Result<(), CloudEventError> {
    attribute::check_reference("source", source)
}
