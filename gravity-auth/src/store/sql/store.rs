//! [`SqlStore`].

use std::sync::Arc;

use async_trait::async_trait;
use gravity_core::audit::{AuditLog, SqlAudit};
use gravity_core::db::{Database, Migration, Migrations, Tx};
use gravity_core::events::{EventStore as _, SqlEvents};
use gravity_core::jobs::{JobStore as _, SqlJobs};
use gravity_core::page::{PageRows, Position};
use gravity_core::security::KeyRing;
use gravity_core::security::mac::Mac;
#[cfg(feature = "redis")]
use gravity_core::security::mac::MacKeys;
use gravity_core::{Clock, Error, SecretString, Timestamp};

use super::rows::{self, TicketRow, USER, UserRow};
use super::sessions::{Place, Settled, Work, is_raced};
use super::{apply, people, tickets, users};
use crate::domain::{EmailAddress, Purpose, Session, SessionId, Ticket, User, UserId, UserName};
use crate::store::{AuthStore, Change, Refused, Rotate, Rotation, Trail};

/// Keeps everything in tables that begin with `auth_`, and what is told of it in those of [`SqlEvents`],
/// [`SqlAudit`] and [`SqlJobs`].
#[derive(Debug, Clone)]
pub struct SqlStore {
    pub(super) db: Database,
    events: SqlEvents,
    audit: AuditLog<SqlAudit>,
    jobs: SqlJobs,
    /// For what is kept in places that are less guarded.
    #[cfg(feature = "redis")]
    pub(super) macs: MacKeys,
    /// Where live sessions are, if not in the tables.
    place: Option<Arc<dyn Place>>,
}

/// How often a change is tried whose sessions others change meanwhile. Of those who are in each other's way one is
/// done in every round.
const TRIES: u32 = 100;

impl SqlStore {
    /// The steps of the schema, for those who run migrations by other means.
    pub const MIGRATIONS: Migrations = Migrations::new(
        "auth",
        &[
            Migration::new(
                1,
                "users, sessions, tickets",
                include_str!("../../../migrations/users/sqlite/0001_users_sessions_tickets.sql"),
                include_str!("../../../migrations/users/postgres/0001_users_sessions_tickets.sql"),
            ),
            Migration::new(
                2,
                "roles",
                include_str!("../../../migrations/users/sqlite/0002_roles.sql"),
                include_str!("../../../migrations/users/postgres/0002_roles.sql"),
            ),
        ],
    );

    /// The steps of the schema of profiles, follows and what people are found by, which come after
    /// [`MIGRATIONS`](Self::MIGRATIONS).
    pub const PEOPLE_MIGRATIONS: Migrations = Migrations::new(
        "auth_people",
        &[Migration::new(
            1,
            "profiles, terms, follows, activity",
            include_str!("../../../migrations/people/sqlite/0001_people.sql"),
            include_str!("../../../migrations/people/postgres/0001_people.sql"),
        )],
    );

    /// The steps of the tables of API keys and of who was given another role, which come after
    /// [`MIGRATIONS`](Self::MIGRATIONS).
    pub const ORG_MIGRATIONS: Migrations = Migrations::new(
        "auth_orgs",
        &[
            Migration::new(
                1,
                "API keys",
                include_str!("../../../migrations/orgs/sqlite/0001_api_keys.sql"),
                include_str!("../../../migrations/orgs/postgres/0001_api_keys.sql"),
            ),
            Migration::new(
                2,
                "users whose role has changed",
                include_str!("../../../migrations/orgs/sqlite/0002_reassigned.sql"),
                include_str!("../../../migrations/orgs/postgres/0002_reassigned.sql"),
            ),
            Migration::new(
                3,
                "organisations",
                include_str!("../../../migrations/orgs/sqlite/0003_organisations.sql"),
                include_str!("../../../migrations/orgs/postgres/0003_organisations.sql"),
            ),
        ],
    );

    /// A store on this database, whose tables it brings up to date, and those of events, jobs and the audit log.
    /// The log is signed with the newest of these keys.
    pub async fn new(db: Database, keys: &KeyRing, clock: Clock) -> Result<Self, Error> {
        Self::MIGRATIONS.up(&db).await?;
        Self::PEOPLE_MIGRATIONS.up(&db).await?;
        people::add_missing(&db).await?;
        Self::FACTOR_MIGRATIONS.up(&db).await?;
        Self::PASSKEY_MIGRATIONS.up(&db).await?;
        Self::ACCOUNT_MIGRATIONS.up(&db).await?;
        Self::ORG_MIGRATIONS.up(&db).await?;
        let (events, jobs) = (SqlEvents::new(&db).await?, SqlJobs::new(&db).await?);
        let audit = AuditLog::new(SqlAudit::new(&db).await?, keys, clock);
        Ok(Self {
            db,
            events,
            audit,
            jobs,
            #[cfg(feature = "redis")]
            macs: MacKeys::new(keys),
            place: None,
        })
    }

    #[cfg(feature = "redis")]
    pub(super) fn with_place(self, place: impl Place + 'static) -> Self {
        Self { place: Some(Arc::new(place)), ..self }
    }

    pub(super) fn place(&self) -> Option<&dyn Place> {
        self.place.as_deref()
    }

    /// The events that are told of changes, for an [`EventNode`](gravity_core::events::EventNode) to deliver.
    pub fn events(&self) -> &SqlEvents {
        &self.events
    }

    /// The audit log that changes are written to.
    pub fn audit(&self) -> &AuditLog<SqlAudit> {
        &self.audit
    }

    /// The jobs that changes ask for.
    pub fn jobs(&self) -> &SqlJobs {
        &self.jobs
    }

    /// Writes a trail beside the change that it tells of.
    pub(super) async fn write(&self, tx: &mut Tx<'_>, trail: &Trail) -> Result<(), Refused> {
        // Jobs come first: they may refuse.
        let enqueued = self.jobs.enqueue(tx, &trail.jobs).await.map_err(Error::from)?;
        if enqueued.iter().any(|job| !job.is_new) {
            return Err(Refused::Stale);
        }
        self.events.append(tx, &trail.events).await.map_err(Error::from)?;
        for entry in &trail.audit {
            self.audit.record_in(tx, entry.clone()).await.map_err(Error::from)?;
        }
        Ok(())
    }

    async fn apply_once(&self, changes: &[Change], trail: &Trail) -> Result<(), Refused> {
        let settled = Settled::default();
        let outcome = self.db.transaction(async |tx| {
            let mut work = Work::begin(self.place(), &settled).await;
            for change in changes {
                apply::apply(tx, &mut work, change).await?;
            }
            self.write(tx, trail).await?;
            work.settle(tx).await
        });
        let outcome = outcome.await;
        if outcome.is_err() {
            settled.take_back(self.place()).await;
        }
        outcome
    }

    async fn rotate_once(&self, rotate: &Rotate, done: &Trail, reused: &Trail) -> Result<Rotation, Refused> {
        if done.is_empty()
            && let Some(rotation) = self.rotate_beside(rotate).await?
        {
            return Ok(rotation);
        }
        let settled = Settled::default();
        let outcome = self.db.transaction(async |tx| {
            let mut work = Work::begin(self.place(), &settled).await;
            let rotation = work.rotate(tx, self, rotate, done, reused).await?;
            work.settle(tx).await?;
            Ok(rotation)
        });
        let outcome = outcome.await;
        if outcome.is_err() {
            settled.take_back(self.place()).await;
        }
        outcome
    }

    async fn account(
        &self,
        column: &'static str,
        key: &str,
    ) -> Result<Option<(User, Option<SecretString>)>, Error> {
        let query =
            self.db.query("SELECT ").push(USER).push(" FROM auth_users WHERE ").push(column).push(" = ");
        let row: Option<UserRow> = query.push_bind(key).fetch_optional().await?;
        row.map(rows::user).transpose()
    }
}

#[async_trait]
impl AuthStore for SqlStore {
    async fn apply(&self, changes: &[Change], trail: &Trail) -> Result<(), Refused> {
        let mut outcome = self.apply_once(changes, trail).await;
        for _ in 1..TRIES {
            match outcome {
                Err(refused) if is_raced(&refused) => outcome = self.apply_once(changes, trail).await,
                _ => break,
            }
        }
        outcome
    }

    async fn rotate(&self, rotate: &Rotate, done: &Trail, reused: &Trail) -> Result<Rotation, Error> {
        let mut outcome = self.rotate_once(rotate, done, reused).await;
        for _ in 1..TRIES {
            match outcome {
                Err(refused) if is_raced(&refused) => outcome = self.rotate_once(rotate, done, reused).await,
                _ => break,
            }
        }
        outcome.map_err(Refused::into_failure)
    }

    async fn record(&self, trail: &Trail) -> Result<(), Refused> {
        self.db.transaction(async |tx| self.write(tx, trail).await).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, Error> {
        let query = self.db.query("SELECT ").push(USER).push(" FROM auth_users WHERE id = ").push_bind(id);
        let row: Option<UserRow> = query.fetch_optional().await?;
        Ok(row.map(rows::user).transpose()?.map(|(user, _)| user))
    }

    async fn by_email(&self, email: &EmailAddress) -> Result<Option<(User, Option<SecretString>)>, Error> {
        self.account("email_key", email.key()).await
    }

    async fn by_user_name(&self, name: &UserName) -> Result<Option<(User, Option<SecretString>)>, Error> {
        self.account("user_name_key", name.key()).await
    }

    async fn password(&self, user: UserId) -> Result<Option<SecretString>, Error> {
        let query = self.db.query("SELECT password FROM auth_users WHERE id = $1").bind(user);
        let password: Option<Option<String>> = query.fetch_optional_scalar().await?;
        Ok(password.flatten().map(SecretString::new))
    }

    async fn has_super_admin(&self) -> Result<bool, Error> {
        let query = self.db.query("SELECT COUNT(*) FROM auth_users WHERE ").push(users::SUPER_ADMINS);
        let number: i64 = query.fetch_scalar().await?;
        Ok(number > 0)
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        self.read_session(id).await
    }

    async fn sessions(
        &self,
        user: UserId,
        now: Timestamp,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Session>, Error> {
        self.read_sessions(user, now, from, limit).await
    }

    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<(SessionId, Timestamp)>, Error> {
        let query = self
            .db
            .query(
                "SELECT id, ended_at FROM auth_sessions WHERE ended_at >= $1 ORDER BY ended_at, id LIMIT $2",
            )
            .bind(since)
            .bind(i64::from(limit));
        Ok(query.fetch_all().await?)
    }

    async fn ticket(&self, purpose: Purpose, macs: &[Mac], now: Timestamp) -> Result<Option<Ticket>, Error> {
        let row: Option<TicketRow> = self
            .db
            .query("SELECT ")
            .push(tickets::COLUMNS)
            .push(" FROM auth_tickets WHERE purpose = ")
            .push_bind(purpose.as_str())
            .push(" AND expires_at > ")
            .push_bind(now)
            .push(" AND ")
            .push_in("mac", macs.iter().map(Mac::to_string))
            .fetch_optional()
            .await?;
        row.map(rows::ticket).transpose()
    }

    async fn guess(
        &self,
        purpose: Purpose,
        user: UserId,
        macs: &[Mac],
        now: Timestamp,
        wrong: &Trail,
    ) -> Result<Option<Ticket>, Error> {
        let outcome = self.db.transaction(async |tx| {
            let ticket = tickets::guess(tx, purpose, user, macs, now).await?;
            if ticket.is_none() {
                self.write(tx, wrong).await?;
            }
            Ok(ticket)
        });
        outcome.await.map_err(Refused::into_failure)
    }

    async fn sweep(&self, now: Timestamp, ended_before: Timestamp, limit: u32) -> Result<u64, Error> {
        let tickets = self
            .db
            .query("DELETE FROM auth_tickets WHERE id IN (SELECT id FROM auth_tickets WHERE expires_at <= $1 LIMIT $2)")
            .bind(now)
            .bind(i64::from(limit))
            .execute()
            .await?;
        let sessions = self
            .db
            .query(
                "DELETE FROM auth_sessions WHERE id IN (SELECT id FROM auth_sessions WHERE idle_until < $1 OR ended_at < $1 \
                 LIMIT $2)",
            )
            .bind(ended_before)
            .bind(i64::from(limit))
            .execute()
            .await?;
        // Tokens of before that time have run out.
        self.db.query("DELETE FROM auth_reassigned WHERE at < $1").bind(ended_before).execute().await?;
        let keys = self
            .db
            .query(
                "DELETE FROM auth_api_keys WHERE id IN (SELECT id FROM auth_api_keys WHERE expires_at < $1 LIMIT $2)",
            )
            .bind(ended_before)
            .bind(i64::from(limit))
            .execute()
            .await?;
        let invitations = self
            .db
            .query(
                "DELETE FROM auth_org_invitations WHERE id IN \
                 (SELECT id FROM auth_org_invitations WHERE expires_at <= $1 LIMIT $2)",
            )
            .bind(now)
            .bind(i64::from(limit))
            .execute()
            .await?;
        let others = self.sweep_factors(now, limit).await? + self.sweep_spent(now, limit).await?;
        let beside = match self.place() {
            Some(place) => place.sweep(ended_before, limit).await?,
            None => 0,
        };
        Ok(tickets + sessions + keys + invitations + others + beside)
    }
}
