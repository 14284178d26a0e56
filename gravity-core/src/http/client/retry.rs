//! When a call of the client is worth another try.

use std::time::Duration;

use super::error::ClientError;
use crate::resilience;

/// How long to wait before the next try; `None` when there should be none.
pub(super) fn wait_after(error: &ClientError, retries_done: u32) -> Option<Duration> {
    match error {
        ClientError::Problem(problem) if resilience::is_worth_repeating(problem.status()) => {
            resilience::wait_before(problem.retry_after(), retries_done)
        }
        ClientError::Connect(_) | ClientError::Io(_) if error.is_retryable() => {
            resilience::wait_before(None, retries_done)
        }
        _ => None,
    }
}
