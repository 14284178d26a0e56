//! What the routes show.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;
use crate::events::{Envelope, EventId, Poisoned, SubscriberState};
use crate::security::mask::Masker;

/// How a subscriber is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriberView {
    /// Its name.
    pub name: String,
    /// Whether it is paused.
    pub is_paused: bool,
    /// How many events of the log it has yet to pass.
    pub pending: u64,
    /// How many wait for another attempt, or behind one that does.
    pub waiting: u64,
    /// How many were set aside.
    pub poisoned: u64,
    /// How far its lane that is furthest behind has come in the log.
    pub position: i64,
    /// The nodes that hold its lanes.
    pub members: BTreeSet<String>,
    /// Its lanes.
    pub lanes: Vec<LaneView>,
}

/// How far a lane has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneView {
    /// The lane.
    pub lane: i16,
    /// How far it has come in the log.
    pub position: i64,
    /// The node that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl From<SubscriberState> for SubscriberView {
    fn from(state: SubscriberState) -> Self {
        let node = |lane: &crate::events::LaneState| lane.owner.map(|node| node.to_string());
        Self {
            name: state.name,
            is_paused: state.is_paused,
            pending: state.pending,
            waiting: state.waiting,
            poisoned: state.poisoned,
            position: state.lanes.iter().map(|lane| lane.position).min().unwrap_or(0),
            members: state.lanes.iter().filter_map(node).collect(),
            lanes: state
                .lanes
                .iter()
                .map(|lane| LaneView { lane: lane.lane, position: lane.position, node: node(lane) })
                .collect(),
        }
    }
}

/// A recorded event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventView {
    /// Its id.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// The version of its data.
    pub version: u16,
    /// Who recorded it.
    pub source: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it was recorded.
    pub time: Timestamp,
    /// The same for all that followed from one cause.
    pub correlation: String,
    /// The event that this one follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<EventId>,
    /// The trace in which it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// What it says, its secrets masked.
    pub data: Value,
}

impl EventView {
    pub(super) fn new(event: Envelope, masker: &Masker) -> Self {
        Self {
            id: event.id,
            name: event.name,
            version: event.version,
            source: event.source,
            subject: event.subject,
            time: event.time,
            correlation: event.correlation,
            causation: event.causation,
            trace_id: event.trace.map(|trace| trace.trace_id()),
            data: masker.masked(event.data),
        }
    }
}

/// An event that was set aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PoisonedView {
    /// Its id.
    pub id: EventId,
    /// Its place in the log.
    pub position: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong at last.
    pub error: String,
    /// When it was set aside.
    pub failed_at: Timestamp,
    /// The event, if it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventView>,
}

impl PoisonedView {
    pub(super) fn new(poisoned: Poisoned, masker: &Masker) -> Self {
        Self {
            id: poisoned.id,
            position: poisoned.position,
            attempts: poisoned.attempts,
            error: poisoned.error,
            failed_at: poisoned.failed_at,
            event: poisoned.event.ok().map(|event| EventView::new(event, masker)),
        }
    }
}

/// What came of replaying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ReplayedEvents")]
pub struct Replayed {
    /// How many events are tried again.
    pub replayed: u64,
    /// Whether there are more, for another call.
    pub is_more: bool,
}
