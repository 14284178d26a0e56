//! Where users, sessions and tickets are kept: the contract, and the stores that come with the crate.

mod accounts;
mod api_keys;
mod change;
mod factors;
mod memory;
mod orgs;
mod passkeys;
mod people;
mod refused;
mod roles;
mod rotation;
mod sessions;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod trail;
mod ways_in;

pub use accounts::{AccountChange, AccountStore};
pub use api_keys::{API_KEYS, ApiKeyStore, KeyChange, api_key_place};
pub use change::Change;
pub use factors::FactorStore;
pub use memory::MemoryStore;
pub use orgs::{MEMBERS, OrgChange, OrgStore, member_place};
pub use passkeys::{PasskeyChange, PasskeyStore};
pub use people::{
    ACTIVITIES, FOLLOWS, PEOPLE, PeopleFilter, PeopleStore, Side, activity_place, follow_place, person_place,
};
pub use refused::Refused;
pub use roles::{RoleChange, RoleStore};
pub use rotation::{Rotate, Rotation};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlStore;
pub use trail::Trail;
pub use ways_in::WaysIn;

use async_trait::async_trait;
use gravity_core::page::{KeyColumn, KeyKind, KeyValue, Keyset, PageRows, Position};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, SecretString, Timestamp};

use crate::domain::{EmailAddress, Purpose, Session, SessionId, Ticket, User, UserId, UserName};

/// The steps of all tables of this crate, for those who run migrations by other means than opening an
/// [`Auth`](crate::Auth).
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub const MIGRATIONS: [gravity_core::db::Migrations; 7] = [
    SqlStore::MIGRATIONS,
    SqlStore::FACTOR_MIGRATIONS,
    SqlStore::PASSKEY_MIGRATIONS,
    SqlStore::PEOPLE_MIGRATIONS,
    SqlStore::ACCOUNT_MIGRATIONS,
    SqlStore::ORG_MIGRATIONS,
    crate::jwt::SqlKeyStore::MIGRATIONS,
];

/// Keeps users, sessions and tickets.
///
/// Everything that happens goes through [`apply`](Self::apply) and [`rotate`](Self::rotate), which are atomic and
/// write what is told of it in the same transaction; the rest reads. What has been applied is seen by every read that
/// begins afterwards. Whoever writes a store of their own runs the suite `testing::store` on it.
#[async_trait]
pub trait AuthStore:
    AccountStore + FactorStore + PasskeyStore + PeopleStore + ApiKeyStore + RoleStore + OrgStore
{
    /// Makes changes in their order, all or none, and writes the trail if they are made.
    async fn apply(&self, changes: &[Change], trail: &Trail) -> Result<(), Refused>;

    /// Refreshes a session, by the rules of [`Rotate`].
    async fn rotate(&self, rotate: &Rotate, done: &Trail, reused: &Trail) -> Result<Rotation, Error>;

    /// Writes a trail without a change, such as that of an attempt that failed.
    async fn record(&self, trail: &Trail) -> Result<(), Refused>;

    /// The user, whatever their status.
    async fn user(&self, id: UserId) -> Result<Option<User>, Error>;

    /// The user with this address and the hash of their password, whatever their status.
    async fn by_email(&self, email: &EmailAddress) -> Result<Option<(User, Option<SecretString>)>, Error>;

    /// The user of this name and the hash of their password, whatever their status.
    async fn by_user_name(&self, name: &UserName) -> Result<Option<(User, Option<SecretString>)>, Error>;

    /// The hash of the user's password.
    async fn password(&self, user: UserId) -> Result<Option<SecretString>, Error>;

    /// Whether there is an active super admin who can sign in: a program's account is none.
    async fn has_super_admin(&self) -> Result<bool, Error>;

    /// The session, live or not.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, Error>;

    /// The user's live sessions in the order of [`SESSIONS`], page by page, either way.
    async fn sessions(
        &self,
        user: UserId,
        now: Timestamp,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Session>, Error>;

    /// Which sessions were ended at a time or later, and when, the earliest first; at most so many.
    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<(SessionId, Timestamp)>, Error>;

    /// The ticket of this purpose with one of these checksums, if it has not run out.
    async fn ticket(&self, purpose: Purpose, macs: &[Mac], now: Timestamp) -> Result<Option<Ticket>, Error>;

    /// The user's ticket of this purpose, if one of these checksums is its own. If none is, that counts as a wrong
    /// guess, and with the last one that it stands the ticket is gone. Of guesses that race each one counts.
    ///
    /// What is told of a wrong guess is written with it; for a user who has no ticket, or is not there, the same is
    /// done and written, so that nobody learns by the time who has one.
    async fn guess(
        &self,
        purpose: Purpose,
        user: UserId,
        macs: &[Mac],
        now: Timestamp,
        wrong: &Trail,
    ) -> Result<Option<Ticket>, Error>;

    /// Forgets tickets, invitations and marks of what was spent that have run out, and sessions and API keys that ended
    /// or ran out before a time. At most `limit` of each; how many in all.
    async fn sweep(&self, now: Timestamp, ended_before: Timestamp, limit: u32) -> Result<u64, Error>;
}

/// The order of a list of sessions: the one that began last comes first.
pub const SESSIONS: Keyset =
    Keyset::new(&[KeyColumn::desc("created_at", KeyKind::Time), KeyColumn::desc("id", KeyKind::Uuid)]);

/// Where a session stands in the order of [`SESSIONS`].
pub fn session_place(session: &Session) -> Vec<KeyValue> {
    vec![session.created_at.into(), session.id.into()]
}
