//! What the store holds.

use std::collections::HashMap;

use gravity_core::events::Envelope;
use gravity_core::{SecretString, Timestamp};

use crate::domain::{EndReason, Ended, Session, SessionId, Ticket, TicketId, User, UserId};

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) users: HashMap<UserId, Account>,
    pub(super) sessions: HashMap<SessionId, Session>,
    pub(super) tickets: HashMap<TicketId, Ticket>,
    pub(super) events: Vec<Envelope>,
}

#[derive(Clone)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) password: Option<SecretString>,
}

impl State {
    pub(super) fn end_sessions(
        &mut self,
        user: UserId,
        keep: Option<SessionId>,
        reason: EndReason,
        at: Timestamp,
    ) {
        let live = self.sessions.values_mut();
        for session in
            live.filter(|session| session.user == user && session.is_live(at) && Some(session.id) != keep)
        {
            session.ended = Some(Ended { at, reason });
        }
    }

    /// The user's live sessions, the one that began last first.
    pub(super) fn live_sessions(&self, user: UserId, now: Timestamp) -> Vec<&Session> {
        let mut live: Vec<_> =
            self.sessions.values().filter(|session| session.user == user && session.is_live(now)).collect();
        live.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        live
    }
}
