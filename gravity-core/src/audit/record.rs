//! [`AuditRecord`]: an entry that was written into the log, as readers see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AuditKeys, Found, Outcome};
use crate::{Entity, Id, Timestamp};

/// The id of a record, `audit_01h455vb4pex5vsknk084sn02q` on the wire.
pub type AuditId = Id<AuditRecord>;

impl Entity for AuditRecord {
    const PREFIX: &'static str = "audit";
}

/// An entry that was written into the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditRecord {
    /// Tells it from every other record.
    pub id: AuditId,
    /// Its place in the chain; none for a moment after it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What was done, such as `user.suspended`.
    pub action: String,
    /// How it went; none if somebody has put another word there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The kind of the thing that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_kind: Option<String>,
    /// The id of the thing that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// Who did it; none for the system itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Who did it in the actor's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonator: Option<String>,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// By what program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// In which request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// In which trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// What the thing was, as far as it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What the thing became, as far as it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// What else is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Value>,
    /// Whether who did it was erased.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub actor_erased: bool,
    /// Whether what it was done to was erased.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub target_erased: bool,
    /// Whether the record bears its own checksum. That none is missing beside it, only a check of the log tells.
    pub is_intact: bool,
}

impl AuditRecord {
    pub(super) fn of(found: Found, keys: &AuditKeys) -> Self {
        let Found { record, position } = found;
        let is_intact = keys.check_record(&record).is_none();
        // What is no JSON any more is shown as the text that it is.
        let json = |text: Option<String>| {
            text.map(|text| serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text)))
        };
        Self {
            id: record.id,
            position,
            recorded_at: record.recorded_at,
            outcome: record.outcome.parse().ok(),
            action: record.action,
            target_kind: record.target_kind,
            target_id: record.target_id,
            actor: record.actor,
            impersonator: record.impersonator,
            address: record.address,
            user_agent: record.user_agent,
            request_id: record.request_id,
            trace_id: record.trace_id,
            before: json(record.before),
            after: json(record.after),
            extra: json(record.extra),
            actor_erased: record.actor_salt.is_none(),
            target_erased: record.target_salt.is_none(),
            is_intact,
        }
    }
}
