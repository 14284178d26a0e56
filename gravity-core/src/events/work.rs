//! What a node takes from a store, and gives back.

use std::sync::Arc;

use super::{Envelope, EventId, Retry};
use crate::{Clock, Timestamp};

/// A lease of one lane of a subscriber. Whoever takes the lane after it gets a higher fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The subscriber's name.
    pub subscriber: Arc<str>,
    /// The lane.
    pub lane: i16,
    /// Grows with each change of the holder.
    pub fence: i64,
    /// How far the lane had come when it was taken.
    pub position: i64,
}

/// An event to be handled.
#[derive(Debug, Clone)]
pub struct Work {
    /// Its place in the log.
    pub position: i64,
    /// Its id.
    pub id: EventId,
    /// Its key.
    pub key: String,
    /// How often it was tried and failed.
    pub attempt: u32,
    /// The event, or why it cannot be read.
    pub event: Result<Envelope, String>,
}

/// What waits for another attempt in a lane.
#[derive(Debug, Clone, Default)]
pub struct Due {
    /// What is to be tried now: for each key that is due its events, in order.
    pub work: Vec<Work>,
    /// When the next will be due.
    pub next: Option<Timestamp>,
}

/// Where the events of a batch come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The log. When all of the batch is done, the lane has come `to` there.
    Log {
        /// A position.
        to: i64,
    },
    /// Those that waited for another attempt.
    Retries,
}

/// What is handled in one transaction.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The lease it is done under.
    pub claim: &'a Claim,
    /// Where the events come from.
    pub origin: Origin,
    /// The events, by position.
    pub work: &'a [Work],
    /// Whether there may be events in this lane that wait for another attempt.
    pub may_wait: bool,
    /// How often and when they are tried again.
    pub retry: &'a Retry,
    /// The time.
    pub clock: &'a Clock,
}

/// An event that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its place in the log.
    pub position: i64,
    /// Its id.
    pub id: EventId,
    /// Its key.
    pub key: String,
    /// How often it was tried; 0 for one that waits behind another of its key.
    pub attempt: u32,
    /// When it is tried again; `None` for one that waits behind another of its key.
    pub due: Option<Timestamp>,
    /// What went wrong.
    pub error: Option<String>,
}

/// How a batch ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settlement {
    /// How far the lane has come in the log.
    pub position: Option<i64>,
    /// The events that were handled.
    pub handled: Vec<EventId>,
    /// Those that wait for another attempt now, or behind one that does.
    pub waiting: Vec<Failed>,
    /// Those that went aside.
    pub poisoned: Vec<Failed>,
    /// The positions of those that wait no more.
    pub cleared: Vec<i64>,
    /// The keys whose next event may be tried, because the one before it waits no more.
    pub freed: Vec<String>,
    /// How many had been handled before.
    pub duplicates: u64,
    /// How many attempts failed.
    pub failures: u64,
}
