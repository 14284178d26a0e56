//! [`Record`]: what is told of a change, put together.

use gravity_core::audit::{AuditEntry, Origin};
use gravity_core::events::{Draft, Event};
use gravity_core::jobs::{Job, JobDraft};

use crate::domain::UserId;
use crate::store::Trail;
use crate::{Auth, AuthError};

/// Where events say that they come from.
const SOURCE: &str = "/auth";

/// What is told of a change, put together: all of it names who did it, from where, in which request.
pub(crate) struct Record<'a> {
    auth: &'a Auth,
    origin: Origin,
    trail: Trail,
}

impl Auth {
    pub(crate) fn record<'a>(&'a self, origin: &Origin) -> Record<'a> {
        Record { auth: self, origin: origin.clone(), trail: Trail::default() }
    }
}

impl Record<'_> {
    /// Who did it, where the request did not say.
    pub(crate) fn by(mut self, user: UserId) -> Self {
        self.origin.actor.get_or_insert_with(|| user.into());
        self
    }

    pub(crate) fn event<E: Event>(mut self, about: UserId, event: E) -> Result<Self, AuthError> {
        let mut draft = Draft::new(event).about(about);
        if let Some(request) = &self.origin.request_id {
            draft = draft.correlated(request);
        }
        self.trail.events.push(draft.prepare(SOURCE, self.auth.clock())?);
        Ok(self)
    }

    pub(crate) fn audit(mut self, entry: AuditEntry) -> Self {
        self.trail.audit.push(entry.from(&self.origin));
        self
    }

    pub(crate) fn job<J: Job>(mut self, draft: impl Into<JobDraft<J>>) -> Result<Self, AuthError> {
        let mut draft = draft.into();
        if let Some(request) = &self.origin.request_id {
            draft = draft.correlated(request);
        }
        self.trail.jobs.push(draft.prepare(self.auth.clock())?);
        Ok(self)
    }

    pub(crate) fn trail(self) -> Trail {
        self.trail
    }
}

/// What was done to a user.
pub(crate) fn on_user(action: &str, user: UserId) -> AuditEntry {
    AuditEntry::new(action).on("user", user)
}
