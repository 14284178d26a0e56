//! [`Platform`]: everything that runs here, put together.

use anyhow::{Context, Result};
use gravity_auth::{Auth, AuthConfig, DevMailbox, Throttles};
use gravity_core::audit::{AuditLog, SqlAudit};
use gravity_core::db::{Database, DatabaseConfig, Migrations};
use gravity_core::events::{self, SqlEvents};
use gravity_core::health::{Check, Health};
use gravity_core::jobs::{self, Jobs, SqlJobs};
use gravity_core::page::CursorKeys;
use gravity_core::redis::{Redis, RedisConfig};
use gravity_core::security::KeyRing;
use gravity_core::{Clock, Metrics};

use crate::folder::Folder;
use crate::installation;
use crate::settings::Settings;

/// Everything that runs here. Clones are the same.
#[derive(Clone)]
pub(crate) struct Platform {
    pub(crate) db: Database,
    pub(crate) metrics: Metrics,
    pub(crate) health: Health,
    pub(crate) clock: Clock,
    pub(crate) cursors: CursorKeys,
    pub(crate) events: SqlEvents,
    pub(crate) jobs: Jobs<SqlJobs>,
    pub(crate) audit: AuditLog<SqlAudit>,
    pub(crate) auth: Auth,
    pub(crate) mailbox: DevMailbox,
}

impl Platform {
    /// Opens the database and Redis, brings the tables up to this release, and puts the parts together.
    ///
    /// `address` is where users reach it.
    pub(crate) async fn open(settings: &Settings, address: &str) -> Result<Self> {
        let folder = Folder::open(&settings.data)?;
        let keys = match &settings.keys {
            Some(keys) => keys.clone(),
            None => folder.keys()?,
        };
        let clock = Clock::system();
        let metrics = Metrics::new()
            .with_process()
            .with_runtime()
            .with_build(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let db = connect(settings, &folder).await?;
        db.watch(&metrics, "main");
        installation::MIGRATIONS.up(&db).await.context(MIGRATING)?;
        installation::check_keys(&db, &keys, clock.now()).await?;
        let redis = settings.redis_url.as_ref().map(|url| {
            let config = RedisConfig::new(url.clone()).with_prefix("gravity");
            Redis::measured(config, &metrics).context("the setting redis_url is wrong")
        });
        let redis = redis.transpose()?;

        let events = SqlEvents::new(&db).await.context(MIGRATING)?;
        events::watch(events.clone(), &metrics);
        let jobs = Jobs::new(SqlJobs::new(&db).await.context(MIGRATING)?, clock.clone());
        let jobs = jobs.with_metrics(metrics.clone());
        jobs::watch(jobs.store().clone(), &clock, &metrics);
        let audit = AuditLog::new(SqlAudit::new(&db).await.context(MIGRATING)?, &keys, clock.clone());
        let audit = audit.with_metrics(metrics.clone());

        let mut health = Health::new("gravity", env!("CARGO_PKG_VERSION"), clock.clone())
            .with_metrics(metrics.clone())
            .with_check(Check::database("database", &db));
        if let Some(redis) = &redis {
            // Limits go on in memory without it.
            health = health.with_check(Check::redis("redis", redis).optional());
        }
        let mailbox = DevMailbox::default();
        let mut config = auth_config(settings, address, keys.clone(), &mailbox);
        if let Some(redis) = &redis {
            config = config.with_throttles(Throttles::in_redis(redis));
        }
        let auth = Auth::new(db.clone(), config).await?;
        Ok(Self {
            cursors: CursorKeys::from(&keys),
            db,
            metrics,
            health,
            clock,
            events,
            jobs,
            audit,
            auth,
            mailbox,
        })
    }
}

pub(crate) const MIGRATING: &str = "the tables cannot be brought up to this release";

/// Every table that there is, in the order in which they are made.
pub(crate) fn migrations() -> impl Iterator<Item = Migrations> {
    let ours = [installation::MIGRATIONS, SqlEvents::MIGRATIONS, SqlJobs::MIGRATIONS, SqlAudit::MIGRATIONS];
    ours.into_iter().chain(gravity_auth::MIGRATIONS)
}

/// Opens the database.
pub(crate) async fn connect(settings: &Settings, folder: &Folder) -> Result<Database> {
    let url = settings.database_url.clone().unwrap_or_else(|| folder.database_url());
    let config = DatabaseConfig::new()
        .with_max_connections(settings.database_connections)
        .with_application_name("gravity");
    Database::connect_with(url.expose(), config).await.context("the database cannot be opened")
}

fn auth_config(settings: &Settings, address: &str, keys: KeyRing, mailbox: &DevMailbox) -> AuthConfig {
    let ours = &settings.auth;
    let config = AuthConfig::new(address, keys).with_sign_up(ours.sign_up).with(|auth| {
        auth.sessions = ours.sessions.clone();
        auth.mail = ours.mail.clone();
        auth.cookies = ours.cookies.clone();
        auth.passwords = ours.passwords.clone();
        auth.oauth = ours.oauth.clone();
        auth.providers = ours.providers.clone();
        auth.people = ours.people.clone();
        auth.second_factors = ours.second_factors.clone();
        // Without TLS a browser takes no secure cookies but from its own machine.
        auth.cookies.insecure |= address.starts_with("http://");
    });
    if settings.has_mailbox() { config.with_delivery(mailbox.clone()) } else { config }
}
