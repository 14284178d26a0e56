//! [`Platform`]: everything that runs here, put together.

use std::net::IpAddr;

use anyhow::{Context, Result, anyhow, bail};
use gravity_auth::{Auth, AuthConfig, AuthError, DevMailbox, Throttles};
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
use crate::settings::{SessionsIn, Settings};

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
        check_redis(settings)?;
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
            let check = Check::redis("redis", redis);
            health = health.with_check(match settings.sessions_in {
                // Limits go on in memory without it.
                SessionsIn::Database => check.optional(),
                SessionsIn::Redis => check,
            });
        }
        let mailbox = DevMailbox::default();
        let mut config = auth_config(settings, address, keys.clone(), &mailbox).with_metrics(&metrics);
        if let Some(redis) = &redis {
            config = config.with_throttles(Throttles::in_redis(redis, &metrics));
            if settings.sessions_in == SessionsIn::Redis {
                config = config.with_sessions_in(redis);
            }
        }
        let auth = Auth::new(db.clone(), config).await.map_err(explained)?;
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

/// Whether there is a Redis, where sessions are to be kept in it.
pub(crate) fn check_redis(settings: &Settings) -> Result<()> {
    if settings.sessions_in == SessionsIn::Redis && settings.redis_url.is_none() {
        bail!(
            "sessions_in is `redis`, and no Redis is named: set redis_url (REDIS_URL), or sessions_in to `database`"
        );
    }
    Ok(())
}

/// An error that names each of the settings that are wrong.
fn explained(error: AuthError) -> anyhow::Error {
    let faults: Vec<String> = match &error {
        AuthError::Other(error) => error
            .faults()
            .iter()
            .map(|fault| format!("auth{}: {}", fault.pointer.replace('/', "."), fault.detail))
            .collect(),
        _ => Vec::new(),
    };
    if faults.is_empty() { error.into() } else { anyhow!("settings are wrong: {}", faults.join("; ")) }
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
        auth.tokens = ours.tokens.clone();
        auth.mail = ours.mail.clone();
        auth.cookies = ours.cookies.clone();
        auth.passwords = ours.passwords.clone();
        auth.passkeys = ours.passkeys.clone();
        auth.oauth = ours.oauth.clone();
        auth.providers = ours.providers.clone();
        auth.people = ours.people.clone();
        auth.second_factors = ours.second_factors.clone();
        // Without TLS a browser takes no secure cookies but from its own machine.
        auth.cookies.insecure |= address.starts_with("http://");
        if let (None, Some(site)) = (&auth.passkeys.domain, Site::of(address)) {
            auth.passkeys.domain = Some(site.domain);
            if auth.passkeys.origins.is_empty() {
                auth.passkeys.origins = vec![site.origin.clone()];
            }
            // The same pages, by the name that a browser knows the machine by.
            auth.cookies.origins.push(site.origin);
        }
    });
    if settings.has_mailbox() { config.with_delivery(mailbox.clone()) } else { config }
}

/// The site that passkeys are for where the settings name none.
#[derive(Debug, PartialEq, Eq)]
struct Site {
    domain: String,
    origin: String,
}

impl Site {
    /// The host of an address that browsers let have passkeys: one with a name and TLS, or the own machine, for which
    /// they want it by its name.
    fn of(address: &str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let authority = rest.split('/').next()?.to_ascii_lowercase();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority.as_str(), None),
        };
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let domain = match (scheme, ip) {
            // A port that the system has yet to choose is nobody's.
            _ if host.is_empty() || port == Some("0") => return None,
            ("http", Ok(ip)) if ip.is_loopback() => "localhost",
            ("http", Err(_)) if host == "localhost" => host,
            ("https", Err(_)) if host.bytes().all(is_of_name) => host,
            _ => return None,
        };
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Some(Self { domain: domain.to_owned(), origin: format!("{scheme}://{domain}{port}") })
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn passkeys_are_for_a_name_and_for_the_own_machine() {
        for (address, site) in [
            ("http://127.0.0.1:8080", Some(("localhost", "http://localhost:8080"))),
            ("http://[::1]:8080", Some(("localhost", "http://localhost:8080"))),
            ("http://127.0.0.1:0", None),
            ("http://localhost:3000", Some(("localhost", "http://localhost:3000"))),
            ("https://id.example.com", Some(("id.example.com", "https://id.example.com"))),
            ("https://ID.example.com:8443/auth", Some(("id.example.com", "https://id.example.com:8443"))),
            ("http://10.0.0.1:8080", None),
            ("https://10.0.0.1", None),
            ("https://[2001:db8::1]", None),
            ("http://id.example.com", None),
            ("https://my_id.example.com", None),
            ("https://", None),
            ("id.example.com", None),
        ] {
            let expected =
                site.map(|(domain, origin)| Site { domain: domain.to_owned(), origin: origin.to_owned() });
            assert_eq!(Site::of(address), expected, "{address}");
        }
    }
}
