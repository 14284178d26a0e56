//! [`Trail`]: what is told of a change, in the transaction that makes it.

use gravity_core::events::Envelope;

/// What is told of a change. A store writes it in the transaction of the change: both happen, or neither.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trail {
    /// The events that whoever subscribes to them gets.
    pub events: Vec<Envelope>,
}

impl Trail {
    /// Tells nothing.
    pub const NONE: Self = Self { events: Vec::new() };
}
