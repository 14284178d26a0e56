//! What the rules of changes say of one session, for stores that judge them in the program.

use std::cmp::Reverse;

use gravity_core::Timestamp;

use super::Refused;
use crate::domain::{EndReason, Ended, Method, Session, SessionId, UserId};

impl Session {
    /// Itself, if it is the user's and live.
    pub(super) fn of(&mut self, user: UserId, at: Timestamp) -> Result<&mut Self, Refused> {
        if self.user == user && self.is_live(at) { Ok(self) } else { Err(Refused::Stale) }
    }

    /// Binds it to a key, if it is bound to none.
    pub(super) fn bind(&mut self, key: &str) -> Result<(), Refused> {
        if self.bound_to.is_some() {
            return Err(Refused::Stale);
        }
        self.bound_to = Some(key.to_owned());
        Ok(())
    }

    pub(super) fn prove(&mut self, methods: &[Method], at: Timestamp) {
        self.methods = methods.to_vec();
        self.proved_at = at;
    }

    pub(super) fn end(&mut self, reason: EndReason, at: Timestamp) {
        self.ended = Some(Ended { at, reason });
    }
}

/// Which of a user's live sessions give way, where there may be so many: the oldest, by when they began.
pub(super) fn surplus(mut live: Vec<(Timestamp, SessionId)>, most: u32) -> Vec<SessionId> {
    live.sort_by_key(|place| Reverse(*place));
    live.into_iter().skip(most as usize).map(|(_, id)| id).collect()
}
