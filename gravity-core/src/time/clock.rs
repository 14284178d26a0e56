//! [`Clock`]: where a service reads the time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::Timestamp;
use super::test_clock::TestState;
use crate::id::UuidSource;

/// Where a service reads the time, waits for it, and draws ids that carry it.
///
/// A handle that is cheap to clone: clones of one clock show the same time. Code that asks a `Clock`
/// instead of the operating system can be tested with a [`TestClock`](super::TestClock).
///
/// A wall clock may jump either way. Nothing here promises that a later call of [`Clock::now`]
/// returns a later time; ids drawn from one clock ascend all the same.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Test(Arc<TestState>),
}

/// All system clocks are one clock, so they share the ids' order too.
static SYSTEM_IDS: UuidSource = UuidSource::new();

/// How long one wait for a point in time may sleep before it looks at the wall clock again, which
/// may have jumped meanwhile.
const LONGEST_NAP: Duration = Duration::from_secs(30);

impl Clock {
    /// The clock of the operating system.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    pub(super) fn test(state: Arc<TestState>) -> Self {
        Self(Source::Test(state))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            // A machine set before the year 1 or after 9999 gets the nearer end.
            Source::System => Timestamp::try_from(jiff::Timestamp::now()).unwrap_or(Timestamp::MAX),
            Source::Test(state) => state.now(),
        }
    }

    /// The time now in microseconds since the epoch, for what asks very often.
    pub(crate) fn micros(&self) -> i64 {
        match &self.0 {
            Source::System => {
                // A machine set before 1970 shows the epoch here.
                let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
                i64::try_from(since.as_secs())
                    .ok()
                    .and_then(|seconds| {
                        seconds.checked_mul(1_000_000)?.checked_add(since.subsec_micros().into())
                    })
                    .unwrap_or(i64::MAX)
            }
            Source::Test(state) => state.now().as_micros(),
        }
    }

    /// Waits for `span`, counted by a steady timer on the system clock, by the hands of the clock on
    /// a test clock. Dropping the future ends the wait.
    pub async fn sleep(&self, span: Duration) {
        match &self.0 {
            Source::System => tokio::time::sleep(span).await,
            Source::Test(state) => state.sleep(span).await,
        }
    }

    /// Waits until the clock shows `deadline` or later; a deadline in the past does not wait.
    ///
    /// The system clock is read again at least every half minute, so that the wait follows a wall
    /// clock that is set forward or back.
    pub async fn sleep_until(&self, deadline: Timestamp) {
        match &self.0 {
            Source::System => loop {
                let left = deadline.saturating_since(self.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LONGEST_NAP)).await;
            },
            Source::Test(state) => state.sleep_until(deadline).await,
        }
    }

    /// A new UUIDv7 of this clock's time, greater than every one this clock gave before.
    pub fn uuid(&self) -> Uuid {
        match &self.0 {
            Source::System => SYSTEM_IDS.next(self.now()),
            Source::Test(state) => state.ids().next(state.now()),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Source::System => f.write_str("Clock::system()"),
            Source::Test(state) => write!(f, "TestClock::at({})", state.now()),
        }
    }
}
