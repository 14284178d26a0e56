//! [`Plan`]: who is struck by what, and when.

use std::fmt;
use std::time::Duration;

use super::Dice;

/// Who is struck by what, and when. The same seed and [`Shape`] make the same plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What it was made of.
    pub seed: u64,
    /// How long there is load.
    pub load: Duration,
    /// The faults, by their time.
    pub strikes: Vec<Strike>,
}

/// A fault at its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    /// After the load began.
    pub at: Duration,
    /// What happens.
    pub fault: Fault,
}

/// Something that goes wrong, and comes right again after a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A worker process is killed, and another takes its place.
    Kill {
        /// Which worker.
        worker: usize,
        /// When exactly.
        moment: Moment,
        /// Until its successor starts.
        away: Duration,
    },
    /// A worker process stands still, and goes on.
    Stop {
        /// Which worker.
        worker: usize,
        /// When exactly.
        moment: Moment,
        /// For how long.
        span: Duration,
    },
    /// A worker process is told to end in good order, as in a roll-out, and another takes its place.
    Leave {
        /// Which worker.
        worker: usize,
        /// Until its successor starts.
        away: Duration,
    },
    /// Something happens to the line between a worker and a server.
    Line {
        /// Which worker.
        worker: usize,
        /// Which of its lines.
        line: usize,
        /// What happens to it.
        how: LineFault,
        /// Until it is whole again.
        span: Duration,
    },
    /// A server ends, and is started again.
    Server {
        /// Which server.
        server: usize,
        /// How it ends.
        how: Crash,
        /// Until it is started again.
        away: Duration,
    },
}

/// When exactly a worker is struck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// Wherever it happens to be.
    Now,
    /// When it next comes to a [point](super::Worker::point) of this name.
    Point(String),
}

/// What happens to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFault {
    /// Its connections break; new ones pass.
    Cut,
    /// Its connections break, and no new one passes.
    Closed,
    /// It is silent, and what was held back comes late.
    Stalled,
    /// Its connections break, and the server does not notice.
    Stranded,
}

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// In good order, without waiting for its clients.
    Fast,
    /// At once, so that it has to recover.
    Immediate,
    /// It and its children are killed.
    Killed,
}

/// What there is to strike, and how hard.
#[derive(Debug, Clone)]
pub struct Shape {
    /// How many workers there are.
    pub workers: usize,
    /// How many lines each of them has.
    pub lines: usize,
    /// How many servers there are.
    pub servers: usize,
    /// The names of the points that workers mark.
    pub points: Vec<String>,
    /// How many faults there are in a plan, at least and at most.
    pub faults: (usize, usize),
    /// The lease of what the workers hold: most stops are longer.
    pub lease: Duration,
    /// How long there is load, at least and at most.
    pub load: (Duration, Duration),
}

impl Plan {
    /// The plan of a seed.
    pub fn new(seed: u64, shape: &Shape) -> Self {
        let mut dice = Dice::new(seed);
        let load = dice.span(shape.load.0, shape.load.1);
        let (least, most) = shape.faults;
        let count = least + dice.index(most.saturating_sub(least) + 1);
        let mut strikes: Vec<_> = (0..count)
            .map(|_| Strike { at: dice.span(load / 10, load * 8 / 10), fault: fault(&mut dice, shape) })
            .collect();
        strikes.sort_by_key(|strike| strike.at);
        Self { seed, load, strikes }
    }
}

fn fault(dice: &mut Dice, shape: &Shape) -> Fault {
    let worker = dice.index(shape.workers);
    let away = dice.span(Duration::ZERO, shape.lease / 2);
    let lines = if shape.lines == 0 { 0 } else { 4 };
    let servers = if shape.servers == 0 { 0 } else { 2 };
    match dice.below(8 + lines + servers) {
        0..4 => Fault::Kill { worker, moment: moment(dice, shape), away },
        4..7 => Fault::Stop { worker, moment: moment(dice, shape), span: stop(dice, shape) },
        7 => Fault::Leave { worker, away },
        roll if roll < 8 + lines => {
            let how = [LineFault::Cut, LineFault::Closed, LineFault::Stalled, LineFault::Stranded];
            let how = how[dice.index(how.len())];
            let span = dice.span(shape.lease / 4, shape.lease * 2);
            Fault::Line { worker, line: dice.index(shape.lines), how, span }
        }
        _ => {
            let how = [Crash::Fast, Crash::Immediate, Crash::Killed];
            Fault::Server { server: dice.index(shape.servers), how: how[dice.index(3)], away }
        }
    }
}

fn moment(dice: &mut Dice, shape: &Shape) -> Moment {
    if shape.points.is_empty() || dice.chance(40) {
        return Moment::Now;
    }
    Moment::Point(shape.points[dice.index(shape.points.len())].clone())
}

fn stop(dice: &mut Dice, shape: &Shape) -> Duration {
    if dice.chance(25) {
        return dice.span(Duration::from_millis(20), shape.lease);
    }
    dice.span(shape.lease * 3 / 2, shape.lease * 5 / 2)
}

impl Fault {
    /// The kind, for a table that counts them.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Kill { moment: Moment::Now, .. } => "kill",
            Self::Kill { .. } => "kill at a point",
            Self::Stop { moment: Moment::Now, .. } => "stop",
            Self::Stop { .. } => "stop at a point",
            Self::Leave { .. } => "leave",
            Self::Line { how: LineFault::Cut, .. } => "line cut",
            Self::Line { how: LineFault::Closed, .. } => "line closed",
            Self::Line { how: LineFault::Stalled, .. } => "line stalled",
            Self::Line { how: LineFault::Stranded, .. } => "line stranded",
            Self::Server { how: Crash::Fast, .. } => "server restart, fast",
            Self::Server { how: Crash::Immediate, .. } => "server restart, immediate",
            Self::Server { how: Crash::Killed, .. } => "server restart, killed",
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => f.write_str("now"),
            Self::Point(name) => write!(f, "at {name}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill { worker, moment, away } => {
                write!(f, "kill worker {worker} {moment}, away {} ms", away.as_millis())
            }
            Self::Stop { worker, moment, span } => {
                write!(f, "stop worker {worker} {moment} for {} ms", span.as_millis())
            }
            Self::Leave { worker, away } => {
                write!(f, "worker {worker} leaves, away {} ms", away.as_millis())
            }
            Self::Line { worker, line, how, span } => {
                write!(f, "line {line} of worker {worker} {how:?} for {} ms", span.as_millis())
            }
            Self::Server { server, how, away } => {
                write!(f, "server {server} ends ({how:?}), away {} ms", away.as_millis())
            }
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {} ms of load", self.seed, self.load.as_millis())?;
        for strike in &self.strikes {
            write!(f, "; at {} ms {}", strike.at.as_millis(), strike.fault)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn shape() -> Shape {
        Shape {
            workers: 3,
            lines: 1,
            servers: 1,
            points: vec!["a".into(), "b".into()],
            faults: (1, 4),
            lease: Duration::from_millis(400),
            load: (Duration::from_secs(1), Duration::from_secs(2)),
        }
    }

    #[test]
    fn a_plan_comes_again_with_its_seed_and_stays_within_its_shape() {
        let mut kinds = BTreeSet::new();
        for seed in 0..500 {
            let plan = Plan::new(seed, &shape());
            assert_eq!(plan, Plan::new(seed, &shape()));
            assert!((1..=4).contains(&plan.strikes.len()), "{plan}");
            assert!(plan.strikes.is_sorted_by_key(|strike| strike.at));
            assert!(plan.strikes.iter().all(|strike| strike.at < plan.load), "{plan}");
            kinds.extend(plan.strikes.iter().map(|strike| strike.fault.kind()));
        }
        assert_eq!(kinds.len(), 12, "{kinds:?}");
    }

    #[test]
    fn what_is_not_there_is_not_struck() {
        let bare = Shape { lines: 0, servers: 0, points: vec![], ..shape() };
        for seed in 0..200 {
            for Strike { fault, .. } in Plan::new(seed, &bare).strikes {
                assert!(matches!(fault.kind(), "kill" | "stop" | "leave"), "{fault}");
            }
        }
    }
}
