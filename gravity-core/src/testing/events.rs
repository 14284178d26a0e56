//! The suite of a store of events: run it on every store, and on one of your own.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use gravity_core::testing::events::{MemoryBench, suite};
//!
//! suite(|| async { MemoryBench::new() }).await;
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```

mod bench;
mod load;
mod log;
mod nodes;
mod sample;
mod work;

use std::future::Future;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use bench::SqlBench;
pub use bench::{Bench, Effect, MemoryBench};
pub use load::{Load, run_load};
pub use sample::{Deposited, Renamed};

/// Runs everything that a store of events must do, each part on a fresh and empty bench.
///
/// # Panics
///
/// When the store does something else.
pub async fn suite<B: Bench, F: Future<Output = B>>(fresh: impl Fn() -> F) {
    log::what_is_recorded_comes_back(fresh().await).await;
    log::an_event_rolled_back_was_never_there(fresh().await).await;
    log::an_id_is_recorded_once(fresh().await).await;
    log::subscribers_start_now_or_at_the_beginning(fresh().await).await;
    log::only_what_all_have_passed_is_deleted(fresh().await).await;
    log::what_is_too_old_is_deleted_anyway(fresh().await).await;
    work::a_lane_has_one_holder_and_late_writes_are_refused(fresh().await).await;
    work::effects_happen_once(fresh().await).await;
    work::a_failed_event_holds_up_its_key_alone(fresh().await).await;
    work::waits_double_and_end(fresh().await).await;
    work::poison_goes_aside_and_comes_back(fresh().await).await;
    work::a_pause_stops_work(fresh().await).await;
    nodes::a_node_delivers_what_is_committed(fresh().await).await;
    nodes::two_nodes_share_and_one_that_dies_is_replaced(fresh().await).await;
    nodes::a_paused_node_is_refused(fresh().await).await;
    nodes::a_node_wrongly_taken_for_dead_holds_its_lanes_again(fresh().await).await;
    nodes::a_node_that_stops_leaves_nothing_behind(fresh().await).await;
    nodes::panics_and_timeouts_are_failures(fresh().await).await;
}
