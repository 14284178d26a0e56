//! Changes of users.

use gravity_core::db::Tx;
use gravity_core::{SecretString, Timestamp};

use super::apply::{for_update, one_row};
use super::people;
use super::rows::{self, USER, UserRow};
use crate::domain::{EmailAddress, EndReason, PersonName, RoleName, User, UserId, UserName, UserStatus};
use crate::store::Refused;

/// The accounts of programs: what [`User::is_service_account`] says.
pub(super) const SERVICE_ACCOUNTS: &str = "email_key LIKE '%@service-account.invalid'";

/// Those who may sign in and do everything. Nobody signs in to a program's account, to make another.
pub(super) const SUPER_ADMINS: &str =
    "role = 'super_admin' AND status = 'active' AND email_key NOT LIKE '%@service-account.invalid'";

pub(super) async fn add(
    tx: &mut Tx<'_>,
    user: &User,
    password: Option<&SecretString>,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "INSERT INTO auth_users (id, email, email_key, email_verified_at, user_name, user_name_key, first_name, \
             last_name, role, status, password, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(user.id)
        .bind(user.email.as_str())
        .bind(user.email.key())
        .bind(user.email_verified_at)
        .bind(user.user_name.as_ref().map(UserName::as_str))
        .bind(user.user_name.as_ref().map(UserName::key))
        .bind(user.first_name.as_ref().map(PersonName::as_str))
        .bind(user.last_name.as_ref().map(PersonName::as_str))
        .bind(user.role.as_str())
        .bind(user.status.as_str())
        .bind(password.map(SecretString::expose))
        .bind(user.created_at)
        .bind(user.updated_at);
    match query.execute().await {
        Err(error) if error.is_unique_violation_on("auth_users", &["id"]) => return Err(Refused::Stale),
        outcome => outcome?,
    };
    people::add(tx, user).await
}

pub(super) async fn find(tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, Refused> {
    let query = tx.query("SELECT ").push(USER).push(" FROM auth_users WHERE id = ").push_bind(id);
    let row: Option<UserRow> = query.fetch_optional().await?;
    Ok(row.map(rows::user).transpose()?.map(|(user, _)| user))
}

pub(super) async fn rename(
    tx: &mut Tx<'_>,
    user: UserId,
    user_name: Option<&UserName>,
    first_name: Option<&PersonName>,
    last_name: Option<&PersonName>,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_users SET user_name = $2, user_name_key = $3, first_name = $4, last_name = $5, updated_at = $6 \
             WHERE id = $1 AND status <> 'deleted'",
        )
        .bind(user)
        .bind(user_name.map(UserName::as_str))
        .bind(user_name.map(UserName::key))
        .bind(first_name.map(PersonName::as_str))
        .bind(last_name.map(PersonName::as_str))
        .bind(at);
    one_row(query).await?;
    people::index(tx, user).await
}

pub(super) async fn verify_email(
    tx: &mut Tx<'_>,
    user: UserId,
    email: &EmailAddress,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_users SET email_verified_at = coalesce(email_verified_at, $3), updated_at = $3 \
             WHERE id = $1 AND email_key = $2 AND status <> 'deleted'",
        )
        .bind(user)
        .bind(email.key())
        .bind(at);
    one_row(query).await
}

pub(super) async fn change_email(
    tx: &mut Tx<'_>,
    user: UserId,
    from: &EmailAddress,
    to: &EmailAddress,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_users SET email = $3, email_key = $4, email_verified_at = $5, updated_at = $5 \
             WHERE id = $1 AND email_key = $2 AND status <> 'deleted'",
        )
        .bind(user)
        .bind(from.key())
        .bind(to.as_str())
        .bind(to.key())
        .bind(at);
    one_row(query).await?;
    people::index(tx, user).await
}

/// Holds the rows of all active super admins until the transaction ends, and says whether there are any. Of two who
/// dismiss each other, one comes first.
async fn super_admins(tx: &mut Tx<'_>) -> Result<bool, Refused> {
    let lock = for_update(tx.engine());
    let query =
        tx.query("SELECT id FROM auth_users WHERE ").push(SUPER_ADMINS).push(" ORDER BY id").push(lock);
    let found: Vec<UserId> = query.fetch_all_scalars().await?;
    Ok(!found.is_empty())
}

/// Refuses a change that has taken away the last super admin.
async fn check_super_admins(tx: &mut Tx<'_>, there_were: bool) -> Result<(), Refused> {
    if there_were && !super_admins(tx).await? { Err(Refused::LastAdmin) } else { Ok(()) }
}

pub(super) async fn set_role(
    tx: &mut Tx<'_>,
    user: UserId,
    from: &RoleName,
    to: &RoleName,
    at: Timestamp,
) -> Result<(), Refused> {
    let there_were = super_admins(tx).await?;
    let query = tx
        .query(
            "UPDATE auth_users SET role = $3, updated_at = $4 WHERE id = $1 AND role = $2 AND status <> 'deleted'",
        )
        .bind(user)
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(at);
    one_row(query).await?;
    check_super_admins(tx, there_were).await
}

/// Why the sessions of the user end, if they do.
pub(super) async fn set_status(
    tx: &mut Tx<'_>,
    user: UserId,
    to: UserStatus,
    at: Timestamp,
) -> Result<Option<EndReason>, Refused> {
    let there_were = super_admins(tx).await?;
    let lock = for_update(tx.engine());
    let query = tx
        .query("SELECT status FROM auth_users WHERE id = $1 AND status NOT IN ($2, 'deleted')")
        .bind(user)
        .bind(to.as_str());
    let from: Option<String> = query.push(lock).fetch_optional_scalar().await?;
    let from = from.ok_or(Refused::Stale)?;
    let query = tx.query("UPDATE auth_users SET status = $2, updated_at = $3 WHERE id = $1");
    one_row(query.bind(user).bind(to.as_str()).bind(at)).await?;
    check_super_admins(tx, there_were).await?;
    if to == UserStatus::Deleted {
        people::mark_deleted(tx, user, &from, at).await?;
    }
    Ok(match to {
        UserStatus::Active => None,
        UserStatus::Suspended => Some(EndReason::Suspended),
        UserStatus::Deleted => Some(EndReason::Deleted),
    })
}

pub(super) async fn set_password(
    tx: &mut Tx<'_>,
    user: UserId,
    from: Option<&SecretString>,
    to: Option<&SecretString>,
    at: Timestamp,
) -> Result<(), Refused> {
    let mut query = tx
        .query("UPDATE auth_users SET password = $2, updated_at = $3 WHERE id = $1 AND status = 'active'")
        .bind(user)
        .bind(to.map(SecretString::expose))
        .bind(at);
    if let Some(from) = from {
        query = query.push(" AND password = ").push_bind(from.expose());
    }
    one_row(query).await
}

pub(super) async fn rehash(
    tx: &mut Tx<'_>,
    user: UserId,
    from: &SecretString,
    to: &SecretString,
) -> Result<(), Refused> {
    let query = tx
        .query("UPDATE auth_users SET password = $3 WHERE id = $1 AND password = $2 AND status <> 'deleted'")
        .bind(user)
        .bind(from.expose())
        .bind(to.expose());
    one_row(query).await
}

/// Holds the user's row until the transaction ends, if they are active and have this password. Whoever suspends
/// them, or changes the password, so comes before or after all that follows, and never in between.
pub(super) async fn lock_active(
    tx: &mut Tx<'_>,
    user: UserId,
    password: Option<&SecretString>,
) -> Result<(), Refused> {
    let lock = for_update(tx.engine());
    let mut query = tx.query("SELECT id FROM auth_users WHERE id = $1 AND status = 'active'").bind(user);
    if let Some(password) = password {
        query = query.push(" AND password = ").push_bind(password.expose());
    }
    let found: Option<UserId> = query.push(lock).fetch_optional_scalar().await?;
    found.map(drop).ok_or(Refused::Stale)
}
