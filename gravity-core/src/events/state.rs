//! What can be asked about subscribers, nodes, and events that were set aside.

use std::sync::Arc;

use uuid::Uuid;

use super::{Envelope, EventId};
use crate::Timestamp;

/// How a subscriber is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriberState {
    /// Its name.
    pub name: String,
    /// Whether it is paused.
    pub is_paused: bool,
    /// How many events lie before it, wanted or not. It is counted, which takes time where it is large.
    pub pending: u64,
    /// How many wait for another attempt, or behind one that does.
    pub waiting: u64,
    /// How many were set aside.
    pub poisoned: u64,
    /// Its lanes, and who works on them.
    pub lanes: Vec<LaneState>,
}

/// How far a lane of a subscriber has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneState {
    /// The subscriber's name.
    pub subscriber: Arc<str>,
    /// The lane.
    pub lane: i16,
    /// The node that holds it.
    pub owner: Option<Uuid>,
    /// Grows with each change of the holder.
    pub fence: i64,
    /// How far it has come in the log.
    pub position: i64,
}

/// A node that takes part in a subscriber's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The subscriber's name.
    pub subscriber: Arc<str>,
    /// The node.
    pub node: Uuid,
    /// Counts on while the node is alive.
    pub beat: i64,
}

/// What a node sees of the others.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// All that take part, the asking node too.
    pub members: Vec<Member>,
    /// All lanes of the subscribers asked for.
    pub lanes: Vec<LaneState>,
    /// The names of those of them that are paused.
    pub paused: Vec<String>,
    /// The lanes in which events wait for another attempt.
    pub waiting: Vec<(String, i16)>,
}

/// An event that was set aside.
#[derive(Debug, Clone)]
pub struct Poisoned {
    /// Its place in the log.
    pub position: i64,
    /// Its id.
    pub id: EventId,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong at last.
    pub error: String,
    /// When it was set aside.
    pub failed_at: Timestamp,
    /// The event, or why it cannot be read.
    pub event: Result<Envelope, String>,
}
