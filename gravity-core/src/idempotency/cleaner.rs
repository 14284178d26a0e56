//! Deletes what has expired.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use super::IdempotencyStore;
use crate::Clock;

const EVERY: Duration = Duration::from_mins(10);
const BATCH: u32 = 1_000;

/// Deletes what has expired, every ten minutes until `stop` is done. One node's work is enough, and that of many
/// does no harm.
pub async fn clean_until<S: IdempotencyStore>(store: S, clock: Clock, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    loop {
        loop {
            match store.clean(clock.now(), BATCH).await {
                Ok(gone) if gone == u64::from(BATCH) => {}
                Ok(_) => break,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "expired idempotency keys cannot be deleted");
                    break;
                }
            }
        }
        tokio::select! {
            () = clock.sleep(EVERY) => {}
            () = stop.as_mut() => return,
        }
    }
}
