//! The suite of a store of schedules: run it on every store, and on one of your own.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use gravity_core::jobs::MemoryJobs;
//! use gravity_core::schedules::MemorySchedules;
//! use gravity_core::testing::schedules::suite;
//!
//! suite(|| async { MemorySchedules::new(&MemoryJobs::new()) }).await;
//! # }
//! ```

mod clocks;
mod define;
mod fire;
mod sample;
mod state;

use std::future::Future;

pub use sample::Ring;

use crate::schedules::ScheduleStore;

/// Runs everything that a store of schedules must do, each part on a fresh and empty one.
///
/// # Panics
///
/// When the store does something else.
pub async fn suite<S: ScheduleStore, F: Future<Output = S>>(fresh: impl Fn() -> F) {
    state::what_is_kept_comes_back(fresh().await).await;
    state::of_all_who_saw_a_revision_one_changes_it(fresh().await).await;
    state::lists_and_what_is_due_are_in_order(fresh().await).await;
    define::definitions_take_effect_at_once(fresh().await).await;
    define::undefined_ones_vanish_or_stay(fresh().await).await;
    define::names_belong_to_who_had_them_first(fresh().await).await;
    define::many_nodes_define_at_once(fresh().await).await;
    define::added_ones_are_changed_and_removed(fresh().await).await;
    fire::a_tick_becomes_a_job_that_knows_it(fresh().await).await;
    fire::of_sixteen_who_fire_one_does(fresh().await).await;
    fire::who_is_killed_loses_and_doubles_nothing(fresh().await).await;
    fire::a_job_of_its_own_key_keeps_the_next_out(fresh().await).await;
    fire::pauses_and_runs_by_hand(fresh().await).await;
    fire::a_node_fires_when_it_is_time(fresh().await).await;
    clocks::days_on_which_clocks_change(fresh().await).await;
    clocks::missed_ticks_go_by_their_policy(fresh().await).await;
    clocks::a_clock_that_jumps_fires_nothing_twice(fresh().await).await;
    clocks::what_a_wrong_clock_fired_is_mended_by_hand(fresh().await).await;
}
