//! Accounts at providers elsewhere.

use async_trait::async_trait;
use gravity_core::db::{Migration, Migrations, Tx};
use gravity_core::{Error, Timestamp};

use super::apply::one_row;
use super::rows::parse;
use super::{SqlStore, users, ways_in};
use crate::domain::{EmailAddress, LinkedAccount, LinkedAccountId, UserId};
use crate::store::{AccountChange, AccountStore, Refused, WaysIn};

impl SqlStore {
    /// The steps of the tables of accounts at providers elsewhere, which follow [`MIGRATIONS`](Self::MIGRATIONS).
    pub const ACCOUNT_MIGRATIONS: Migrations = Migrations::new(
        "auth_accounts",
        &[
            Migration::new(
                1,
                "accounts elsewhere, what was spent",
                include_str!("../../../migrations/accounts/sqlite/0001_accounts.sql"),
                include_str!("../../../migrations/accounts/postgres/0001_accounts.sql"),
            ),
            Migration::new(
                2,
                "sessions that are bound to a key",
                include_str!("../../../migrations/accounts/sqlite/0002_bound_sessions.sql"),
                include_str!("../../../migrations/accounts/postgres/0002_bound_sessions.sql"),
            ),
        ],
    );
}

const COLUMNS: &str = "id, user_id, provider, issuer, subject, email, created_at, used_at";

type AccountRow = (LinkedAccountId, UserId, String, String, String, Option<String>, Timestamp, Timestamp);

fn account(row: AccountRow) -> Result<LinkedAccount, Error> {
    let (id, user, provider, issuer, subject, email, created_at, used_at) = row;
    let email = email.as_deref().map(parse).transpose()?;
    Ok(LinkedAccount { id, user, provider, issuer, subject, email, created_at, used_at })
}

pub(super) async fn change(tx: &mut Tx<'_>, change: &AccountChange) -> Result<(), Refused> {
    match change {
        AccountChange::Link(account) => link(tx, account).await,
        AccountChange::Use { user, account, email, at } => {
            let query = tx
                .query("UPDATE auth_accounts SET email = $3, used_at = $4 WHERE id = $1 AND user_id = $2")
                .bind(*account)
                .bind(*user)
                .bind(email.as_ref().map(EmailAddress::as_str))
                .bind(*at);
            one_row(query).await
        }
        AccountChange::Unlink { user, account, ways } => unlink(tx, *user, *account, ways).await,
    }
}

async fn link(tx: &mut Tx<'_>, account: &LinkedAccount) -> Result<(), Refused> {
    users::lock_active(tx, account.user, None).await?;
    let query = tx
        .query(
            "INSERT INTO auth_accounts (id, user_id, provider, issuer, subject, email, created_at, used_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        )
        .bind(account.id)
        .bind(account.user)
        .bind(account.provider.as_str())
        .bind(account.issuer.as_str())
        .bind(account.subject.as_str())
        .bind(account.email.as_ref().map(EmailAddress::as_str))
        .bind(account.created_at)
        .bind(account.used_at);
    if query.execute().await? == 1 { Ok(()) } else { Err(Refused::AccountTaken) }
}

async fn unlink(
    tx: &mut Tx<'_>,
    user: UserId,
    account: LinkedAccountId,
    ways: &WaysIn,
) -> Result<(), Refused> {
    users::lock(tx, user).await?;
    let query = tx.query("DELETE FROM auth_accounts WHERE id = $1 AND user_id = $2").bind(account).bind(user);
    one_row(query).await?;
    ways_in::one_is_left(tx, user, ways).await
}

const SPEND: &str = "INSERT INTO auth_spent (mark, until) VALUES ($1, $2) ON CONFLICT (mark) DO NOTHING";

pub(super) async fn spend(tx: &mut Tx<'_>, mark: &str, until: Timestamp) -> Result<(), Refused> {
    one_row(tx.query(SPEND).bind(mark).bind(until)).await
}

impl SqlStore {
    /// Forgets what is good for nothing any more; how many.
    pub(super) async fn sweep_spent(&self, now: Timestamp, limit: u32) -> Result<u64, Error> {
        let sql =
            "DELETE FROM auth_spent WHERE mark IN (SELECT mark FROM auth_spent WHERE until <= $1 LIMIT $2)";
        Ok(self.db.query(sql).bind(now).bind(i64::from(limit)).execute().await?)
    }
}

#[async_trait]
impl AccountStore for SqlStore {
    async fn account(
        &self,
        provider: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<LinkedAccount>, Error> {
        let query = self.db.query("SELECT ").push(COLUMNS).push(" FROM auth_accounts WHERE provider = ");
        let query = query.push_bind(provider).push(" AND issuer = ").push_bind(issuer);
        let query = query.push(" AND subject = ").push_bind(subject);
        let row: Option<AccountRow> = query.fetch_optional().await?;
        row.map(account).transpose()
    }

    async fn accounts(&self, user: UserId) -> Result<Vec<LinkedAccount>, Error> {
        let query = self.db.query("SELECT ").push(COLUMNS).push(" FROM auth_accounts WHERE user_id = ");
        let query = query.push_bind(user).push(" ORDER BY created_at, id");
        let rows: Vec<AccountRow> = query.fetch_all().await?;
        rows.into_iter().map(account).collect()
    }

    async fn spend(&self, mark: &str, until: Timestamp) -> Result<bool, Error> {
        Ok(self.db.query(SPEND).bind(mark).bind(until).execute().await? == 1)
    }
}
