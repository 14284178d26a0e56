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

/// How often both are measured, in turns.
const TURNS: usize = 3;
/// In how many processes the peer is measured: it is as good as the best of them.
const PROCESSES: [usize; 2] = [1, 2];

/// Measures both on `DATABASE_URL`, in databases of their own and in turns, and prints what came out. The first word is
/// the number of jobs, the second that of turns.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let number = |at: usize, default| words.get(at).map_or(Ok(default), |word: &&str| word.parse());
    let (backlog, turns) = (number(0, BACKLOG)?, number(1, TURNS)?.max(1));
    let folder = std::env::temp_dir().join(format!("gravity-bench-jobs-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let sqlite = ours::measure(&format!("sqlite://{}", folder.join("jobs.db").display()), backlog);
    std::fs::remove_dir_all(&folder).ok();
    print("gravity-core on SQLite", backlog, &sqlite?)?;
    let Ok(url) = std::env::var("DATABASE_URL") else {
        anyhow::bail!("DATABASE_URL is not set: nothing to compare on");
    };
    writeln!(std::io::stdout(), "{}", peer::settings(&url)?)?;
    let mut ratios = [(); 3].map(|()| Vec::with_capacity(turns));
    for _ in 0..turns {
        let mut best = Figures { enqueued: 0.0, drained: 0.0, start: [f64::INFINITY; 2] };
        for processes in PROCESSES {
            let theirs = peer::in_own_database(&url, |url| peer::measure(url, backlog, processes))?;
            print(&format!("graphile-worker, processes: {processes}"), backlog, &theirs)?;
            best.enqueued = best.enqueued.max(theirs.enqueued);
            best.drained = best.drained.max(theirs.drained);
            if theirs.start[0] < best.start[0] {
                best.start = theirs.start;
            }
        }
        let ours = peer::in_own_database(&url, |url| ours::measure(url, backlog))?;
        print("gravity-core on PostgreSQL", backlog, &ours)?;
        let turn =
            [ours.enqueued / best.enqueued, ours.drained / best.drained, ours.start[0] / best.start[0]];
        for (all, ratio) in ratios.iter_mut().zip(turn) {
            all.push(ratio);
        }
    }
    let [enqueued, drained, start] = ratios.map(|mut all| {
        all.sort_unstable_by(f64::total_cmp);
        all[all.len() / 2]
    });
    writeln!(
        std::io::stdout(),
        "gravity-core : the best of graphile-worker, median of {turns}: enqueued {enqueued:.2}, drained {drained:.2}, \
         start p50 {start:.2}",
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
