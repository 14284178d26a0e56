//! [`Report`]: what a check of the log has found.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AuditId, Checkpoint};

/// What a check of the log has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditReport")]
pub struct Report {
    /// How many linked records were found whole.
    pub checked: u64,
    /// How many records wait for their place in the chain; each was found whole by itself.
    pub pending: u64,
    /// How many of those that were checked have lost a part by an erasure that was signed.
    pub erased: u64,
    /// How far the check came without finding anything: keep it outside, and the next check can begin here.
    pub checkpoint: Checkpoint,
    /// The first thing that is wrong; none if all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<Break>,
}

impl Report {
    /// Whether nothing was found.
    pub const fn is_whole(&self) -> bool {
        self.broken.is_none()
    }
}

/// Where the log is broken, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditBreak")]
pub struct Break {
    /// The position in the chain; none for what has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// The record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<AuditId>,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AuditBreakReason")]
#[non_exhaustive]
pub enum Reason {
    /// A record was changed, or was never written by this log.
    RecordChanged,
    /// Who did it, or from where, was changed or taken out.
    ActorChanged,
    /// What it was done to, or what changed, was changed or taken out.
    TargetChanged,
    /// A record is gone.
    RecordMissing,
    /// A link of the chain is gone.
    LinkMissing,
    /// A link does not join its record to the one before: something was changed, swapped or put between.
    LinkChanged,
    /// A record stands in the log beside the chain.
    Stray,
    /// What stands there cannot be read at all.
    Unreadable,
    /// The signed end of the log was changed, or does not fit the chain.
    HeadChanged,
    /// The end of the log lies before the checkpoint: it was cut off, or an older copy was put in place.
    Truncated,
    /// The log does not hold what it held at the checkpoint.
    Rewritten,
    /// The signed beginning of the log, after which older records were let go, was changed.
    CutChanged,
}

impl Reason {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecordChanged => "record_changed",
            Self::ActorChanged => "actor_changed",
            Self::TargetChanged => "target_changed",
            Self::RecordMissing => "record_missing",
            Self::LinkMissing => "link_missing",
            Self::LinkChanged => "link_changed",
            Self::Stray => "stray",
            Self::Unreadable => "unreadable",
            Self::HeadChanged => "head_changed",
            Self::Truncated => "truncated",
            Self::Rewritten => "rewritten",
            Self::CutChanged => "cut_changed",
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.as_str())?;
        if let Some(position) = self.position {
            write!(f, " at position {position}")?;
        }
        self.record.map_or(Ok(()), |record| write!(f, " ({record})"))
    }
}
