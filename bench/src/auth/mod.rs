//! What sign-in costs: beside better-auth and fastapi-users, beside Argon2 alone, and beside a signature alone.

mod contestants;
mod figures;
mod http;
mod load;
mod logins;
mod ours;
mod peers;
mod rounds;
mod server;
mod verifying;

use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;

use crate::postgres;
use crate::table::Table;

/// How long one measurement takes, in seconds, after a warm-up of a third of that.
const SECONDS: u64 = 5;
/// How often each is measured, in turns.
const ROUNDS: usize = 5;
/// How many connections ask at once, each for somebody of its own.
const CONNECTIONS: usize = 16;

/// Where a measurement happens, and how much is measured.
#[derive(Clone, Copy)]
struct Plan {
    time: Duration,
    rounds: usize,
}

/// Measures everything on SQLite, and on the PostgreSQL of `DATABASE_URL`. The first word is the number of seconds of a
/// measurement, the second that of rounds.
pub(crate) fn run(words: &[&str], table: &mut Table) -> Result<()> {
    if let ["serve", url] = words {
        return ours::serve(url);
    }
    let seconds = words.first().map_or(Ok(SECONDS), |word| word.parse())?.max(1);
    let rounds = words.get(1).map_or(Ok(ROUNDS), |word| word.parse())?.max(1);
    let plan = Plan { time: Duration::from_secs(seconds), rounds };
    let mut out = std::io::stdout();
    verifying::run(plan, table)?;
    writeln!(out)?;
    rounds::run("SQLite", None, plan, table)?;
    let Ok(url) = std::env::var("DATABASE_URL") else {
        anyhow::bail!("DATABASE_URL is not set: nothing was measured on PostgreSQL");
    };
    writeln!(out, "\n{}", postgres::settings(&url)?)?;
    rounds::run("PostgreSQL", Some(&url), plan, table)
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
