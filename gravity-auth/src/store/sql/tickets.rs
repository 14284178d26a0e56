//! Changes of tickets.

use gravity_core::Timestamp;
use gravity_core::db::{Json, Tx};
use gravity_core::security::mac::Mac;

use super::apply::{for_update, one_row};
use super::rows;
use crate::domain::{Purpose, Ticket, TicketId, UserId};
use crate::store::Refused;

pub(super) const COLUMNS: &str =
    "id, purpose, user_id, email, mac, guesses_left, data, created_at, expires_at";

pub(super) async fn issue(tx: &mut Tx<'_>, ticket: &Ticket) -> Result<(), Refused> {
    tx.query("DELETE FROM auth_tickets WHERE user_id = $1 AND purpose = $2")
        .bind(ticket.user)
        .bind(ticket.purpose.as_str())
        .execute()
        .await?;
    tx.query(
        "INSERT INTO auth_tickets (id, purpose, user_id, email, mac, guesses_left, data, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(ticket.id)
    .bind(ticket.purpose.as_str())
    .bind(ticket.user)
    .bind(ticket.email.as_str())
    .bind(ticket.mac.to_string())
    .bind(i64::from(ticket.guesses_left))
    .bind(Json(&ticket.data))
    .bind(ticket.created_at)
    .bind(ticket.expires_at)
    .execute()
    .await?;
    Ok(())
}

pub(super) async fn redeem(
    tx: &mut Tx<'_>,
    ticket: TicketId,
    purpose: Purpose,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query("DELETE FROM auth_tickets WHERE id = $1 AND purpose = $2 AND expires_at > $3")
        .bind(ticket)
        .bind(purpose.as_str())
        .bind(at);
    one_row(query).await
}

pub(super) async fn void_all(tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
    tx.query("DELETE FROM auth_tickets WHERE user_id = $1").bind(user).execute().await?;
    Ok(())
}

pub(super) async fn void_by_password(tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
    let void = Purpose::VOID_BY_PASSWORD.map(Purpose::as_str);
    tx.query("DELETE FROM auth_tickets WHERE user_id = $1 AND ")
        .bind(user)
        .push_in("purpose", &void)
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn guess(
    tx: &mut Tx<'_>,
    purpose: Purpose,
    user: UserId,
    macs: &[Mac],
    now: Timestamp,
) -> Result<Option<Ticket>, Refused> {
    let lock = for_update(tx.engine());
    let query = tx
        .query("SELECT id, mac, guesses_left FROM auth_tickets WHERE user_id = ")
        .push_bind(user)
        .push(" AND purpose = ")
        .push_bind(purpose.as_str())
        .push(" AND expires_at > ")
        .push_bind(now)
        .push(lock);
    let row: Option<(TicketId, String, i64)> = query.fetch_optional().await?;
    if let Some((id, mac, _)) = &row
        && macs.contains(&rows::parse(mac)?)
    {
        let query = tx.query("SELECT ").push(COLUMNS).push(" FROM auth_tickets WHERE id = ").push_bind(*id);
        return Ok(Some(rows::ticket(query.fetch_one().await?)?));
    }
    // Where there is no ticket the same statement finds nothing, in the same time.
    let (id, left) = row.map_or((user.uuid(), 1), |(id, _, left)| (id.uuid(), left - 1));
    let query = if left > 0 {
        tx.query("UPDATE auth_tickets SET guesses_left = $2 WHERE id = $1").bind(id).bind(left)
    } else {
        tx.query("DELETE FROM auth_tickets WHERE id = $1").bind(id)
    };
    query.execute().await?;
    Ok(None)
}
