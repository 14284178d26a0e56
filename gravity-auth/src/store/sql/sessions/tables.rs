//! Sessions in the tables: those that live there, and all that are over.

use gravity_core::Timestamp;
use gravity_core::db::{Json, Tx};

use super::super::apply::{for_update, one_row};
use super::super::rows::{self, SessionRow};
use crate::domain::{Client, EndReason, Ended, Method, Session, SessionId, UserId};
use crate::store::{Refused, Rotate, Rotation};

pub(super) const COLUMNS: &str = "id, user_id, seed, generation, refreshed_at, methods, client, proved_at, created_at, \
                                  idle_until, expires_at, ended_at, end_reason, bound_to";

/// More than anybody has.
const ALL: i64 = 1 << 31;

pub(super) async fn start(tx: &mut Tx<'_>, session: &Session, most: u32) -> Result<(), Refused> {
    if !take_in(tx, session).await? {
        return Err(Refused::Stale);
    }
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

pub(super) async fn prove(
    tx: &mut Tx<'_>,
    user: UserId,
    session: SessionId,
    methods: &[Method],
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_sessions SET methods = $3, proved_at = $4 \
             WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND idle_until > $4 AND expires_at > $4",
        )
        .bind(session)
        .bind(user)
        .bind(Json(methods))
        .bind(at);
    one_row(query).await
}

pub(super) async fn rotate(tx: &mut Tx<'_>, rotate: &Rotate) -> Result<Rotation, Refused> {
    let Some(mut session) = locked(tx, rotate.session).await? else { return Ok(Rotation::Dead) };
    let rotation = rotate.turn(&mut session);
    match (&rotation, session.ended) {
        (Rotation::Done(_), _) => {
            let query = tx
                .query("UPDATE auth_sessions SET generation = $2, refreshed_at = $3, idle_until = $4, client = $5 WHERE id = $1")
                .bind(session.id)
                .bind(i64::from(session.generation))
                .bind(session.refreshed_at)
                .bind(session.idle_until)
                .bind(Json(&session.client));
            one_row(query).await?;
        }
        (Rotation::Reused(_), Some(Ended { at, reason })) => {
            end(tx, session.user, session.id, reason, at).await?;
        }
        _ => {}
    }
    Ok(rotation)
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

/// The user's live sessions here, and when they began.
pub(super) async fn live(
    tx: &mut Tx<'_>,
    user: UserId,
    at: Timestamp,
) -> Result<Vec<(Timestamp, SessionId)>, Refused> {
    let query = tx
        .query(
            "SELECT created_at, id FROM auth_sessions \
             WHERE user_id = $1 AND ended_at IS NULL AND idle_until > $2 AND expires_at > $2",
        )
        .bind(user)
        .bind(at);
    Ok(query.fetch_all().await?)
}

/// Which of these are here, live or not.
pub(super) async fn among(tx: &mut Tx<'_>, sessions: &[SessionId]) -> Result<Vec<SessionId>, Refused> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let query = tx.query("SELECT id FROM auth_sessions WHERE ").push_in("id", sessions.iter().copied());
    Ok(query.fetch_all_scalars().await?)
}

/// Takes a session in, unless it is here already.
pub(super) async fn take_in(tx: &mut Tx<'_>, session: &Session) -> Result<bool, Refused> {
    let query = tx
        .query(
            "INSERT INTO auth_sessions (id, user_id, seed, generation, refreshed_at, methods, client, created_at, \
             idle_until, expires_at, proved_at, bound_to, ended_at, end_reason) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING",
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
        .bind(session.ended.map(|ended| ended.at))
        .bind(session.ended.map(|ended| ended.reason.as_str()));
    Ok(query.execute().await? == 1)
}
