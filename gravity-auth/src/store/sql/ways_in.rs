//! What lets people in.

use gravity_core::db::Tx;

use crate::domain::UserId;
use crate::store::{Refused, WaysIn};

/// Whether the user still has a way in. Whoever calls holds the user's row and has taken one away.
pub(super) async fn one_is_left(tx: &mut Tx<'_>, user: UserId, ways: &WaysIn) -> Result<(), Refused> {
    let query = tx
        .query(
            "SELECT count(*) FROM auth_users WHERE id = $1 AND (password IS NOT NULL \
             OR ($2 AND EXISTS (SELECT 1 FROM auth_passkeys WHERE user_id = $1)) \
             OR EXISTS (SELECT 1 FROM auth_accounts WHERE user_id = $1 AND ",
        )
        .bind(user)
        .bind(ways.passkeys)
        .push_in("provider", ways.providers.iter().map(String::as_str))
        .push("))");
    if query.fetch_scalar::<i64>().await? == 1 { Ok(()) } else { Err(Refused::LastWayIn) }
}
