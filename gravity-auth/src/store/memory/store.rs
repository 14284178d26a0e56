//! [`MemoryStore`].

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use gravity_core::events::Envelope;
use gravity_core::page::{PageRows, Position};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, SecretString, Timestamp};

use super::state::{Account, State};
use crate::domain::{
    EmailAddress, EndReason, Ended, Purpose, Session, SessionId, Ticket, User, UserId, UserName,
};
use crate::store::{AuthStore, Change, Refused, Rotate, Rotation, SESSIONS, Trail, session_place};

/// Keeps everything in memory, and nothing beyond the process. A clone is another handle to the same store.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<State>>);

impl MemoryStore {
    /// The events that were recorded, in their order.
    pub fn events(&self) -> Vec<Envelope> {
        self.state().events.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Changes are made on a copy, so whatever a panic left behind is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, is_it: impl Fn(&User) -> bool) -> Option<(User, Option<SecretString>)> {
        let state = self.state();
        let account = state.users.values().find(|account| is_it(&account.user));
        account.map(|Account { user, password }| (user.clone(), password.clone()))
    }
}

#[async_trait]
impl AuthStore for MemoryStore {
    async fn apply(&self, changes: &[Change], trail: &Trail) -> Result<(), Refused> {
        let mut state = self.state();
        let mut next = state.clone();
        changes.iter().try_for_each(|change| next.apply(change))?;
        next.events.extend_from_slice(&trail.events);
        *state = next;
        Ok(())
    }

    async fn rotate(&self, rotate: &Rotate, done: &Trail, reused: &Trail) -> Result<Rotation, Error> {
        let mut state = self.state();
        let Some(session) =
            state.sessions.get_mut(&rotate.session).filter(|session| session.is_live(rotate.now))
        else {
            return Ok(Rotation::Dead);
        };
        let (rotation, trail) = match session.generation.checked_sub(rotate.generation) {
            Some(0) => {
                session.generation += 1;
                session.refreshed_at = rotate.now;
                session.idle_until = rotate.idle_until.min(session.expires_at);
                let name = session.client.name.take();
                session.client = crate::domain::Client { name, ..rotate.client.clone() };
                (Rotation::Done(session.clone()), done)
            }
            Some(1) if rotate.is_in_grace(session.refreshed_at) => {
                (Rotation::Again(session.clone()), &Trail::NONE)
            }
            Some(_) => {
                session.ended = Some(Ended { at: rotate.now, reason: EndReason::TokenReused });
                (Rotation::Reused(session.clone()), reused)
            }
            None => return Ok(Rotation::Dead),
        };
        state.events.extend_from_slice(&trail.events);
        Ok(rotation)
    }

    async fn record(&self, trail: &Trail) -> Result<(), Error> {
        self.state().events.extend_from_slice(&trail.events);
        Ok(())
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, Error> {
        Ok(self.state().users.get(&id).map(|account| account.user.clone()))
    }

    async fn by_email(&self, email: &EmailAddress) -> Result<Option<(User, Option<SecretString>)>, Error> {
        Ok(self.find(|user| user.email.key() == email.key()))
    }

    async fn by_user_name(&self, name: &UserName) -> Result<Option<(User, Option<SecretString>)>, Error> {
        Ok(self.find(|user| user.user_name.as_ref().is_some_and(|other| other.key() == name.key())))
    }

    async fn password(&self, user: UserId) -> Result<Option<SecretString>, Error> {
        Ok(self.state().users.get(&user).and_then(|account| account.password.clone()))
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        Ok(self.state().sessions.get(&id).cloned())
    }

    async fn sessions(
        &self,
        user: UserId,
        now: Timestamp,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Session>, Error> {
        let live: Vec<Session> = self.state().live_sessions(user, now).into_iter().cloned().collect();
        Ok(SESSIONS.pick(live, from, limit, session_place)?)
    }

    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<(SessionId, Timestamp)>, Error> {
        let state = self.state();
        let ended = state.sessions.values().filter_map(|session| Some((session.id, session.ended?.at)));
        let mut ended: Vec<_> = ended.filter(|(_, at)| *at >= since).collect();
        ended.sort_by_key(|(id, at)| (*at, *id));
        ended.truncate(limit as usize);
        Ok(ended)
    }

    async fn ticket(&self, purpose: Purpose, macs: &[Mac], now: Timestamp) -> Result<Option<Ticket>, Error> {
        let state = self.state();
        let is_it = |ticket: &&Ticket| {
            ticket.purpose == purpose && now < ticket.expires_at && macs.contains(&ticket.mac)
        };
        Ok(state.tickets.values().find(is_it).cloned())
    }

    async fn guess(
        &self,
        purpose: Purpose,
        user: UserId,
        macs: &[Mac],
        now: Timestamp,
    ) -> Result<Option<Ticket>, Error> {
        let mut state = self.state();
        let is_open = |ticket: &&mut Ticket| {
            (ticket.purpose, ticket.user) == (purpose, user) && now < ticket.expires_at
        };
        let Some(ticket) = state.tickets.values_mut().find(is_open) else { return Ok(None) };
        if macs.contains(&ticket.mac) {
            return Ok(Some(ticket.clone()));
        }
        ticket.guesses_left = ticket.guesses_left.saturating_sub(1);
        if ticket.guesses_left == 0 {
            let id = ticket.id;
            state.tickets.remove(&id);
        }
        Ok(None)
    }

    async fn sweep(&self, now: Timestamp, ended_before: Timestamp, limit: u32) -> Result<u64, Error> {
        let mut state = self.state();
        let over = |session: &Session| {
            session.ended.map_or(session.idle_until.min(session.expires_at), |ended| ended.at) < ended_before
        };
        let sessions: Vec<_> = state
            .sessions
            .values()
            .filter(|session| over(session))
            .map(|session| session.id)
            .take(limit as usize)
            .collect();
        let tickets: Vec<_> = state
            .tickets
            .values()
            .filter(|ticket| ticket.expires_at <= now)
            .map(|ticket| ticket.id)
            .take(limit as usize)
            .collect();
        sessions.iter().for_each(|id| drop(state.sessions.remove(id)));
        tickets.iter().for_each(|id| drop(state.tickets.remove(id)));
        Ok((sessions.len() + tickets.len()) as u64)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("MemoryStore").field("users", &state.users.len()).finish_non_exhaustive()
    }
}
