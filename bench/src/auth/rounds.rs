//! Everything on one kind of database, in turns.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::LocalSet;

use super::contestants::{Ask, Contestant, Person};
use super::figures::Figures;
use super::http::Connection;
use super::logins::{self, rate};
use super::server::{Memory, Server};
use super::{CONNECTIONS, Plan, block_on, load, ours, peers};
use crate::postgres::{self, Own};
use crate::table::Table;

/// Somebody who is measured, with what came out.
struct Runner {
    contestant: Contestant,
    // The server ends before its database goes: fields are dropped in this order.
    server: Server,
    _database: Option<Own>,
    people: Vec<Person>,
    at_rest: Memory,
    tracks: Vec<Track>,
}

/// What came out for one kind of request.
struct Track {
    ask: Ask,
    a_second: Figures,
    a_processor_second: Figures,
    memory: Figures,
}

/// Measures all on databases of their own: below a scratch folder, or on a server.
pub(super) fn run(engine: &str, server: Option<&str>, plan: Plan, table: &mut Table) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("gravity-bench-auth-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = all(engine, server, &folder, plan, table);
    std::fs::remove_dir_all(&folder).ok();
    outcome
}

fn all(engine: &str, server: Option<&str>, folder: &Path, plan: Plan, table: &mut Table) -> Result<()> {
    let runners = Contestant::ALL.into_iter().map(|contestant| Runner::start(contestant, server, folder));
    let mut runners = runners.collect::<Result<Vec<_>>>()?;
    std::thread::sleep(Duration::from_secs(2));
    for runner in &mut runners {
        runner.at_rest = runner.server.memory()?;
    }
    for _ in 0..plan.rounds {
        for track in 0..3 {
            for runner in &mut runners {
                runner.measure(track, plan.time)?;
            }
        }
        if let Some(url) = server {
            postgres::checkpoint(url)?;
        }
    }
    tell(engine, &runners, table)?;
    let first = runners.swap_remove(0);
    // The others would only be in the way.
    drop(runners);
    sign_in(engine, first, plan, table)
}

impl Runner {
    fn start(contestant: Contestant, server: Option<&str>, folder: &Path) -> Result<Self> {
        let suffix = match contestant {
            Contestant::GravityAuth => "embedded",
            Contestant::Gravity => "binary",
            Contestant::BetterAuth => "better_auth",
            Contestant::FastapiUsers => "fastapi_users",
        };
        let database = server.map(|url| Own::new(url, suffix)).transpose()?;
        let url = match &database {
            Some(own) => own.url.clone(),
            None => format!("sqlite://{}", folder.join(format!("{suffix}.db")).display()),
        };
        let server = match contestant {
            Contestant::GravityAuth => ours::embedded(&url),
            Contestant::Gravity => ours::binary(&url, folder),
            Contestant::BetterAuth => peers::better_auth(&url),
            Contestant::FastapiUsers => peers::fastapi_users(&url),
        }?;
        let people = block_on(async {
            let mut connection = Connection::open(server.address).await?;
            let mut people = Vec::new();
            for number in 0..CONNECTIONS {
                people.push(contestant.sign_up(&mut connection, number).await?);
            }
            Ok(people)
        });
        let people = people.with_context(|| format!("signing up at {}", contestant.name()))?;
        let track = |ask: &Ask| Track {
            ask: *ask,
            a_second: Figures::default(),
            a_processor_second: Figures::default(),
            memory: Figures::default(),
        };
        let tracks = contestant.asks().iter().map(track).collect();
        let at_rest = server.memory()?;
        Ok(Self { contestant, server, _database: database, people, at_rest, tracks })
    }

    /// Measures one kind of request once, if it has so many.
    fn measure(&mut self, track: usize, time: Duration) -> Result<()> {
        let Self { contestant, server, people, tracks, .. } = self;
        let Some(track) = tracks.get_mut(track) else { return Ok(()) };
        server.forget_peak()?;
        // What shows who calls lasts a quarter of an hour at most: everybody begins with something new.
        let (count, busy) = block_on(LocalSet::new().run_until(async {
            load::answers(*contestant, Ask::Refresh, server.address, people, Duration::ZERO).await?;
            let before = server.on_processors()?;
            let count = load::answers(*contestant, track.ask, server.address, people, time).await?;
            Ok((count, server.on_processors()? - before))
        }))?;
        track.a_second.add(rate(count, time));
        // The warm-up is in the time on processors.
        track.a_processor_second.add(rate(count, time) * time.as_secs_f64() * 4.0 / 3.0 / busy);
        track.memory.add(server.memory()?.peak);
        Ok(())
    }

    fn track(&self, ask: Ask) -> Option<&Track> {
        self.tracks.iter().find(|track| track.ask == ask)
    }
}

impl Track {
    fn name(&self) -> &'static str {
        match self.ask {
            Ask::Me => "GET /me",
            Ask::MeStored => "GET /me, no cookie cache",
            Ask::Refresh => "refresh",
            Ask::Login => "login",
        }
    }
}

fn tell(engine: &str, runners: &[Runner], table: &mut Table) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{engine}, {CONNECTIONS} connections; median (least to most) of all rounds:\n")?;
    writeln!(
        out,
        "| server | request | a second | a second of its processor time | MB at rest | MB at most |"
    )?;
    writeln!(out, "|---|---|---:|---:|---:|---:|")?;
    for runner in runners {
        for track in &runner.tracks {
            writeln!(
                out,
                "| {} ({}) | {} | {} | {:.0} | {:.1} | {:.1} |",
                runner.contestant.name(),
                runner.server.about,
                track.name(),
                track.a_second.spread(0),
                track.a_processor_second.median(),
                runner.at_rest.now,
                track.memory.most(),
            )?;
        }
    }
    writeln!(out)?;
    let (ours, peers) = runners.split_at(2);
    for ours in ours {
        for (asked, of_peer) in [(Ask::Me, Ask::Me), (Ask::Me, Ask::MeStored), (Ask::Refresh, Ask::Refresh)] {
            for peer in peers {
                let (Some(ours_of), Some(theirs)) = (ours.track(asked), peer.track(of_peer)) else {
                    continue;
                };
                let (name, peer) = (ours.contestant.name(), peer.contestant.name());
                let ratio = ours_of.a_second.by(&theirs.a_second).spread(2);
                writeln!(out, "{name} : {peer}, {}: {ratio}", theirs.name())?;
                let what = format!("{name} on {engine}, {} a second, beside {peer}", theirs.name());
                let both = [ours_of.a_second.spread(0), theirs.a_second.spread(0)];
                let goal =
                    if asked == Ask::Me && peer.starts_with("better-auth") { "at least 8" } else { "" };
                table.add("auth", what, [&both[0], &both[1]], ratio, goal);
            }
        }
    }
    Ok(())
}

/// Sign-ins, in turns with Argon2 alone.
fn sign_in(engine: &str, mut runner: Runner, plan: Plan, table: &mut Table) -> Result<()> {
    let (mut raw, mut ours) = (Figures::default(), Figures::default());
    runner.server.forget_peak()?;
    for _ in 0..plan.rounds {
        raw.add(logins::raw(plan.time)?);
        let logins = logins::ours(runner.server.address, &mut runner.people, plan.time);
        ours.add(block_on(LocalSet::new().run_until(logins))?);
    }
    let busy = runner.server.memory()?;
    std::thread::sleep(Duration::from_secs(5));
    let afterwards = runner.server.memory()?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\n{engine}, logins a second: {}; Argon2 alone on {} threads: {}; ratio {} (goal: at least 0.95)",
        ours.spread(1),
        logins::threads(),
        raw.spread(1),
        ours.by(&raw).spread(3),
    )?;
    writeln!(
        out,
        "{engine}, gravity-auth in RAM: {:.1} MB at rest, {:.1} MB at most under these logins, {:.1} MB five seconds later \
         (goal under /me and refresh: less than 40 MB)",
        runner.at_rest.now, busy.peak, afterwards.now,
    )?;
    let both = [ours.spread(1), raw.spread(1)];
    let what = format!("sign-ins a second on {engine}, beside Argon2 alone");
    table.add("auth", what, [&both[0], &both[1]], ours.by(&raw).spread(3), "at least 0.95");
    let busy = runner.tracks.iter().map(|track| track.memory.most()).fold(0.0, f64::max);
    let what = format!("MB of gravity-auth on {engine}, under `/me` and refresh");
    table.add("auth", what, [&format!("{busy:.1}"), &""], "", "less than 40");
    Ok(())
}
