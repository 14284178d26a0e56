//! Jobs a second, beside graphile-worker on the same PostgreSQL, and on SQLite.

mod ours;
mod peer;
mod processes;

use std::io::Write as _;

use anyhow::Result;

use crate::postgres;
use crate::table::Table;

/// What is measured of a queue.
pub(crate) struct Figures {
    /// Jobs a second, enqueued in batches of [`BATCH`].
    pub(crate) enqueued: f64,
    /// Jobs a second, from the start of a node to the stop that follows the last job.
    pub(crate) drained: f64,
    /// Milliseconds from before enqueuing to the worker, on an idle node: the median, and of the slowest of 100.
    pub(crate) start: [f64; 2],
    /// The same from when it was enqueued, which is when that was committed: the median.
    pub(crate) written: f64,
}

/// How many jobs wait when draining begins.
const BACKLOG: usize = 300_000;
/// How many jobs are enqueued in one call.
const BATCH: usize = 1_000;
/// How many jobs are enqueued one by one to an idle node.
const ROUNDS: usize = 200;

/// How often both are measured, in turns.
const TURNS: usize = 3;
/// In how many processes each drains. Each is as good as the best of them.
const PROCESSES: [usize; 2] = [1, 2];

/// Measures both on `DATABASE_URL`, in databases of their own and in turns, and prints what came out. The first word is
/// the number of jobs, the second that of turns.
pub(crate) fn run(words: &[&str], table: &mut Table) -> Result<()> {
    if let ["work", url] = words {
        return processes::work(url);
    }
    let number = |at: usize, default| words.get(at).map_or(Ok(default), |word: &&str| word.parse());
    let (backlog, turns) = (number(0, BACKLOG)?, number(1, TURNS)?.max(1));
    let folder = std::env::temp_dir().join(format!("gravity-bench-jobs-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let sqlite = ours::measure(&format!("sqlite://{}", folder.join("jobs.db").display()), backlog, 1);
    std::fs::remove_dir_all(&folder).ok();
    let sqlite = sqlite?;
    print("gravity-core on SQLite", backlog, &sqlite)?;
    let drained = format!("{:.0}", sqlite.drained);
    table.add("jobs", "jobs a second, drained on SQLite", [&drained, &""], "", "at least 15,000");
    let Ok(url) = std::env::var("DATABASE_URL") else {
        anyhow::bail!("DATABASE_URL is not set: nothing to compare on");
    };
    writeln!(std::io::stdout(), "{}", postgres::settings(&url)?)?;
    let (mut ratios, mut last) = ([(); 4].map(|()| Vec::with_capacity(turns)), None);
    for _ in 0..turns {
        let (mut theirs, mut ours) = (Best::default(), Best::default());
        for processes in PROCESSES {
            let figures = postgres::in_own_database(&url, |url| peer::measure(url, backlog, processes))?;
            print(&format!("graphile-worker, processes: {processes}"), backlog, &figures)?;
            theirs.add(&figures);
            let figures = postgres::in_own_database(&url, |url| ours::measure(url, backlog, processes))?;
            print(&format!("gravity-core on PostgreSQL, processes: {processes}"), backlog, &figures)?;
            ours.add(&figures);
        }
        let turn = [
            ours.enqueued / theirs.enqueued,
            ours.drained[0] / theirs.drained[0],
            ours.best_drained() / theirs.best_drained(),
            ours.start / theirs.start,
        ];
        for (all, ratio) in ratios.iter_mut().zip(turn) {
            all.push(ratio);
        }
        last = Some((ours, theirs));
    }
    let [enqueued, one, best, start] = ratios.map(|mut all| {
        all.sort_unstable_by(f64::total_cmp);
        all[all.len() / 2]
    });
    writeln!(
        std::io::stdout(),
        "gravity-core : graphile-worker, median of {turns}: enqueued {enqueued:.2}, drained in one process each \
         {one:.2}, the best of either {best:.2}, start p50 {start:.2}",
    )?;
    let Some((ours, theirs)) = last else { return Ok(()) };
    let of = |of: fn(&Best) -> f64| [format!("{:.1}", of(&ours)), format!("{:.1}", of(&theirs))];
    for (what, [ours, theirs], ratio, goal) in [
        ("jobs a second, enqueued", of(|best| best.enqueued), enqueued, ""),
        ("jobs a second, drained in one process", of(|best| best.drained[0]), one, ""),
        ("jobs a second, drained at best", of(Best::best_drained), best, "at least 2"),
        ("ms until a job starts", of(|best| best.start), start, "at most 5 ms"),
    ] {
        let what = format!("{what}, beside graphile-worker (the last turn; the ratio is the median)");
        table.add("jobs", what, [&ours, &theirs], format!("{ratio:.2}"), goal);
    }
    Ok(())
}

/// The best of a turn.
struct Best {
    enqueued: f64,
    drained: Vec<f64>,
    start: f64,
}

impl Default for Best {
    fn default() -> Self {
        Self { enqueued: 0.0, drained: Vec::new(), start: f64::INFINITY }
    }
}

impl Best {
    fn add(&mut self, figures: &Figures) {
        self.enqueued = self.enqueued.max(figures.enqueued);
        self.drained.push(figures.drained);
        self.start = self.start.min(figures.start[0]);
    }

    fn best_drained(&self) -> f64 {
        self.drained.iter().copied().fold(0.0, f64::max)
    }
}

fn print(name: &str, backlog: usize, figures: &Figures) -> Result<()> {
    writeln!(
        std::io::stdout(),
        "{name}: {backlog} jobs, enqueued by {BATCH} {:.0}/s, drained {:.0}/s, start p50 {:.2} ms, p99 {:.2} ms, \
         p50 after the commit {:.2} ms",
        figures.enqueued,
        figures.drained,
        figures.start[0],
        figures.start[1],
        figures.written,
    )?;
    Ok(())
}
