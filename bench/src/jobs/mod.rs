//! Jobs a second, beside graphile-worker on the same PostgreSQL, and on SQLite.

mod ours;
mod peer;

use std::io::Write as _;

use anyhow::Result;

/// What is measured of a queue.
pub(crate) struct Figures {
    /// Jobs a second, enqueued in batches of [`BATCH`].
    pub(crate) enqueued: f64,
    /// Jobs a second, from the start of a node to the stop that follows the last job.
    pub(crate) drained: f64,
    /// Milliseconds from before enqueuing to the worker, on an idle node: the median, and of the slowest of 100.
    pub(crate) start: [f64; 2],
}

/// How many jobs wait when draining begins.
const BACKLOG: usize = 300_000;
/// How many jobs are enqueued in one call.
const BATCH: usize = 1_000;
/// How many jobs are enqueued one by one to an idle node.
const ROUNDS: usize = 200;

/// Measures both on `DATABASE_URL`, in databases of their own, and prints what came out.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let backlog = words.first().map_or(Ok(BACKLOG), |word| word.parse())?;
    let folder = std::env::temp_dir().join(format!("gravity-bench-jobs-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let sqlite = ours::measure(&format!("sqlite://{}", folder.join("jobs.db").display()), backlog);
    std::fs::remove_dir_all(&folder).ok();
    let sqlite = sqlite?;
    print("gravity-core on SQLite", backlog, &sqlite)?;
    let Ok(url) = std::env::var("DATABASE_URL") else {
        anyhow::bail!("DATABASE_URL is not set: nothing to compare on");
    };
    let mut out = std::io::stdout();
    let settings = peer::settings(&url)?;
    writeln!(out, "{settings}")?;
    let theirs = peer::in_own_database(&url, |url| peer::measure(url, backlog))?;
    print("graphile-worker", backlog, &theirs)?;
    let ours = peer::in_own_database(&url, |url| ours::measure(url, backlog))?;
    print("gravity-core on PostgreSQL", backlog, &ours)?;
    writeln!(
        out,
        "gravity-core : graphile-worker: enqueued {:.2}, drained {:.2}, start p50 {:.2}",
        ours.enqueued / theirs.enqueued,
        ours.drained / theirs.drained,
        ours.start[0] / theirs.start[0],
    )?;
    Ok(())
}

fn print(name: &str, backlog: usize, figures: &Figures) -> Result<()> {
    writeln!(
        std::io::stdout(),
        "{name}: {backlog} jobs, enqueued by {BATCH} {:.0}/s, drained {:.0}/s, start p50 {:.2} ms, p99 {:.2} ms",
        figures.enqueued,
        figures.drained,
        figures.start[0],
        figures.start[1],
    )?;
    Ok(())
}
