//! What is read of sessions, wherever they are, and refreshing them without a transaction.

use std::collections::BTreeMap;

use gravity_core::page::{PageRows, Position};
use gravity_core::{Error, Timestamp};

use super::super::SqlStore;
use super::super::rows::{self, SessionRow};
use super::place::Turn;
use super::tables::COLUMNS;
use super::work::raced;
use crate::domain::{Session, SessionId, UserId};
use crate::store::{Rotate, Rotation, SESSIONS, session_place};

impl SqlStore {
    /// The session, live or not. What the tables say of it holds.
    pub(in super::super) async fn read_session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        // Before the tables, where it goes when it is over.
        let kept = match self.place() {
            Some(place) => place.read(id).await?,
            None => None,
        };
        let row = self.in_tables(id).await?;
        Ok(row.or_else(|| kept.and_then(|kept| kept.session)))
    }

    async fn in_tables(&self, id: SessionId) -> Result<Option<Session>, Error> {
        let query =
            self.db.query("SELECT ").push(COLUMNS).push(" FROM auth_sessions WHERE id = ").push_bind(id);
        let row: Option<SessionRow> = query.fetch_optional().await?;
        row.map(rows::session).transpose()
    }

    /// The user's live sessions, page by page.
    pub(in super::super) async fn read_sessions(
        &self,
        user: UserId,
        now: Timestamp,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Session>, Error> {
        let Some(place) = self.place() else {
            let query = self.db.query("SELECT ").push(COLUMNS).push(" FROM auth_sessions WHERE user_id = ");
            let query = query.push_bind(user).push(" AND ended_at IS NULL AND idle_until > ").push_bind(now);
            let query = query.push(" AND expires_at > ").push_bind(now).push_page(&SESSIONS, from, limit);
            let rows: Vec<SessionRow> = query.fetch_all().await?;
            let sessions = rows.into_iter().map(rows::session).collect::<Result<Vec<_>, _>>()?;
            return Ok(SESSIONS.cut(sessions, from, limit, session_place));
        };
        // Nobody has so many that they could not be read at once.
        let kept = place.of(user).await?.into_iter().filter_map(|(_, kept)| kept);
        let kept = kept.filter_map(|kept| kept.session).filter(|session| session.user == user);
        let kept: Vec<Session> = kept.collect();
        let query = self.db.query("SELECT ").push(COLUMNS).push(" FROM auth_sessions WHERE user_id = ");
        let query = query.push_bind(user).push(" AND (ended_at IS NULL AND idle_until > ").push_bind(now);
        let query = query.push(" AND expires_at > ").push_bind(now).push(" OR ");
        let query = query.push_in("id", kept.iter().map(|session| session.id)).push(")");
        let rows: Vec<SessionRow> = query.fetch_all().await?;
        let mut sessions: BTreeMap<SessionId, Session> =
            kept.into_iter().map(|session| (session.id, session)).collect();
        for row in rows {
            let session = rows::session(row)?;
            sessions.insert(session.id, session);
        }
        let live = sessions.into_values().filter(|session| session.is_live(now));
        Ok(SESSIONS.pick(live, from, limit, session_place)?)
    }

    /// Refreshes a session that is not in the tables, if nothing is to be written there.
    pub(in super::super) async fn rotate_beside(&self, rotate: &Rotate) -> Result<Option<Rotation>, Error> {
        let Some(place) = self.place() else { return Ok(None) };
        let Some(kept) = place.read(rotate.session).await? else { return Ok(None) };
        if self.in_tables(rotate.session).await?.is_some() {
            return Ok(None);
        }
        let Some(mut next) = kept.session.clone() else { return Ok(None) };
        let rotation = rotate.turn(&mut next);
        match rotation {
            Rotation::Done(_) => {
                let (session, user) = (next.id, next.user);
                let turn = Turn { session, user, was: Some(kept), becomes: Some(place.keep(next)?) };
                let is_done = place.replace(&[turn], &BTreeMap::new()).await?;
                if is_done { Ok(Some(rotation)) } else { Err(raced()) }
            }
            Rotation::Again(_) | Rotation::Dead => Ok(Some(rotation)),
            Rotation::Reused(_) => Ok(None),
        }
    }
}
