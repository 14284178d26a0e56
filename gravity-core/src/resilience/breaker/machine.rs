//! The rules of a circuit breaker, without locks and clocks.

use std::time::Duration;

use super::classify::Outcome;
use super::config::{BreakerConfig, Rate};

/// How a circuit breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// Calls are made.
    Closed,
    /// A few trials are made, to see whether it works again.
    HalfOpen,
    /// No calls are made.
    Open,
}

#[derive(Debug)]
pub(super) struct Machine {
    phase: Phase,
    /// Goes up with each change of phase. What a call of an earlier one has found out counts no more.
    epoch: u64,
    window: Option<Window>,
    failures: u32,
    trials: u32,
    open_for: u64,
}

#[derive(Debug)]
enum Phase {
    Closed { in_a_row: u32 },
    Open { until: u64 },
    HalfOpen { since: u64, admitted: u32, succeeded: u32 },
}

impl Machine {
    pub(super) fn new(config: &BreakerConfig) -> Self {
        Self {
            phase: Phase::Closed { in_a_row: 0 },
            epoch: 0,
            window: config.rate.map(Window::new),
            failures: config.failures,
            trials: config.trials,
            open_for: micros(config.open_for),
        }
    }

    pub(super) fn state(&self) -> BreakerState {
        match self.phase {
            Phase::Closed { .. } => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Lets a call through, by the number of the epoch it belongs to, or says how long to wait.
    pub(super) fn admit(&mut self, now: u64) -> Result<u64, Duration> {
        match &mut self.phase {
            Phase::Closed { .. } => {}
            Phase::HalfOpen { admitted, .. } if *admitted < self.trials => *admitted += 1,
            // Trials that say nothing for as long as the breaker would stay open are given up.
            Phase::Open { until } if now < *until => return Err(Duration::from_micros(*until - now)),
            Phase::HalfOpen { since, .. } if now < since.saturating_add(self.open_for) => {
                return Err(Duration::from_micros(since.saturating_add(self.open_for) - now));
            }
            Phase::Open { .. } | Phase::HalfOpen { .. } => {
                self.enter(Phase::HalfOpen { since: now, admitted: 1, succeeded: 0 });
            }
        }
        Ok(self.epoch)
    }

    /// Takes in what a call has found out.
    pub(super) fn settle(&mut self, epoch: u64, outcome: Outcome, now: u64) {
        if epoch != self.epoch {
            return;
        }
        let open = match (&mut self.phase, outcome) {
            (Phase::Closed { in_a_row }, Outcome::Success) => {
                *in_a_row = 0;
                self.window.as_mut().is_some_and(|window| window.record(now, false))
            }
            (Phase::Closed { in_a_row }, Outcome::Failure) => {
                *in_a_row += 1;
                let too_many = *in_a_row >= self.failures;
                self.window.as_mut().is_some_and(|window| window.record(now, true)) || too_many
            }
            (Phase::HalfOpen { succeeded, .. }, Outcome::Success) => {
                *succeeded += 1;
                if *succeeded >= self.trials {
                    self.enter(Phase::Closed { in_a_row: 0 });
                }
                false
            }
            (Phase::HalfOpen { .. }, Outcome::Failure) => true,
            // Its place is free for another trial.
            (Phase::HalfOpen { admitted, .. }, Outcome::Neither) => {
                *admitted = admitted.saturating_sub(1);
                false
            }
            (Phase::Closed { .. }, Outcome::Neither) | (Phase::Open { .. }, _) => false,
        };
        if open {
            self.enter(Phase::Open { until: now.saturating_add(self.open_for) });
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.epoch += 1;
        if let Some(window) = &mut self.window {
            window.clear();
        }
    }
}

const TENTHS: usize = 10;

/// The calls of the last while, by tenths of it.
#[derive(Debug)]
struct Window {
    rate: Rate,
    tenth: u64,
    latest: u64,
    counts: [Count; TENTHS],
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    calls: u64,
    failures: u64,
}

impl Window {
    fn new(rate: Rate) -> Self {
        let tenth = (micros(rate.window) / TENTHS as u64).max(1);
        Self { rate, tenth, latest: 0, counts: [Count::default(); TENTHS] }
    }

    fn clear(&mut self) {
        self.counts = [Count::default(); TENTHS];
    }

    /// Counts a call. Whether the rate is reached.
    #[expect(clippy::cast_possible_truncation, reason = "it is below ten")]
    fn record(&mut self, now: u64, failed: bool) -> bool {
        let tenth = now / self.tenth;
        for past in (self.latest + 1..=tenth).rev().take(TENTHS) {
            self.counts[(past % TENTHS as u64) as usize] = Count::default();
        }
        self.latest = tenth;
        let count = &mut self.counts[(tenth % TENTHS as u64) as usize];
        count.calls += 1;
        count.failures += u64::from(failed);
        let (calls, failures) = self
            .counts
            .iter()
            .fold((0, 0), |(calls, failures), count| (calls + count.calls, failures + count.failures));
        calls >= self.rate.at_least && failures * 100 >= calls * self.rate.percent
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
