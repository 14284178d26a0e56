//! [`AuditEntry`]: something that is about to be written into the log.

use serde::Serialize;
use serde_json::Value;

use super::{Origin, Outcome};
use crate::{Principal, Subject};

/// Something that is about to be written into the audit log: what was done, to which thing, by whom, from where.
///
/// ```
/// use gravity_core::Subject;
/// use gravity_core::audit::{AuditEntry, Outcome};
/// use serde_json::json;
///
/// let entry = AuditEntry::new("user.suspended")
///     .by(&Subject::from(1))
///     .on("user", "user_7")
///     .change(json!({"state": "active", "name": "Ada"}), json!({"state": "suspended", "name": "Ada"}))
///     .extra("reason", "asked for it");
/// let refused = AuditEntry::new("user.suspended").by(&Subject::from(2)).on("user", "user_7").outcome(Outcome::Denied);
/// ```
#[derive(Debug, Clone)]
#[must_use = "an entry is nothing until it is recorded"]
pub struct AuditEntry {
    pub(super) action: String,
    pub(super) outcome: Outcome,
    pub(super) target: Option<(String, String)>,
    pub(super) origin: Origin,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    pub(super) extra: serde_json::Map<String, Value>,
}

impl AuditEntry {
    /// That something was done: `noun.verb`, in lower case, such as `user.suspended`. It has 1 to 128 of `a` to
    /// `z`, `0` to `9`, `_`, `-` and `.`. By nobody in particular yet: the system itself.
    pub fn new(action: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            outcome: Outcome::Allowed,
            target: None,
            origin: Origin::default(),
            before: None,
            after: None,
            extra: serde_json::Map::new(),
        }
    }

    /// Who did it.
    pub fn by(mut self, actor: &Subject) -> Self {
        self.origin.actor = Some(actor.clone());
        self
    }

    /// Who did it, and who acted in their name, if the claim `act` says that somebody did (RFC 8693).
    pub fn by_principal(mut self, principal: &Principal) -> Self {
        self.origin = self.origin.with_principal(principal);
        self
    }

    /// Who really did it, while they acted in the name of the actor.
    pub fn impersonated_by(mut self, impersonator: &Subject) -> Self {
        self.origin.impersonator = Some(impersonator.clone());
        self
    }

    /// Who did it and from where, as the request tells.
    pub fn from(mut self, origin: &Origin) -> Self {
        self.origin = origin.clone();
        self
    }

    /// What it was done to: its kind, in the letters of an action, and its id, of 1 to 255 characters.
    pub fn on(mut self, kind: impl Into<String>, id: impl ToString) -> Self {
        self.target = Some((kind.into(), id.to_string()));
        self
    }

    /// How it went; [`Outcome::Allowed`] if nothing is said.
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// What the thing was before and after. Of two objects only the members that differ are kept; secrets are
    /// masked. Of what cannot be turned into JSON nothing is kept.
    pub fn change(mut self, before: impl Serialize, after: impl Serialize) -> Self {
        self.before = serde_json::to_value(before).ok();
        self.after = serde_json::to_value(after).ok();
        self
    }

    /// What was made.
    pub fn made(mut self, after: impl Serialize) -> Self {
        self.after = serde_json::to_value(after).ok();
        self
    }

    /// What was removed.
    pub fn removed(mut self, before: impl Serialize) -> Self {
        self.before = serde_json::to_value(before).ok();
        self
    }

    /// Anything else, by name. Secrets are masked.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}
