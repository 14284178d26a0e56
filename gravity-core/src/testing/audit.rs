//! The suite of a store of the audit log: run it on every store, and on one of your own.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use gravity_core::testing::audit::{MemoryBench, suite};
//!
//! suite(|| async { MemoryBench::new() }).await;
//! # }
//! ```

mod bench;
mod checks;

use std::future::Future;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use bench::SqlBench;
pub use bench::{Bench, MemoryBench};

/// Runs everything that a store of the audit log must do, each part on a fresh and empty bench.
///
/// # Panics
///
/// When the store does something else.
pub async fn suite<B: Bench, F: Future<Output = B>>(fresh: impl Fn() -> F) {
    checks::what_is_recorded_comes_back(&fresh().await).await;
    checks::an_entry_rolled_back_was_never_there(&fresh().await).await;
    checks::lists_are_filtered_and_paged(&fresh().await).await;
    checks::records_of_racing_writers_are_linked_once(&fresh().await).await;
    checks::a_check_goes_on_from_a_checkpoint(&fresh().await).await;
    checks::old_records_are_let_go_and_the_chain_holds(&fresh().await).await;
    checks::a_subject_is_erased_and_the_chain_holds(&fresh().await).await;
    checks::another_key_finds_everything_changed(&fresh().await).await;
}
