//! [`Trail`]: what is told of a change, in the transaction that makes it.

use gravity_core::audit::AuditEntry;
use gravity_core::events::Envelope;
use gravity_core::jobs::NewJob;

/// What is told of a change, and what is to be done because of it. A store writes it in the transaction of the
/// change: all of it happens, or nothing.
///
/// A job that another one with its unique key keeps out refuses the whole change as
/// [`Stale`](super::Refused::Stale): what was done once, and is about to be done again by somebody who does not
/// know, is not done twice.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// The events that whoever subscribes to them gets.
    pub events: Vec<Envelope>,
    /// What the audit log says of it.
    pub audit: Vec<AuditEntry>,
    /// What workers do afterwards.
    pub jobs: Vec<NewJob>,
}

impl Trail {
    /// Tells nothing.
    pub const NONE: Self = Self { events: Vec::new(), audit: Vec::new(), jobs: Vec::new() };

    /// Whether it tells nothing.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.audit.is_empty() && self.jobs.is_empty()
    }
}
