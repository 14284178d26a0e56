//! [`Work`]: what one attempt at a change does to sessions beyond the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gravity_core::db::Tx;
use gravity_core::{Error, Timestamp};

use super::place::{Kept, Place, Turn};
use super::tables;
use crate::domain::{Session, SessionId, UserId};
use crate::store::Refused;

/// The code of the refusal of an attempt that another one was faster than.
const RACED: &str = "auth.sessions_busy";

/// Whether another attempt was faster, so that this one is to be made again.
pub(in super::super) fn is_raced(refused: &Refused) -> bool {
    matches!(refused, Refused::Failed(error) if error.code() == RACED)
}

pub(super) fn raced() -> Error {
    Error::unavailable(RACED, "Too much happens to these sessions at once.")
        .with_retry_after(Duration::from_secs(1))
}

/// What attempts have settled whose transaction has not ended yet.
#[derive(Default)]
pub(in super::super) struct Settled(Mutex<Vec<Turn>>);

impl Settled {
    fn put(&self, turns: Vec<Turn>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = turns;
    }

    /// Takes back what was settled, where it is still so.
    ///
    /// That is right even if the transaction was committed without us hearing of it: of a session that has ended there
    /// is a row by then, which is what holds.
    pub(in super::super) async fn take_back(&self, place: Option<&dyn Place>) {
        let turns = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(place) = place else { return };
        for turn in turns {
            if let Err(error) = place.replace(&[turn.back()], &BTreeMap::new()).await {
                tracing::warn!(%error, "a change of a session that failed was not taken back");
            }
        }
    }
}

/// What one attempt at a change does to sessions beyond the tables: nothing, until it is settled.
///
/// It remembers what it has read of each session, and what that is to become. When all else is written, the place
/// replaces the one by the other, if nobody else was there meanwhile; and then the transaction is committed. What is
/// over goes to the tables, in that transaction.
pub(in super::super) struct Work<'p> {
    place: Option<&'p dyn Place>,
    settled: &'p Settled,
    touched: BTreeMap<SessionId, Touched>,
    /// The lists that were read, each as it was.
    lists: BTreeMap<UserId, Vec<SessionId>>,
}

struct Touched {
    user: UserId,
    was: Option<Kept>,
    now: Option<Session>,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It goes on where it is, unless it has ended.
    Stays,
    /// It has run out, and goes to the tables as one that has ended does.
    Moves,
    /// Nothing is left of it here.
    Goes,
}

impl<'p> Work<'p> {
    /// Of one more attempt: what one before has settled is taken back.
    pub(in super::super) async fn begin(place: Option<&'p dyn Place>, settled: &'p Settled) -> Self {
        settled.take_back(place).await;
        Self { place, settled, touched: BTreeMap::new(), lists: BTreeMap::new() }
    }

    pub(super) fn is_in_tables(&self) -> bool {
        self.place.is_none()
    }

    /// The session as it is by now, if it is not one of the tables.
    pub(super) async fn held(
        &mut self,
        tx: &mut Tx<'_>,
        session: SessionId,
    ) -> Result<Option<&mut Session>, Refused> {
        let Some(place) = self.place else { return Ok(None) };
        if !self.touched.contains_key(&session) {
            let Some(kept) = place.read(session).await? else { return Ok(None) };
            let Some(Session { user, .. }) = kept.session else { return Ok(None) };
            if !tables::among(tx, &[session]).await?.is_empty() {
                return Ok(None);
            }
            self.touch(session, user, Some(kept), Fate::Stays);
        }
        Ok(self.touched.get_mut(&session).and_then(|touched| touched.now.as_mut()))
    }

    fn touch(&mut self, session: SessionId, user: UserId, was: Option<Kept>, fate: Fate) {
        let now = was.as_ref().filter(|_| fate != Fate::Goes).and_then(|kept| kept.session.clone());
        // What was read first is what all that followed was judged by.
        self.touched.entry(session).or_insert(Touched { user, was, now, fate });
    }

    /// Reads all sessions of a user. Whatever is settled then holds only if there is none more and none less.
    pub(super) async fn read_all(&mut self, tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
        let Some(place) = self.place else { return Ok(()) };
        if self.lists.contains_key(&user) {
            return Ok(());
        }
        let listed = place.of(user).await?;
        let ids: Vec<SessionId> = listed.iter().map(|(id, _)| *id).collect();
        // They are in the tables where an old copy of the place was put back after they had ended.
        let over: BTreeSet<SessionId> = tables::among(tx, &ids).await?.into_iter().collect();
        for (id, kept) in listed {
            let is_theirs = |session: &Session| session.user == user && !over.contains(&id);
            let is_here = kept.as_ref().and_then(|kept| kept.session.as_ref()).is_some_and(is_theirs);
            self.touch(id, user, kept, if is_here { Fate::Stays } else { Fate::Goes });
        }
        self.lists.insert(user, ids);
        Ok(())
    }

    fn of(&mut self, user: UserId) -> impl Iterator<Item = &mut Touched> {
        self.touched.values_mut().filter(move |touched| touched.user == user && touched.fate != Fate::Goes)
    }

    /// The user's live sessions, of those that were read.
    pub(super) fn live(&mut self, user: UserId, at: Timestamp) -> impl Iterator<Item = &mut Session> {
        self.of(user).filter_map(|touched| touched.now.as_mut()).filter(move |session| session.is_live(at))
    }

    /// There is one more.
    pub(super) fn add(&mut self, session: &Session) {
        let (user, now) = (session.user, Some(session.clone()));
        self.touched.insert(session.id, Touched { user, was: None, now, fate: Fate::Stays });
    }

    /// Moves the user's sessions that have run out to the tables, of those that were read.
    pub(super) fn move_over(&mut self, user: UserId, at: Timestamp) {
        for touched in self.of(user) {
            if touched.now.as_ref().is_some_and(|session| !session.is_live(at)) {
                touched.fate = Fate::Moves;
            }
        }
    }

    /// Leaves nothing of the user's sessions, of those that were read.
    pub(super) fn drop_all(&mut self, user: UserId) {
        for touched in self.of(user) {
            (touched.fate, touched.now) = (Fate::Goes, None);
        }
    }

    /// Does all of it, or nothing: [`is_raced`] says that somebody else was faster. It is the last thing before the
    /// transaction is committed.
    pub(in super::super) async fn settle(self, tx: &mut Tx<'_>) -> Result<(), Refused> {
        let Some(place) = self.place else { return Ok(()) };
        let mut turns = Vec::new();
        for (session, Touched { user, was, now, fate }) in self.touched {
            let becomes = match (fate, now) {
                (Fate::Stays, Some(now)) if now.ended.is_none() => {
                    if was.as_ref().is_some_and(|was| was.session.as_ref() == Some(&now)) {
                        continue;
                    }
                    Some(place.keep(now)?)
                }
                (Fate::Stays | Fate::Moves, Some(over)) => {
                    if !tables::take_in(tx, &over).await? {
                        return Err(raced().into());
                    }
                    None
                }
                (_, None) | (Fate::Goes, _) => None,
            };
            turns.push(Turn { session, user, was, becomes });
        }
        if turns.is_empty() {
            return Ok(());
        }
        let outcome = place.replace(&turns, &self.lists).await;
        // Where there was no answer it may have been done.
        if !matches!(outcome, Ok(false)) {
            self.settled.put(turns);
        }
        if outcome? { Ok(()) } else { Err(raced().into()) }
    }
}
