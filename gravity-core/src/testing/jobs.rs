//! The suite of a store of jobs: run it on every store, and on one of your own.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use gravity_core::testing::jobs::{MemoryBench, suite};
//!
//! suite(|| async { MemoryBench::new() }).await;
//! # }
//! ```

mod bench;
mod claims;
mod history;
mod keys;
mod limits;
mod manage;
mod nodes;
mod races;
mod rates;
mod sample;
mod uniques;
mod verbs;

use std::future::Future;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use bench::SqlBench;
pub use bench::{Bench, MemoryBench};
pub use history::run_history;
pub use sample::Add;

/// Runs everything that a store of jobs must do, each part on a fresh and empty bench.
///
/// # Panics
///
/// When the store does something else.
pub async fn suite<B: Bench, F: Future<Output = B>>(fresh: impl Fn() -> F) {
    claims::what_is_enqueued_comes_back(fresh().await).await;
    claims::a_job_rolled_back_was_never_there(fresh().await).await;
    claims::priority_goes_before_age(fresh().await).await;
    claims::a_job_waits_for_its_time(fresh().await).await;
    claims::what_a_node_has_is_told(fresh().await).await;
    claims::late_writes_are_refused(fresh().await).await;
    claims::failures_are_kept_and_end(fresh().await).await;
    claims::an_effect_and_its_job_commit_together(fresh().await).await;
    claims::a_silent_node_loses_its_jobs(fresh().await).await;
    claims::what_silences_nodes_dies(fresh().await).await;
    keys::a_key_runs_in_order(fresh().await).await;
    keys::a_retry_holds_its_key(fresh().await).await;
    keys::a_long_line_holds_up_nobody(fresh().await).await;
    uniques::one_while_it_is_open(fresh().await).await;
    uniques::one_within_a_period(fresh().await).await;
    rates::a_queue_has_a_rate(fresh().await).await;
    rates::each_key_has_a_rate(fresh().await).await;
    manage::jobs_are_listed_and_counted(fresh().await).await;
    manage::jobs_are_cancelled(fresh().await).await;
    manage::the_dead_come_back_or_expire(fresh().await).await;
    limits::what_breaks_a_rule_is_refused(fresh().await).await;
    limits::the_ends_of_every_range_are_kept(fresh().await).await;
    limits::a_clock_that_was_ahead_holds_up_no_queue(fresh().await).await;
    limits::a_rate_by_key_keeps_the_order_of_keys(fresh().await).await;
    races::claimers_get_each_job_once(fresh().await).await;
    races::who_leaves_takes_nothing_along(fresh().await).await;
    races::one_of_many_enqueuers_wins(fresh().await).await;
    races::a_key_never_runs_twice_at_once(fresh().await).await;
    verbs::takers_cancellers_and_retriers_agree(fresh().await).await;
    verbs::an_effect_is_there_if_its_job_is_done(fresh().await).await;
    verbs::stopping_nodes_do_nothing_twice(fresh().await).await;
    verbs::what_is_broken_holds_up_nobody(fresh().await).await;
    verbs::who_is_killed_with_a_key_lets_it_go(fresh().await).await;
    nodes::a_node_does_what_is_committed(fresh().await).await;
    nodes::workers_fail_panic_and_take_too_long(fresh().await).await;
    nodes::a_running_job_is_cancelled(fresh().await).await;
    nodes::a_stopping_node_gives_work_back(fresh().await).await;
    nodes::a_node_that_stops_leaves_nothing_behind(fresh().await).await;
    nodes::a_dead_node_is_replaced(fresh().await).await;
    nodes::a_buried_node_is_refused_and_begins_anew(fresh().await).await;
    nodes::two_nodes_do_each_job_once(fresh().await).await;
}
