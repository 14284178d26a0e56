//! What a node takes from a store, and gives back.

use std::time::Duration;

use uuid::Uuid;

use super::{Attempt, JobId, Rate};
use crate::Timestamp;

/// How long a job that was done is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// It is deleted at once.
    #[default]
    Not,
    /// It is kept until [`JobStore::retain`](super::JobStore::retain) finds it old.
    ForATime,
}

/// What a node asks for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The node.
    pub node: Uuid,
    /// Where the jobs wait.
    pub queue: &'a str,
    /// How many it has room for.
    pub limit: usize,
    /// The time.
    pub now: Timestamp,
    /// How many of the queue may begin in a time.
    pub rate: Option<Rate>,
    /// How many of each key of the queue may begin in a time.
    pub key_rate: Option<Rate>,
}

/// A job that a node has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub id: JobId,
    /// Grows each time it changes hands. What is written about it under an older one is refused.
    pub fence: i64,
    /// Where it waited.
    pub queue: String,
    /// The name of its type.
    pub kind: String,
    /// What it needs to know, as JSON.
    pub payload: String,
    /// A higher one goes first.
    pub priority: i16,
    /// Its place among those of its queue and priority.
    pub place: i64,
    /// Its key.
    pub key: Option<String>,
    /// Its unique key, if that is free when it ends.
    pub unique_key: Option<String>,
    /// How often it has failed.
    pub failures: u32,
    /// How often it is tried.
    pub max_attempts: u32,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was to run.
    pub run_at: Timestamp,
    /// The last attempts that failed.
    pub errors: Vec<Attempt>,
    /// The same for all that followed from one cause.
    pub correlation: Option<String>,
}

impl Claimed {
    /// Which attempt it is, the first being 1.
    pub fn attempt(&self) -> u32 {
        self.failures.saturating_add(1)
    }
}

/// What a node got.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// The jobs, the first to be done first.
    pub jobs: Vec<Claimed>,
    /// When to ask again where there are ready jobs that a rate holds back.
    pub held_until: Option<Timestamp>,
}

/// A sign of life of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeBeat {
    /// The node.
    pub node: Uuid,
    /// Counts on while it is alive.
    pub beat: i64,
}

/// What a node sees when it gives a sign of life.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Whether the node itself counts as alive. If not, its jobs are or will be another's.
    pub is_alive: bool,
    /// All nodes that count as alive.
    pub nodes: Vec<NodeBeat>,
    /// Nodes that were found silent and may still have jobs.
    pub silent: Vec<Uuid>,
    /// Those of the jobs asked about that are to be cancelled.
    pub cancelling: Vec<JobId>,
}
