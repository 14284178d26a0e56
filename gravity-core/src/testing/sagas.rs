//! The suite of a store of sagas: run it on every store, and on one of your own.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use gravity_core::testing::sagas::{MemoryBench, suite};
//!
//! suite(|| async { MemoryBench::new() }).await;
//! # }
//! ```

mod bench;
mod crash;
mod life;
mod node;
mod state;
mod waits;

use std::future::Future;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use bench::SqlBench;
pub use bench::{Bench, MemoryBench};
pub use crash::{Fate, Plan, StepPlan, run_plan};

/// Runs everything that a store of sagas must do, each part on a fresh and empty bench.
///
/// # Panics
///
/// When the store does something else.
pub async fn suite<B: Bench, F: Future<Output = B>>(fresh: impl Fn() -> F) {
    state::what_is_kept_comes_back(fresh().await).await;
    state::lists_counts_and_retention(fresh().await).await;
    state::of_all_at_one_checkpoint_one_goes_on(fresh().await).await;
    life::steps_run_in_order_and_hand_on_their_state(fresh().await).await;
    life::a_failed_step_undoes_those_before_it(fresh().await).await;
    life::what_cannot_be_undone_is_stuck_until_somebody_looks(fresh().await).await;
    life::a_cancelled_saga_is_undone(fresh().await).await;
    life::panics_and_timeouts_are_failures(fresh().await).await;
    life::a_rolled_back_start_was_never_there(fresh().await).await;
    life::changed_steps_are_refused_and_versions_taken_over(fresh().await).await;
    waits::sleeps_and_signals(fresh().await).await;
    waits::a_signal_that_does_not_come_is_a_failure(fresh().await).await;
    waits::who_waits_can_be_cancelled(fresh().await).await;
    life::nodes_of_jobs_share_the_work(fresh().await).await;
}
