//! Changes of sessions, wherever they are.

use gravity_core::Timestamp;
use gravity_core::db::Tx;

use super::super::SqlStore;
use super::tables;
use super::work::Work;
use crate::domain::{EndReason, Method, Session, SessionId, UserId};
use crate::store::sessions::surplus;
use crate::store::{Refused, Rotate, Rotation, Trail};

impl Work<'_> {
    /// Whoever calls holds the user's row.
    pub(in super::super) async fn start(
        &mut self,
        tx: &mut Tx<'_>,
        session: &Session,
        most: u32,
    ) -> Result<(), Refused> {
        if self.is_in_tables() {
            return tables::start(tx, session, most).await;
        }
        let (user, at) = (session.user, session.created_at);
        self.read_all(tx, user).await?;
        self.move_over(user, at);
        self.add(session);
        let mut live = tables::live(tx, user, at).await?;
        live.extend(self.live(user, at).map(|session| (session.created_at, session.id)));
        for id in surplus(live, most) {
            self.end(tx, user, id, EndReason::TooMany, at).await?;
        }
        Ok(())
    }

    pub(in super::super) async fn bind(
        &mut self,
        tx: &mut Tx<'_>,
        user: UserId,
        session: SessionId,
        key: &str,
        at: Timestamp,
    ) -> Result<(), Refused> {
        match self.held(tx, session).await? {
            Some(session) => session.of(user, at)?.bind(key),
            None => tables::bind(tx, user, session, key, at).await,
        }
    }

    pub(in super::super) async fn prove(
        &mut self,
        tx: &mut Tx<'_>,
        user: UserId,
        session: SessionId,
        methods: &[Method],
        at: Timestamp,
    ) -> Result<(), Refused> {
        match self.held(tx, session).await? {
            Some(session) => {
                session.of(user, at)?.prove(methods, at);
                Ok(())
            }
            None => tables::prove(tx, user, session, methods, at).await,
        }
    }

    pub(in super::super) async fn name(
        &mut self,
        tx: &mut Tx<'_>,
        user: UserId,
        session: SessionId,
        name: Option<&str>,
        at: Timestamp,
    ) -> Result<(), Refused> {
        match self.held(tx, session).await? {
            Some(session) => {
                session.of(user, at)?.client.name = name.map(str::to_owned);
                Ok(())
            }
            None => tables::name(tx, user, session, name, at).await,
        }
    }

    pub(in super::super) async fn end(
        &mut self,
        tx: &mut Tx<'_>,
        user: UserId,
        session: SessionId,
        reason: EndReason,
        at: Timestamp,
    ) -> Result<(), Refused> {
        match self.held(tx, session).await? {
            Some(session) => {
                session.of(user, at)?.end(reason, at);
                Ok(())
            }
            None => tables::end(tx, user, session, reason, at).await,
        }
    }

    pub(in super::super) async fn end_all(
        &mut self,
        tx: &mut Tx<'_>,
        user: UserId,
        keep: Option<SessionId>,
        reason: EndReason,
        at: Timestamp,
    ) -> Result<(), Refused> {
        self.read_all(tx, user).await?;
        for session in self.live(user, at).filter(|session| Some(session.id) != keep) {
            session.end(reason, at);
        }
        tables::end_all(tx, user, keep, reason, at).await
    }

    /// Forgets the sessions of a user whose row is gone, and with it what the tables had.
    pub(in super::super) async fn forget(&mut self, tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
        self.read_all(tx, user).await?;
        self.drop_all(user);
        Ok(())
    }

    pub(in super::super) async fn rotate(
        &mut self,
        tx: &mut Tx<'_>,
        store: &SqlStore,
        rotate: &Rotate,
        done: &Trail,
        reused: &Trail,
    ) -> Result<Rotation, Refused> {
        let rotation = match self.held(tx, rotate.session).await? {
            Some(session) => rotate.turn(session),
            None => tables::rotate(tx, rotate).await?,
        };
        match rotation {
            Rotation::Done(_) => store.write(tx, done).await?,
            Rotation::Reused(_) => store.write(tx, reused).await?,
            Rotation::Again(_) | Rotation::Dead => {}
        }
        Ok(rotation)
    }
}
