//! The back ends that tests run on: those the environment names, or throw-away servers on free loopback ports.

mod account;
mod find;
mod postgres;
mod recipes;
mod redis;
mod scratch;

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::Guarded;
use crate::{install, progress};
use account::Account;
pub(crate) use recipes::Recipes;
use scratch::Scratch;

/// The back ends of one test run; dropping them stops what was started for it.
pub(crate) struct Backends {
    // Servers stop before the folder goes that they write to: fields are dropped in this order.
    postgres: Backend,
    redis: Backend,
    _scratch: Option<Scratch>,
}

enum Backend {
    /// The environment names it.
    Given,
    Started {
        url: String,
        _server: Guarded,
    },
    Missing {
        why: String,
    },
}

/// Starts a server and returns its URL.
type Start = fn(&find::Binaries, &Scratch, Option<&Account>) -> Result<(String, Guarded)>;

/// A kind of server, and how to get one.
struct Kind {
    label: &'static str,
    /// The variable that tests read.
    variable: &'static str,
    package: &'static str,
    find: fn() -> Option<find::Binaries>,
    start: Start,
}

const POSTGRES: Kind = Kind {
    label: "PostgreSQL",
    variable: "DATABASE_URL",
    package: "postgresql",
    find: find::postgres,
    start: postgres::start,
};

const REDIS: Kind = Kind {
    label: "Redis",
    variable: "REDIS_URL",
    package: "redis-server",
    find: find::redis,
    start: redis::start,
};

impl Backends {
    /// Takes the servers that the environment names and starts the others.
    ///
    /// A server that is not to be had is an error where `CI` is set, and otherwise told by [`Backends::missing`].
    pub(crate) fn start() -> Result<Self> {
        let wanted: Vec<&Kind> =
            [&POSTGRES, &REDIS].into_iter().filter(|kind| !is_set(kind.variable)).collect();
        let lacking: Vec<&str> =
            wanted.iter().filter(|kind| (kind.find)().is_none()).map(|kind| kind.package).collect();
        let installed = if lacking.is_empty() { Ok(()) } else { install::apt(&lacking) };
        let refusal = installed.err().map(|error| format!(": {error:#}")).unwrap_or_default();

        let scratch = if wanted.is_empty() { None } else { Some(Scratch::new()?) };
        let account = account::for_servers();
        let open = |kind: &Kind| -> Backend {
            let Some(scratch) = scratch.as_ref().filter(|_| !is_set(kind.variable)) else {
                progress::line(&format!("{}: the one {} names", kind.label, kind.variable));
                return Backend::Given;
            };
            let Some(binaries) = (kind.find)() else {
                return Backend::Missing { why: format!("no installation found{refusal}") };
            };
            let started = match &account {
                Ok(account) => (kind.start)(&binaries, scratch, account.as_ref()),
                Err(error) => Err(anyhow::anyhow!("{error:#}")),
            };
            match started {
                Ok((url, server)) => {
                    progress::line(&format!("{}: {} at {url}", kind.label, binaries.server.display()));
                    Backend::Started { url, _server: server }
                }
                Err(error) => Backend::Missing { why: format!("{error:#}") },
            }
        };
        let backends = Self { postgres: open(&POSTGRES), redis: open(&REDIS), _scratch: scratch };
        if crate::signals::interrupted() {
            bail!("stopped while servers were starting");
        }
        let missing = backends.missing();
        if is_set("CI") && !missing.is_empty() {
            bail!("CI is set, so every back end has to be there: {}", missing.join("; "));
        }
        for text in missing {
            progress::line(&format!("NOT AVAILABLE: {text}"));
        }
        Ok(backends)
    }

    /// Tells a command where the servers are.
    pub(crate) fn export(&self, command: &mut Command) {
        for (kind, backend) in self.all() {
            match backend {
                Backend::Given => {}
                Backend::Started { url, .. } => {
                    command.env(kind.variable, url);
                }
                Backend::Missing { .. } => {
                    command.env_remove(kind.variable);
                }
            }
        }
        if is_set("CI") {
            command.env("GRAVITY_REQUIRE_BACKENDS", "1");
        }
    }

    /// The servers that could not be had, and why.
    pub(crate) fn missing(&self) -> Vec<String> {
        let all = self.all().into_iter();
        all.filter_map(|(kind, backend)| match backend {
            Backend::Missing { why } => Some(format!("{}: {why} (or set {})", kind.label, kind.variable)),
            _ => None,
        })
        .collect()
    }

    fn all(&self) -> [(&'static Kind, &Backend); 2] {
        [(&POSTGRES, &self.postgres), (&REDIS, &self.redis)]
    }
}

/// Whether a variable is there and not empty.
fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
