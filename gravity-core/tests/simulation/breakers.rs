//! Callers of a service that fails for a while, behind one circuit breaker.

use std::time::Duration;

use gravity_core::resilience::{Breaker, BreakerConfig, BreakerState, Outcome, Rejected, Ticket};
use gravity_core::testing::faults::Dice;
use gravity_core::{TestClock, Timestamp};

const SECOND: u64 = 1_000_000;

#[test]
fn breakers_do_what_their_histories_say() {
    let first = super::first_seed();
    let (mut calls, mut rejected, mut opened) = (0, 0, 0);
    for seed in first..first + super::histories(300) {
        let mut history = History::new(seed);
        let steps = 200 + history.dice.below(400);
        for step in 0..steps {
            history.step();
            let (is, expected) = (history.breaker.state(), history.model.state());
            assert_eq!(is, expected, "GRAVITY_SIMULATION_SEED={seed} GRAVITY_SIMULATIONS=1, step {step}");
        }
        assert!(history.heals(), "GRAVITY_SIMULATION_SEED={seed} GRAVITY_SIMULATIONS=1: it stays open");
        calls += history.calls;
        rejected += history.rejected;
        opened += history.model.opened;
    }
    eprintln!("breakers: seeds from {first}, {calls} calls, {rejected} rejected, opened {opened} times");
    assert!(calls > 0 && rejected > 0 && opened > 0);
}

struct History {
    dice: Dice,
    hands: TestClock,
    breaker: Breaker,
    model: Model,
    /// Calls that have not come back yet, and the phase they began in.
    under_way: Vec<(Ticket, u64)>,
    is_down: bool,
    calls: u64,
    rejected: u64,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let hands = TestClock::at(Timestamp::from_seconds(1_700_000_000).unwrap());
        let failures = 1 + dice.below(6);
        let trials = 1 + dice.below(4);
        let open_for = dice.span(Duration::from_secs(1), Duration::from_mins(2));
        let rate = dice.chance(50).then(|| (20 + dice.below(70), 1 + dice.below(60), 1 + dice.below(12)));
        let mut config = BreakerConfig::new()
            .with_failures(u32::try_from(failures).unwrap())
            .with_trials(u32::try_from(trials).unwrap())
            .with_open_time(open_for)
            .with_clock(hands.clock());
        if let Some((percent, window, at_least)) = rate {
            let window = Duration::from_secs(window);
            config =
                config.with_rate(u8::try_from(percent).unwrap(), window, u32::try_from(at_least).unwrap());
        }
        let model = Model {
            failures,
            trials,
            open_for: u64::try_from(open_for.as_micros()).unwrap(),
            rate,
            shown: hands.now().as_micros(),
            passed: 0,
            phase: Phase::Closed,
            number: 0,
            heard: Vec::new(),
            opened: 0,
        };
        let breaker = Breaker::new("simulation", config);
        Self { dice, hands, breaker, model, under_way: Vec::new(), is_down: false, calls: 0, rejected: 0 }
    }

    fn step(&mut self) {
        match self.dice.below(20) {
            0..9 => self.call(),
            9..15 => self.come_back(),
            15..18 => {
                let span = self.dice.span(Duration::ZERO, Duration::from_secs(20));
                self.hands.advance(span);
            }
            18 => self.is_down = self.dice.chance(60),
            _ => {
                let span = self.dice.span(Duration::from_secs(5), Duration::from_hours(2));
                let now = self.hands.now();
                let is_back = self.dice.chance(70);
                self.hands.set(if is_back { now.saturating_sub(span) } else { now.saturating_add(span) });
            }
        }
    }

    fn call(&mut self) {
        let now = self.hands.now().as_micros();
        match (self.breaker.admit(), self.model.admit(now)) {
            (Ok(ticket), Ok(phase)) => {
                self.calls += 1;
                self.under_way.push((ticket, phase));
            }
            (Err(Rejected::Open { retry_after, .. }), Err(wait)) => {
                self.rejected += 1;
                assert_eq!(u64::try_from(retry_after.as_micros()).unwrap(), wait);
            }
            (is, expected) => panic!("{is:?} instead of {expected:?}"),
        }
    }

    /// One of the calls comes back, in whatever order.
    fn come_back(&mut self) {
        if self.under_way.is_empty() {
            return;
        }
        let (ticket, phase) = self.under_way.swap_remove(self.dice.index(self.under_way.len()));
        let outcome = match self.dice.below(10) {
            0 => Outcome::Neither,
            1 => Outcome::Failure,
            _ if self.is_down => Outcome::Failure,
            _ => Outcome::Success,
        };
        self.model.settle(phase, outcome, self.hands.now().as_micros());
        if outcome == Outcome::Neither {
            // The caller gave up.
            drop(ticket);
        } else {
            ticket.settle(outcome);
        }
    }

    /// The service works, and somebody calls now and then: whether the breaker closes, though some calls of before
    /// never come back.
    fn heals(&mut self) -> bool {
        for _ in 0..40 {
            match self.breaker.admit() {
                Ok(ticket) => ticket.succeeded(),
                Err(Rejected::Open { retry_after, .. }) => self.hands.advance(retry_after),
                Err(other) => panic!("{other:?}"),
            }
        }
        self.breaker.state() == BreakerState::Closed
    }
}

/// What a breaker should be, reckoned anew each time from what it has heard in its present phase.
struct Model {
    failures: u64,
    trials: u64,
    open_for: u64,
    /// Percent, seconds, calls.
    rate: Option<(u64, u64, u64)>,
    shown: i64,
    passed: u64,
    phase: Phase,
    /// Which phase this is.
    number: u64,
    /// What came in during this phase, and when.
    heard: Vec<(u64, Outcome)>,
    opened: u64,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Closed,
    Open { until: u64 },
    HalfOpen { since: u64, admitted: u64 },
}

impl Model {
    fn state(&self) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Time that is seen to pass; a clock that is set back takes none away.
    fn time(&mut self, now: i64) -> u64 {
        // Up to a second back is taken for two who read the clock at once.
        if now >= self.shown || self.shown - now > 1_000_000 {
            self.passed += u64::try_from(now - self.shown).unwrap_or(0);
            self.shown = now;
        }
        self.passed
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.number += 1;
        self.heard.clear();
    }

    fn admit(&mut self, now: i64) -> Result<u64, u64> {
        let now = self.time(now);
        let opens_at = match self.phase {
            Phase::Closed => return Ok(self.number),
            Phase::Open { until } => until,
            Phase::HalfOpen { since, admitted } => {
                let freed = self.heard.iter().filter(|(_, outcome)| *outcome == Outcome::Neither).count();
                if admitted - u64::try_from(freed).unwrap() < self.trials {
                    self.phase = Phase::HalfOpen { since, admitted: admitted + 1 };
                    return Ok(self.number);
                }
                since + self.open_for
            }
        };
        if now < opens_at {
            return Err(opens_at - now);
        }
        self.enter(Phase::HalfOpen { since: now, admitted: 1 });
        Ok(self.number)
    }

    fn settle(&mut self, number: u64, outcome: Outcome, now: i64) {
        let now = self.time(now);
        if number != self.number {
            return;
        }
        self.heard.push((now, outcome));
        let opens = match self.phase {
            Phase::Closed => {
                outcome != Outcome::Neither && (self.fails_in_a_row() || self.fails_too_often(now))
            }
            Phase::HalfOpen { .. } => outcome == Outcome::Failure,
            Phase::Open { .. } => false,
        };
        let successes = self.heard.iter().filter(|(_, outcome)| *outcome == Outcome::Success).count();
        if opens {
            self.opened += 1;
            self.enter(Phase::Open { until: now + self.open_for });
        } else if matches!(self.phase, Phase::HalfOpen { .. })
            && u64::try_from(successes).unwrap() == self.trials
        {
            self.enter(Phase::Closed);
        }
    }

    fn fails_in_a_row(&self) -> bool {
        let told = self.heard.iter().rev().filter(|(_, outcome)| *outcome != Outcome::Neither);
        let row = told.take_while(|(_, outcome)| *outcome == Outcome::Failure).count();
        u64::try_from(row).unwrap() >= self.failures
    }

    /// The window is ten tenths, of which the last has just begun.
    fn fails_too_often(&self, now: u64) -> bool {
        let Some((percent, seconds, at_least)) = self.rate else { return false };
        let tenth = seconds * SECOND / 10;
        let is_recent = |at: u64| at / tenth + 10 > now / tenth;
        let told: Vec<_> = self
            .heard
            .iter()
            .filter(|(at, outcome)| is_recent(*at) && *outcome != Outcome::Neither)
            .map(|(_, outcome)| *outcome)
            .collect();
        let failures = told.iter().filter(|outcome| **outcome == Outcome::Failure).count();
        let (calls, failures) = (u64::try_from(told.len()).unwrap(), u64::try_from(failures).unwrap());
        calls >= at_least && failures * 100 >= calls * percent
    }
}
