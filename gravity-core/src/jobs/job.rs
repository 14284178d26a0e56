//! [`Job`]: a type of job.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backoff::Backoff;

/// How long a failed job waits unless its type says otherwise: 2 s after the first attempt, twice that after the
/// second and so on up to an hour, with up to half of it taken off by chance.
pub const DEFAULT_WAIT: Backoff =
    Backoff::new(Duration::from_secs(2), Duration::from_hours(1)).keeping_half();

/// Work to be done, as a type: what it is called, what it needs to know, and how it is retried.
///
/// ```
/// use gravity_core::jobs::Job;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct SendMail {
///     to: String,
/// }
///
/// impl Job for SendMail {
///     const KIND: &'static str = "mail.send";
///     const QUEUE: &'static str = "mail";
/// }
/// ```
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it is called wherever it goes, such as `mail.send`. It has 1 to 128 of `a` to `z`, `0` to `9`, `_`,
    /// `-` and `.`, and never changes.
    const KIND: &'static str;

    /// The queue that it goes to unless its draft says otherwise: 1 to 64 of the same.
    const QUEUE: &'static str = "default";

    /// How often it is tried before it is dead, unless its draft says otherwise.
    const MAX_ATTEMPTS: u32 = 20;

    /// How long an attempt may take, unless its draft says otherwise. Past it the attempt has failed.
    const TIMEOUT: Duration = Duration::from_mins(15);

    /// How long it waits after this attempt failed, the first being 1.
    fn wait(&self, attempt: u32) -> Duration {
        DEFAULT_WAIT.wait(attempt)
    }
}
