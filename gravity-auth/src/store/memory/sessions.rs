//! Changes of sessions.

use gravity_core::{SecretString, Timestamp};

use super::state::State;
use crate::domain::{EndReason, Session, SessionId, UserId};
use crate::store::sessions::surplus;
use crate::store::{Refused, Rotate, Rotation};

impl State {
    pub(super) fn start_session(
        &mut self,
        session: &Session,
        password: Option<&SecretString>,
        most: u32,
    ) -> Result<(), Refused> {
        let account = self.active(session.user)?;
        if password.is_some() && account.password.as_ref() != password {
            return Err(Refused::Stale);
        }
        self.sessions.insert(session.id, session.clone());
        let at = session.created_at;
        let live = self.live_sessions(session.user, at).map(|session| (session.created_at, session.id));
        for id in surplus(live.collect(), most) {
            self.end_session(session.user, id, EndReason::TooMany, at)?;
        }
        Ok(())
    }

    pub(super) fn bind_session(
        &mut self,
        user: UserId,
        session: SessionId,
        key: &str,
        at: Timestamp,
    ) -> Result<(), Refused> {
        self.live_session(user, session, at)?.bind(key)
    }

    pub(super) fn end_session(
        &mut self,
        user: UserId,
        session: SessionId,
        reason: EndReason,
        at: Timestamp,
    ) -> Result<(), Refused> {
        self.live_session(user, session, at)?.end(reason, at);
        Ok(())
    }

    pub(super) fn end_sessions(
        &mut self,
        user: UserId,
        keep: Option<SessionId>,
        reason: EndReason,
        at: Timestamp,
    ) {
        let live = self.sessions.values_mut().filter(|session| session.user == user && session.is_live(at));
        for session in live.filter(|session| Some(session.id) != keep) {
            session.end(reason, at);
        }
    }

    pub(super) fn rotate(&mut self, rotate: &Rotate) -> Rotation {
        self.sessions.get_mut(&rotate.session).map_or(Rotation::Dead, |session| rotate.turn(session))
    }

    pub(super) fn live_session(
        &mut self,
        user: UserId,
        session: SessionId,
        at: Timestamp,
    ) -> Result<&mut Session, Refused> {
        self.sessions.get_mut(&session).ok_or(Refused::Stale)?.of(user, at)
    }

    pub(super) fn live_sessions(&self, user: UserId, now: Timestamp) -> impl Iterator<Item = &Session> {
        self.sessions.values().filter(move |session| session.user == user && session.is_live(now))
    }
}
