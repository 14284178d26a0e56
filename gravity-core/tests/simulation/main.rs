//! Histories of nodes on test clocks: random pauses, jumps, deaths and failures, thousands of them in seconds.
//!
//! `GRAVITY_SIMULATIONS` says how many histories of each kind to play, `GRAVITY_SIMULATION_SEED` where to begin. A seed
//! brings its plan back; the order in which a runtime's tasks run within a step may differ.

#![cfg(all(feature = "testing", unix))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says where")]

mod backoff;
mod breakers;
mod events;
mod jobs;
mod schedules;

use std::time::Duration;

use gravity_core::testing::faults::Findings;
use gravity_core::{Clock, TestClock, Timestamp};

/// The lease of the nodes.
const LEASE: Duration = Duration::from_secs(20);
/// How many steps a history may take to come to its end. Far less is needed.
const PATIENCE: usize = 1_000;

/// How many histories to play.
fn histories(default: u64) -> u64 {
    std::env::var("GRAVITY_SIMULATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn first_seed() -> u64 {
    let random = || u64::try_from(Clock::system().now().as_micros()).unwrap_or_default() % 1_000_000;
    std::env::var("GRAVITY_SIMULATION_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(random)
}

/// Plays histories, each on a runtime of its own whose timers wait for nobody.
fn play<F: Future<Output = Findings>>(name: &str, count: u64, history: impl Fn(u64) -> F) {
    let first = first_seed();
    let began = std::time::Instant::now();
    let (mut facts, mut effects, mut refused) = (0, 0, 0);
    for seed in first..first + histories(count) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let findings = runtime.block_on(history(seed));
        assert!(
            findings.is_clean(),
            "{name}: GRAVITY_SIMULATION_SEED={seed} GRAVITY_SIMULATIONS=1\n{findings}"
        );
        (facts, effects, refused) =
            (facts + findings.facts, effects + findings.effects, refused + findings.refused);
    }
    eprintln!(
        "{name}: seeds {first} to {}, {facts} facts, {effects} effects, {refused} attempts refused, in {} ms",
        first + histories(count) - 1,
        began.elapsed().as_millis()
    );
}

/// Where a node is, and the clock it goes by.
struct Seat<T> {
    hands: TestClock,
    is_paused: bool,
    task: Option<tokio::task::JoinHandle<T>>,
}

impl<T> Seat<T> {
    fn new(number: u64) -> Self {
        // Apart: nobody compares clocks.
        let now = Timestamp::from_seconds(1_700_000_000).unwrap();
        let hands = TestClock::at(now.saturating_add(LEASE * 3 * u32::try_from(number).unwrap()));
        Self { hands, is_paused: false, task: None }
    }

    fn kill(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// Lets every task run until all of them wait.
async fn settle() {
    // The runtime moves its time only when nothing else can run.
    tokio::time::sleep(Duration::from_millis(5)).await;
}
