//! [`TestClock`]: a clock that stands still until a test moves it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Clock, Timestamp};
use crate::id::UuidSource;

/// The hands of a [`Clock`] that stands still until a test moves it.
///
/// Waits on such a clock end when its time is moved to their deadline or past it, and at no other
/// time, so a test of a timeout takes no time at all.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::time::Duration;
/// use gravity_core::{TestClock, Timestamp};
///
/// let hands = TestClock::at(Timestamp::UNIX_EPOCH);
/// let clock = hands.clock();
/// let nap = tokio::spawn(async move { clock.sleep(Duration::from_hours(1)).await });
///
/// hands.wait_for_sleepers(1).await;
/// hands.advance(Duration::from_hours(1));
/// nap.await.unwrap();
/// # }
/// ```
#[derive(Clone)]
pub struct TestClock(Arc<TestState>);

impl TestClock {
    /// A clock that shows `now`, apart from every other.
    pub fn at(now: Timestamp) -> Self {
        let hands = Hands { now, sleepers: BTreeMap::new(), next_sleeper: 0 };
        Self(Arc::new(TestState { hands: watch::Sender::new(hands), ids: UuidSource::new() }))
    }

    /// The clock to give to the code under test.
    pub fn clock(&self) -> Clock {
        Clock::test(Arc::clone(&self.0))
    }

    /// The time the clock shows.
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Moves the time forward by `span`, and wakes whoever waited for a time up to there.
    pub fn advance(&self, span: Duration) {
        self.0.change(|hands| hands.now = hands.now.saturating_add(span));
    }

    /// Moves the time to `now`, which may lie in the past, as on a machine whose clock is set back.
    pub fn set(&self, now: Timestamp) {
        self.0.change(|hands| hands.now = now);
    }

    /// Waits until at least `count` waits are under way on this clock.
    ///
    /// A wait whose time has come does not count any more, even before its task has run again.
    pub async fn wait_for_sleepers(&self, count: usize) {
        self.0.watch(|hands| hands.sleepers.len() >= count).await;
    }

    /// When the earliest wait under way will end.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.0.hands.borrow().sleepers.values().min().copied()
    }
}

impl std::fmt::Debug for TestClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TestClock::at({})", self.now())
    }
}

pub(super) struct TestState {
    hands: watch::Sender<Hands>,
    ids: UuidSource,
}

struct Hands {
    now: Timestamp,
    /// Who waits, and until when. A sleeper is taken out when its time comes, and knows by that:
    /// were it to compare times itself, it could miss a moment that was there and went back.
    sleepers: BTreeMap<u64, Timestamp>,
    next_sleeper: u64,
}

impl TestState {
    pub(super) fn now(&self) -> Timestamp {
        self.hands.borrow().now
    }

    pub(super) fn ids(&self) -> &UuidSource {
        &self.ids
    }

    pub(super) async fn sleep(&self, span: Duration) {
        let sleeper = self.enter(|now| now.saturating_add(span));
        self.watch(|hands| !hands.sleepers.contains_key(&sleeper.id)).await;
    }

    pub(super) async fn sleep_until(&self, deadline: Timestamp) {
        let sleeper = self.enter(|_| deadline);
        self.watch(|hands| !hands.sleepers.contains_key(&sleeper.id)).await;
    }

    fn enter(&self, deadline: impl FnOnce(Timestamp) -> Timestamp) -> Sleeper<'_> {
        let mut id = 0;
        self.change(|hands| {
            id = hands.next_sleeper;
            hands.next_sleeper += 1;
            hands.sleepers.insert(id, deadline(hands.now));
        });
        Sleeper { state: self, id }
    }

    fn change(&self, change: impl FnOnce(&mut Hands)) {
        self.hands.send_modify(|hands| {
            change(hands);
            let now = hands.now;
            hands.sleepers.retain(|_, deadline| *deadline > now);
        });
    }

    async fn watch(&self, condition: impl Fn(&Hands) -> bool) {
        // This errs only when the sender is gone, and `self` holds it.
        let _ = self.hands.subscribe().wait_for(|hands| condition(hands)).await;
    }
}

struct Sleeper<'a> {
    state: &'a TestState,
    id: u64,
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.state.change(|hands| {
            hands.sleepers.remove(&self.id);
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn a_wait_ends_when_its_time_has_been_there_even_if_it_went_back() {
        let hands = TestClock::at(Timestamp::UNIX_EPOCH);
        let clock = hands.clock();
        let nap = tokio::spawn(async move { clock.sleep(HOUR).await });
        hands.wait_for_sleepers(1).await;
        assert_eq!(hands.next_wake(), Timestamp::UNIX_EPOCH.checked_add(HOUR));
        hands.advance(HOUR);
        hands.set(Timestamp::MIN);
        nap.await.unwrap();
        assert_eq!(hands.next_wake(), None);
    }

    #[tokio::test]
    async fn a_wait_does_not_end_early() {
        let hands = TestClock::at(Timestamp::UNIX_EPOCH);
        let clock = hands.clock();
        let mut nap = std::pin::pin!(clock.sleep_until(Timestamp::from_seconds(10).unwrap()));
        assert!(nap.as_mut().now_or_never().is_none());
        hands.advance(Duration::from_micros(9_999_999));
        assert!(nap.as_mut().now_or_never().is_none());
        hands.advance(Duration::from_micros(1));
        assert!(nap.as_mut().now_or_never().is_some());
    }

    #[tokio::test]
    async fn past_deadlines_and_dropped_waits_leave_no_sleeper() {
        let hands = TestClock::at(Timestamp::UNIX_EPOCH);
        let clock = hands.clock();
        clock.sleep_until(Timestamp::MIN).await;
        clock.sleep(Duration::ZERO).await;
        {
            let mut nap = std::pin::pin!(clock.sleep(HOUR));
            assert!(nap.as_mut().now_or_never().is_none());
            hands.wait_for_sleepers(1).await;
        }
        assert_eq!(hands.next_wake(), None);
    }

    #[tokio::test]
    async fn a_woken_wait_is_not_counted_while_its_task_still_stands() {
        let hands = TestClock::at(Timestamp::UNIX_EPOCH);
        let clock = hands.clock();
        let mut nap = std::pin::pin!(clock.sleep(HOUR));
        assert!(nap.as_mut().now_or_never().is_none());
        hands.advance(HOUR);
        let mut wait = std::pin::pin!(hands.wait_for_sleepers(1));
        assert!(wait.as_mut().now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_system_clock_sleeps_by_tokio_time() {
        let before = tokio::time::Instant::now();
        Clock::system().sleep(HOUR).await;
        assert!(before.elapsed() >= HOUR);
        Clock::system().sleep_until(Timestamp::UNIX_EPOCH).await;
    }
}
