//! [`Breaker`]: a circuit breaker that any code can ask.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::classify::Outcome;
use super::config::BreakerConfig;
use super::machine::{BreakerState, Machine};
use crate::metrics::{Counter, Gauge};
use crate::resilience::Rejected;
use crate::resilience::metrics::{NOT_MADE, OPENED, STATE};
use crate::time::Steady;
use crate::{Clock, Metrics};

/// A circuit breaker. Clones are one breaker.
///
/// Most code puts a [`CircuitBreakerLayer`](super::CircuitBreakerLayer) around a service; what is no service asks
/// the breaker itself:
///
/// ```
/// use gravity_core::resilience::{Breaker, BreakerConfig, Rejected};
///
/// let breaker = Breaker::new("search", BreakerConfig::new().with_failures(2));
/// for _ in 0..2 {
///     breaker.admit()?.failed();
/// }
/// assert!(matches!(breaker.admit(), Err(Rejected::Open { .. })));
/// # Ok::<(), Rejected>(())
/// ```
#[derive(Clone)]
pub struct Breaker(Arc<Inner>);

struct Inner {
    name: &'static str,
    clock: Clock,
    state: Mutex<(Machine, Steady)>,
    counted: Option<Counted>,
}

struct Counted {
    state: Gauge,
    opened: Counter,
    rejected: Counter,
}

impl Breaker {
    /// A breaker, closed. Its name stands in errors, logs and metrics.
    pub fn new(name: &'static str, config: BreakerConfig) -> Self {
        Self::build(name, config, None)
    }

    /// As [`Breaker::new`], showing `circuit_breaker_state{name}` (0 closed, 1 half open, 2 open) and counting
    /// `circuit_breaker_opened_total{name}` and `circuit_breaker_rejected_total{name}`.
    pub fn measured(name: &'static str, config: BreakerConfig, metrics: &Metrics) -> Self {
        let counted = Counted {
            state: STATE.of(metrics, [name]),
            opened: OPENED.of(metrics, [name]),
            rejected: NOT_MADE.of(metrics, [name]),
        };
        Self::build(name, config, Some(counted))
    }

    fn build(name: &'static str, config: BreakerConfig, counted: Option<Counted>) -> Self {
        let state = Mutex::new((Machine::new(&config), Steady::new(config.clock.micros())));
        Self(Arc::new(Inner { name, clock: config.clock, state, counted }))
    }

    /// Lets a call through, or says why not. The ticket takes in how it went; dropped without a word it
    /// counts as a call that was given up, and frees its place.
    pub fn admit(&self) -> Result<Ticket, Rejected> {
        let admitted = self.0.change(Machine::admit);
        match admitted {
            Ok(epoch) => Ok(Ticket { breaker: Arc::clone(&self.0), epoch, settled: false }),
            Err(retry_after) => {
                if let Some(counted) = &self.0.counted {
                    counted.rejected.increment();
                }
                Err(Rejected::Open { name: self.0.name, retry_after })
            }
        }
    }

    /// How it stands. An open breaker whose time is over stays open until somebody calls.
    pub fn state(&self) -> BreakerState {
        self.0.lock().0.state()
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.0.name
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, (Machine, Steady)> {
        // A panic while the lock was held leaves whole numbers behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Machine, u64) -> T) -> T {
        let mut guard = self.lock();
        let (machine, time) = &mut *guard;
        let before = machine.state();
        let now = time.read(self.clock.micros());
        let result = change(machine, now);
        let after = machine.state();
        if before != after {
            self.tell(after);
        }
        result
    }

    fn tell(&self, state: BreakerState) {
        let name = self.name;
        match state {
            BreakerState::Open => tracing::warn!(name, "circuit breaker opened"),
            BreakerState::HalfOpen => tracing::info!(name, "circuit breaker tries again"),
            BreakerState::Closed => tracing::info!(name, "circuit breaker closed"),
        }
        if let Some(counted) = &self.counted {
            counted.state.set(match state {
                BreakerState::Closed => 0,
                BreakerState::HalfOpen => 1,
                BreakerState::Open => 2,
            });
            if state == BreakerState::Open {
                counted.opened.increment();
            }
        }
    }
}

/// A call that was let through.
#[must_use = "a ticket that is dropped counts as a call that was given up"]
pub struct Ticket {
    breaker: Arc<Inner>,
    epoch: u64,
    settled: bool,
}

impl Ticket {
    /// It went well.
    pub fn succeeded(self) {
        self.settle(Outcome::Success);
    }

    /// It failed.
    pub fn failed(self) {
        self.settle(Outcome::Failure);
    }

    /// It went like this.
    pub fn settle(mut self, outcome: Outcome) {
        self.settled = true;
        self.breaker.change(|machine, now| machine.settle(self.epoch, outcome, now));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.settled {
            self.breaker.change(|machine, now| machine.settle(self.epoch, Outcome::Neither, now));
        }
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker").field("name", &self.0.name).field("state", &self.state()).finish()
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("breaker", &self.breaker.name).finish_non_exhaustive()
    }
}
