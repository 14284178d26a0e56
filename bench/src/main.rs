//! What Gravity costs, beside what others cost.
//!
//! `bench` measures everything, which takes half an hour, and closes with one table. `bench http`, `bench sql` and
//! `bench tokens` count instructions under callgrind; `bench serve CASE`, `bench query CASE QUERY TIMES` and
//! `bench token CASE TIMES` are what they run. `bench limits` times decisions of a rate limiter, `bench builds` a first
//! build, `bench jobs` counts jobs a second, and `bench auth` what sign-in costs.

mod auth;
mod builds;
mod cases;
mod driver;
mod jobs;
mod limits;
mod postgres;
mod queries;
mod table;
mod tokens;

use std::io::Write as _;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut table = table::Table::default();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", case] => cases::serve(case),
        ["query", case, query, times] => queries::run(case, query, times.parse()?),
        ["token", case, times] => tokens::run(case, times.parse()?),
        ["http"] => driver::http(&mut table),
        ["sql"] => driver::sql(&mut table),
        ["tokens"] => driver::tokens(&mut table),
        ["builds"] => builds::run(&mut table),
        ["jobs", rest @ ..] => jobs::run(rest, &mut table),
        ["auth", rest @ ..] => auth::run(rest, &mut table),
        ["limits"] => limits::run(&mut table),
        [] => everything(&mut table),
        _ => anyhow::bail!(
            "usage: bench [http|sql|tokens|limits|builds|jobs [BACKLOG]|auth [SECONDS] [ROUNDS]]"
        ),
    }
}

/// Measures everything. A part that fails is told of, leaves lines out, and makes the run fail in the end.
fn everything(table: &mut table::Table) -> anyhow::Result<()> {
    type Part = fn(&mut table::Table) -> anyhow::Result<()>;
    let parts: [(&str, Part); 7] = [
        ("http", driver::http),
        ("sql", driver::sql),
        ("tokens", driver::tokens),
        ("limits", limits::run),
        ("jobs", |table| jobs::run(&[], table)),
        ("auth", |table| auth::run(&[], table)),
        ("builds", builds::run),
    ];
    let mut failed = Vec::new();
    for (name, part) in parts {
        if let Err(error) = part(table) {
            writeln!(std::io::stderr(), "{name} failed: {error:#}")?;
            failed.push(name);
        }
    }
    table.print()?;
    anyhow::ensure!(failed.is_empty(), "not everything was measured: {}", failed.join(", "));
    Ok(())
}
