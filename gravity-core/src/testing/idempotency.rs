//! The suite of a store of idempotency keys: run it on every store, and on one of your own.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use gravity_core::testing::idempotency::{MemoryBench, suite};
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

/// Runs everything that a store of idempotency keys must do, each part on a fresh and empty bench.
///
/// # Panics
///
/// When the store does something else.
pub async fn suite<B: Bench, F: Future<Output = B>>(fresh: impl Fn() -> F) {
    checks::an_answer_is_kept_until_it_expires(&fresh().await).await;
    checks::a_lapsed_claim_is_fenced(&fresh().await).await;
    checks::a_released_claim_is_free(&fresh().await).await;
    checks::an_answer_is_kept_with_its_transaction(&fresh().await).await;
    checks::one_of_many_runs(&fresh().await).await;
}
