//! [`AuditFilter`]: which records are asked for.

use super::{Outcome, Stored};
use crate::Timestamp;
use crate::page::CursorContext;

/// Which records are asked for; all of it is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Done by this subject.
    pub actor: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// Done to a thing of this kind.
    pub target_kind: Option<String>,
    /// Done to the thing of this id.
    pub target_id: Option<String>,
    /// That went this way.
    pub outcome: Option<Outcome>,
    /// In this request.
    pub request_id: Option<String>,
    /// Recorded at this time or later.
    pub since: Option<Timestamp>,
    /// Recorded before this time.
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    /// Whether a record is asked for.
    pub fn takes(&self, record: &Stored) -> bool {
        let is = |wanted: &Option<String>, value: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == value)
        };
        is(&self.actor, record.actor.as_deref())
            && is(&self.action, Some(&record.action))
            && is(&self.target_kind, record.target_kind.as_deref())
            && is(&self.target_id, record.target_id.as_deref())
            && is(&self.request_id, record.request_id.as_deref())
            && self.outcome.is_none_or(|outcome| outcome.as_str() == record.outcome)
            && self.since.is_none_or(|since| record.recorded_at >= since)
            && self.until.is_none_or(|until| record.recorded_at < until)
    }

    /// The context of cursors of this list.
    pub(super) fn context(&self) -> CursorContext {
        let times = [("since", self.since), ("until", self.until)];
        let texts = [
            ("actor", &self.actor),
            ("action", &self.action),
            ("target_kind", &self.target_kind),
            ("target_id", &self.target_id),
            ("request_id", &self.request_id),
        ];
        let mut context = CursorContext::new("audit.list");
        for (name, text) in texts {
            if let Some(text) = text {
                context = context.filter(name, text);
            }
        }
        for (name, time) in times {
            if let Some(time) = time {
                context = context.filter(name, time);
            }
        }
        match self.outcome {
            Some(outcome) => context.filter("outcome", outcome),
            None => context,
        }
    }
}
