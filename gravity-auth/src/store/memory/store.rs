//! [`MemoryStore`].

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use gravity_core::audit::{AuditLog, MemoryAudit};
use gravity_core::events::{EventStore as _, MemoryEvents};
use gravity_core::jobs::{JobStore as _, MemoryJobs};
use gravity_core::page::{PageRows, Position};
use gravity_core::security::KeyRing;
use gravity_core::security::mac::Mac;
use gravity_core::{Clock, Error, SecretString, Timestamp};

use super::state::{Account, State};
use crate::domain::{ApiKey, EmailAddress, Purpose, Session, SessionId, Ticket, User, UserId, UserName};
use crate::store::{AuthStore, Change, Refused, Rotate, Rotation, SESSIONS, Trail, session_place};

/// Keeps everything in memory, and nothing beyond the process. A clone is another handle to the same store.
#[derive(Clone)]
pub struct MemoryStore(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    events: MemoryEvents,
    audit: AuditLog<MemoryAudit>,
    jobs: MemoryJobs,
}

impl MemoryStore {
    /// An empty store. Its audit log is signed with the newest of these keys.
    pub fn new(keys: &KeyRing, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::default(),
            events: MemoryEvents::new(),
            audit: AuditLog::new(MemoryAudit::new(), keys, clock),
            jobs: MemoryJobs::new(),
        }))
    }

    /// The events that are told of changes, for an [`EventNode`](gravity_core::events::EventNode) to deliver.
    pub fn events(&self) -> &MemoryEvents {
        &self.0.events
    }

    /// The audit log that changes are written to.
    pub fn audit(&self) -> &AuditLog<MemoryAudit> {
        &self.0.audit
    }

    /// The jobs that changes ask for.
    pub fn jobs(&self) -> &MemoryJobs {
        &self.0.jobs
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Changes are made on a copy, so whatever a panic left behind is whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a trail. Whoever holds the lock of the state sees to it that nobody else does so meanwhile.
    fn write(&self, trail: &Trail) -> Result<(), Refused> {
        let writing = async {
            let enqueued = self.0.jobs.transaction(async |tx| {
                let enqueued = self.0.jobs.enqueue(tx, &trail.jobs).await.map_err(Error::from)?;
                if enqueued.iter().all(|job| job.is_new) { Ok(()) } else { Err(Refused::Stale) }
            });
            enqueued.await?;
            self.0.events.append_alone(&trail.events).await.map_err(Error::from)?;
            for entry in &trail.audit {
                self.0.audit.record(entry.clone()).await.map_err(Error::from)?;
            }
            Ok(())
        };
        // Stores in memory answer at once.
        writing.now_or_never().unwrap_or_else(|| Err(Error::internal("a store in memory has waited").into()))
    }

    fn find(&self, is_it: impl Fn(&User) -> bool) -> Option<(User, Option<SecretString>)> {
        let state = self.state();
        let account = state.users.values().find(|account| is_it(&account.user));
        account.map(|Account { user, password, .. }| (user.clone(), password.clone()))
    }
}

#[async_trait]
impl AuthStore for MemoryStore {
    async fn apply(&self, changes: &[Change], trail: &Trail) -> Result<(), Refused> {
        let mut state = self.state();
        let mut next = state.clone();
        changes.iter().try_for_each(|change| next.apply(change))?;
        self.write(trail)?;
        *state = next;
        Ok(())
    }

    async fn rotate(&self, rotate: &Rotate, done: &Trail, reused: &Trail) -> Result<Rotation, Error> {
        let mut state = self.state();
        let mut next = state.clone();
        let rotation = next.rotate(rotate);
        let trail = match rotation {
            Rotation::Done(_) => done,
            Rotation::Reused(_) => reused,
            Rotation::Again(_) | Rotation::Dead => &Trail::NONE,
        };
        self.write(trail).map_err(Refused::into_failure)?;
        *state = next;
        Ok(rotation)
    }

    async fn record(&self, trail: &Trail) -> Result<(), Refused> {
        let _turn = self.state();
        self.write(trail)
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

    async fn has_super_admin(&self) -> Result<bool, Error> {
        Ok(self.state().has_super_admin())
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
        let live: Vec<Session> = self.state().live_sessions(user, now).cloned().collect();
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
        wrong: &Trail,
    ) -> Result<Option<Ticket>, Error> {
        let mut state = self.state();
        let ticket = state.guess(purpose, user, macs, now);
        if ticket.is_none() {
            self.write(wrong).map_err(Refused::into_failure)?;
        }
        Ok(ticket)
    }

    async fn sweep(&self, now: Timestamp, ended_before: Timestamp, limit: u32) -> Result<u64, Error> {
        let mut state = self.state();
        let is_over = |session: &&Session| {
            session.idle_until < ended_before || session.ended.is_some_and(|ended| ended.at < ended_before)
        };
        let over = state.sessions.values().filter(is_over).map(|session| session.id).take(limit as usize);
        let sessions: Vec<_> = over.collect();
        let out = state.tickets.values().filter(|ticket| ticket.expires_at <= now).map(|ticket| ticket.id);
        let tickets: Vec<_> = out.take(limit as usize).collect();
        let is_out = |key: &&ApiKey| key.expires_at.is_some_and(|end| end < ended_before);
        let keys: Vec<_> =
            state.api_keys.values().filter(is_out).map(|key| key.id).take(limit as usize).collect();
        let out = state.invitations.values().filter(|found| found.expires_at <= now).map(|found| found.id);
        let invitations: Vec<_> = out.take(limit as usize).collect();
        state.invitations.retain(|id, _| !invitations.contains(id));
        state.api_keys.retain(|id, _| !keys.contains(id));
        state.sessions.retain(|id, _| !sessions.contains(id));
        state.tickets.retain(|id, _| !tickets.contains(id));
        // Tokens of before that time have run out.
        state.reassigned.retain(|_, at| *at >= ended_before);
        let swept = sessions.len() + tickets.len() + keys.len() + invitations.len();
        Ok(swept as u64 + state.sweep_factors(now, limit) + state.sweep_spent(now, limit))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("MemoryStore").field("users", &state.users.len()).finish_non_exhaustive()
    }
}
