//! Changes of sessions.

use gravity_core::Timestamp;
use gravity_core::db::{Json, Tx};

use super::SqlStore;
use super::apply::{for_update, one_row};
use super::rows::{self, SessionRow};
use crate::domain::{Client, EndReason, Ended, Session, SessionId, UserId};
use crate::store::{Refused, Rotate, Rotation, Trail};

pub(super) const COLUMNS: &str = "id, user_id, seed, generation, refreshed_at, methods, client, proved_at, created_at, \
                                  idle_until, expires_at, ended_at, end_reason, bound_to";

/// More than anybody has.
const ALL: i64 = 1 << 31;

pub(super) async fn start(tx: &mut Tx<'_>, session: &Session, most: u32) -> Result<(), Refused> {
    tx.query(
        "INSERT INTO auth_sessions (id, user_id, seed, generation, refreshed_at, methods, client, created_at, \
         idle_until, expires_at, proved_at, bound_to) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(session.id)
    .bind(session.user)
    .bind(session.seed.expose().as_slice())
    .bind(i64::from(session.generation))
    .bind(session.refreshed_at)
    .bind(Json(&session.methods))
    .bind(Json(&session.client))
    .bind(session.created_at)
    .bind(session.idle_until)
    .bind(session.expires_at)
    .bind(session.proved_at)
    .bind(session.bound_to.as_deref())
    .execute()
    .await?;
    tx.query(
        "UPDATE auth_sessions SET ended_at = $2, end_reason = $3 WHERE id IN (SELECT id FROM auth_sessions \
         WHERE user_id = $1 AND ended_at IS NULL AND idle_until > $2 AND expires_at > $2 \
         ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5)",
    )
    .bind(session.user)
    .bind(session.created_at)
    .bind(EndReason::TooMany.as_str())
    .bind(ALL)
    .bind(i64::from(most))
    .execute()
    .await?;
    Ok(())
}

pub(super) async fn bind(
    tx: &mut Tx<'_>,
    user: UserId,
    session: SessionId,
    key: &str,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_sessions SET bound_to = $3 WHERE id = $1 AND user_id = $2 AND bound_to IS NULL \
             AND ended_at IS NULL AND idle_until > $4 AND expires_at > $4",
        )
        .bind(session)
        .bind(user)
        .bind(key)
        .bind(at);
    one_row(query).await
}

pub(super) async fn end(
    tx: &mut Tx<'_>,
    user: UserId,
    session: SessionId,
    reason: EndReason,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_sessions SET ended_at = $3, end_reason = $4 \
             WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND idle_until > $3 AND expires_at > $3",
        )
        .bind(session)
        .bind(user)
        .bind(at)
        .bind(reason.as_str());
    one_row(query).await
}

pub(super) async fn end_all(
    tx: &mut Tx<'_>,
    user: UserId,
    keep: Option<SessionId>,
    reason: EndReason,
    at: Timestamp,
) -> Result<(), Refused> {
    let mut query = tx
        .query(
            "UPDATE auth_sessions SET ended_at = $2, end_reason = $3 \
             WHERE user_id = $1 AND ended_at IS NULL AND idle_until > $2 AND expires_at > $2",
        )
        .bind(user)
        .bind(at)
        .bind(reason.as_str());
    if let Some(keep) = keep {
        query = query.push(" AND id <> ").push_bind(keep);
    }
    query.execute().await?;
    Ok(())
}

pub(super) async fn name(
    tx: &mut Tx<'_>,
    user: UserId,
    session: SessionId,
    name: Option<&str>,
    at: Timestamp,
) -> Result<(), Refused> {
    let found = locked(tx, session).await?.filter(|found| found.user == user && found.is_live(at));
    let client = Client { name: name.map(str::to_owned), ..found.ok_or(Refused::Stale)?.client };
    one_row(tx.query("UPDATE auth_sessions SET client = $2 WHERE id = $1").bind(session).bind(Json(&client)))
        .await
}

pub(super) async fn rotate(
    tx: &mut Tx<'_>,
    store: &SqlStore,
    rotate: &Rotate,
    done: &Trail,
    reused: &Trail,
) -> Result<Rotation, Refused> {
    let Some(mut session) = locked(tx, rotate.session).await?.filter(|session| session.is_live(rotate.now))
    else {
        return Ok(Rotation::Dead);
    };
    match session.generation.checked_sub(rotate.generation) {
        Some(0) => {
            session.generation += 1;
            session.refreshed_at = rotate.now;
            session.idle_until = rotate.idle_until.min(session.expires_at);
            session.client = Client { name: session.client.name.take(), ..rotate.client.clone() };
            let query = tx
                .query("UPDATE auth_sessions SET generation = $2, refreshed_at = $3, idle_until = $4, client = $5 WHERE id = $1")
                .bind(session.id)
                .bind(i64::from(session.generation))
                .bind(session.refreshed_at)
                .bind(session.idle_until)
                .bind(Json(&session.client));
            one_row(query).await?;
            store.write(tx, done).await?;
            Ok(Rotation::Done(session))
        }
        Some(1) if rotate.is_in_grace(session.refreshed_at) => Ok(Rotation::Again(session)),
        Some(_) => {
            let (at, reason) = (rotate.now, EndReason::TokenReused);
            end(tx, session.user, session.id, reason, at).await?;
            store.write(tx, reused).await?;
            session.ended = Some(Ended { at, reason });
            Ok(Rotation::Reused(session))
        }
        None => Ok(Rotation::Dead),
    }
}

/// The session, held until the transaction ends.
async fn locked(tx: &mut Tx<'_>, session: SessionId) -> Result<Option<Session>, Refused> {
    let lock = for_update(tx.engine());
    let query = tx
        .query("SELECT ")
        .push(COLUMNS)
        .push(" FROM auth_sessions WHERE id = ")
        .push_bind(session)
        .push(lock);
    let row: Option<SessionRow> = query.fetch_optional().await?;
    Ok(row.map(rows::session).transpose()?)
}
