//! What Gravity costs beside the bare framework, in instructions.
//!
//! `bench` runs every case under callgrind and prints the ratios; `bench serve CASE` and
//! `bench query CASE QUERY TIMES` and `bench token CASE TIMES` are what it runs. `bench limits` times decisions of a
//! rate limiter, `bench builds` a first build, `bench jobs` counts jobs a second, and `bench auth` what sign-in costs.

mod auth;
mod builds;
mod cases;
mod driver;
mod jobs;
mod limits;
mod postgres;
mod queries;
mod tokens;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", case] => cases::serve(case),
        ["query", case, query, times] => queries::run(case, query, times.parse()?),
        ["token", case, times] => tokens::run(case, times.parse()?),
        ["http"] => driver::http(),
        ["sql"] => driver::sql(),
        ["tokens"] => driver::tokens(),
        ["builds"] => builds::run(),
        ["jobs", rest @ ..] => jobs::run(rest),
        ["auth", rest @ ..] => auth::run(rest),
        ["limits"] => limits::run(),
        [] => driver::http().and_then(|()| driver::sql()).and_then(|()| driver::tokens()),
        _ => anyhow::bail!(
            "usage: bench [http|sql|tokens|limits|builds|jobs [BACKLOG]|auth [SECONDS] [ROUNDS]]"
        ),
    }
}
