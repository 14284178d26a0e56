//! Rounds, some at once, and their sum.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use gravity_core::testing::faults::{Dice, Findings, Report};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::options::{On, Options};
use crate::round::{Ground, Outcome};
use crate::servers::{Recipe, Servers, recipes};

/// How often to tell how far it is.
const TELL_EVERY: u64 = 25;

/// What the lanes share.
struct Run {
    options: Options,
    seed: u64,
    next: AtomicU64,
    began: Instant,
    report: Mutex<Report>,
}

/// Runs the rounds that are asked for, prints their sum, and says whether nothing was wrong.
pub(crate) async fn run(options: Options) -> Result<bool> {
    let recipes = recipes()?;
    let has_postgres = !recipes.is_empty() && recipes.iter().all(Recipe::has_postgres);
    if options.backend != On::Sqlite && !has_postgres {
        bail!("there is no PostgreSQL: run `cargo xtask faults`, or choose `--backend sqlite`");
    }
    let most = if recipes.is_empty() { 8 } else { recipes.len() };
    let lanes = options.lanes.unwrap_or(2).clamp(1, most);
    let seed = options.seed.unwrap_or_else(|| Dice::new(now()).below(1_000_000_000));
    println!("seeds from {seed}, {lanes} rounds at once");
    let run = Arc::new(Run {
        options,
        seed,
        next: AtomicU64::new(0),
        began: Instant::now(),
        report: Mutex::new(Report::new()),
    });
    let mut tasks = JoinSet::new();
    for lane in 0..lanes {
        tasks.spawn(run.clone().lane(recipes.get(lane).cloned()));
    }
    let finished = async {
        while tasks.join_next().await.transpose()?.transpose()?.is_some() {}
        Ok::<_, anyhow::Error>(())
    };
    tokio::select! {
        outcome = finished => outcome?,
        _ = tokio::signal::ctrl_c() => println!("interrupted"),
    }
    let report = run.report.lock().await;
    print!("{report}");
    println!("{}", report.closing());
    Ok(report.is_clean())
}

impl Run {
    async fn lane(self: Arc<Self>, recipe: Option<Recipe>) -> Result<()> {
        let servers = match &recipe {
            Some(recipe) => Some(Servers::start(recipe).await?),
            None => None,
        };
        while let Some(number) = self.take() {
            let is_postgres = match self.options.backend {
                On::Postgres => true,
                On::Sqlite => false,
                On::Both => number % 2 == 0,
            };
            self.round(self.seed + number, Ground { is_postgres, servers: servers.as_ref() }).await?;
        }
        Ok(())
    }

    /// The number of the next round, if there is to be another one.
    fn take(&self) -> Option<u64> {
        let is_over = self
            .options
            .minutes
            .is_some_and(|minutes| self.began.elapsed() >= Duration::from_secs(minutes.saturating_mul(60)));
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.options.rounds() && !is_over).then_some(number)
    }

    async fn round(&self, seed: u64, ground: Ground<'_>) -> Result<()> {
        let backend = if ground.is_postgres { "postgres" } else { "sqlite" };
        let label = format!("cargo xtask faults --backend {backend} --seed {seed}");
        let folder = tempfile::Builder::new().prefix("gravity-faults-").tempdir()?;
        let played = ground.play(seed, folder.path(), &self.options).await;
        // One round less is no reason to stop, but it is none of the clean ones.
        let Outcome { plan, findings, drain } = played.unwrap_or_else(|error| Outcome {
            plan: ground.plan(seed, &self.options),
            findings: Findings {
                odd: vec![format!("the rig itself failed: {error:#}")],
                ..Findings::default()
            },
            drain: Duration::ZERO,
        });
        let mut report = self.report.lock().await;
        report.add(&label, &plan, &findings, drain);
        report.count(format!("rounds on {backend}"), 1);
        if !findings.is_clean() {
            println!("FAILED {label}\n{plan}\n{findings}left for you: {}", folder.keep().display());
        }
        if (report.rounds() as u64).is_multiple_of(TELL_EVERY) {
            println!("{} s, {}", self.began.elapsed().as_secs(), report.closing());
        }
        Ok(())
    }
}

fn now() -> u64 {
    let now = gravity_core::Clock::system().now().as_micros();
    now.unsigned_abs()
}
