//! Changes of sessions.

use std::cmp::Reverse;

use gravity_core::{SecretString, Timestamp};

use super::state::State;
use crate::domain::{Client, EndReason, Ended, Session, SessionId, UserId};
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
        let mut live: Vec<_> = live.collect();
        live.sort_by_key(|place| Reverse(*place));
        for (_, id) in live.into_iter().skip(most as usize) {
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
        let session = self.live_session(user, session, at)?;
        if session.bound_to.is_some() {
            return Err(Refused::Stale);
        }
        session.bound_to = Some(key.to_owned());
        Ok(())
    }

    pub(super) fn end_session(
        &mut self,
        user: UserId,
        session: SessionId,
        reason: EndReason,
        at: Timestamp,
    ) -> Result<(), Refused> {
        self.live_session(user, session, at)?.ended = Some(Ended { at, reason });
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
            session.ended = Some(Ended { at, reason });
        }
    }

    pub(super) fn rotate(&mut self, rotate: &Rotate) -> Rotation {
        let live = self.sessions.get_mut(&rotate.session).filter(|session| session.is_live(rotate.now));
        let Some(session) = live else { return Rotation::Dead };
        match session.generation.checked_sub(rotate.generation) {
            Some(0) => {
                session.generation += 1;
                session.refreshed_at = rotate.now;
                session.idle_until = rotate.idle_until.min(session.expires_at);
                session.client = Client { name: session.client.name.take(), ..rotate.client.clone() };
                Rotation::Done(session.clone())
            }
            Some(1) if rotate.is_in_grace(session.refreshed_at) => Rotation::Again(session.clone()),
            Some(_) => {
                session.ended = Some(Ended { at: rotate.now, reason: EndReason::TokenReused });
                Rotation::Reused(session.clone())
            }
            None => Rotation::Dead,
        }
    }

    pub(super) fn live_session(
        &mut self,
        user: UserId,
        session: SessionId,
        at: Timestamp,
    ) -> Result<&mut Session, Refused> {
        let found = self.sessions.get_mut(&session).filter(|found| found.user == user && found.is_live(at));
        found.ok_or(Refused::Stale)
    }

    pub(super) fn live_sessions(&self, user: UserId, now: Timestamp) -> impl Iterator<Item = &Session> {
        self.sessions.values().filter(move |session| session.user == user && session.is_live(now))
    }
}
