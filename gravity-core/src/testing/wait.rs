//! Waits on conditions.

use std::time::{Duration, Instant};

/// Waits until something holds.
///
/// # Panics
///
/// When it does not within a minute.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_mins(1), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
