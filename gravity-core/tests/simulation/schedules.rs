//! Nodes that fire schedules, across days on which clocks change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gravity_core::jobs::{Job, JobFilter, JobStore as _, MemoryJobs};
use gravity_core::schedules::{
    MemorySchedules, Missed, Recurrence, Schedule, ScheduleNode, ScheduleStore as _, Schedules, Tick,
};
use gravity_core::testing::faults::{Books, Consumer, Dice, Effect, Entry, Fact, Findings, Note, check};
use gravity_core::{TestClock, Timestamp};
use jiff::civil::{self, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

use super::{PATIENCE, Seat, settle};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;
/// How often nodes look.
const POLL: Duration = Duration::from_mins(10);
/// A history has fewer ticks than this between two looks, so that none is passed over.
const EACH: Missed = Missed::Each { limit: 1_000 };

#[derive(Debug, Serialize, Deserialize)]
struct Ring {}

impl Job for Ring {
    const KIND: &'static str = "simulation.ring";
}

/// What a schedule says, and how one would find its ticks with a calendar and a clock.
struct Kind {
    name: &'static str,
    recurrence: fn() -> Recurrence,
    ticks: fn(from: i64, to: i64) -> Vec<i64>,
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "every",
        recurrence: || Recurrence::every("17m").unwrap(),
        ticks: |from, to| grid(from, to, 17),
    },
    Kind {
        name: "quarters",
        recurrence: || Recurrence::cron("*/15 * * * *", "America/New_York").unwrap(),
        ticks: |from, to| grid(from, to, 15),
    },
    // It is left out in spring, and comes twice in autumn.
    Kind {
        name: "night",
        recurrence: || Recurrence::cron("30 2 * * *", "Europe/Berlin").unwrap(),
        ticks: |from, to| daily(from, to, "Europe/Berlin", 2, 30, |_| true),
    },
    // Half an hour is left out.
    Kind {
        name: "island",
        recurrence: || Recurrence::cron("15 2 * * *", "Australia/Lord_Howe").unwrap(),
        ticks: |from, to| daily(from, to, "Australia/Lord_Howe", 2, 15, |_| true),
    },
    Kind {
        name: "weekdays",
        recurrence: || Recurrence::cron("0 9 * * MON-FRI", "America/New_York").unwrap(),
        ticks: |from, to| {
            daily(from, to, "America/New_York", 9, 0, |date| {
                !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
            })
        },
    },
];

/// Every so many minutes.
fn grid(from: i64, to: i64, minutes: i64) -> Vec<i64> {
    let every = minutes * MINUTE;
    (from.div_euclid(every)..=to.div_euclid(every))
        .map(|number| number * every)
        .filter(|at| (from..to).contains(at))
        .collect()
}

/// Once on each day, day by day: right after the gap where the clock leaves the time out, and at the first of two
/// where it shows it twice.
fn daily(from: i64, to: i64, zone: &str, hour: i8, minute: i8, is_day: fn(civil::Date) -> bool) -> Vec<i64> {
    let zone = TimeZone::get(zone).unwrap();
    let second = |second| jiff::Timestamp::from_second(second).unwrap();
    let mut date = second(from - 2 * DAY).to_zoned(zone.clone()).date();
    let mut ticks = Vec::new();
    while ticks.last().is_none_or(|last| *last < to) {
        date = date.tomorrow().unwrap();
        let shown = zone.to_ambiguous_timestamp(date.at(hour, minute, 0, 0));
        let at = match shown.offset() {
            AmbiguousOffset::Gap { .. } => {
                let after = shown.later().unwrap();
                zone.preceding(after).next().unwrap().timestamp().as_second()
            }
            AmbiguousOffset::Fold { .. } | AmbiguousOffset::Unambiguous { .. } => {
                shown.earlier().unwrap().as_second()
            }
        };
        // A day on which nothing is due moves on all the same.
        ticks.push(if is_day(date) { at } else { from - 1 });
        if at >= to {
            break;
        }
    }
    ticks.into_iter().filter(|at| (from..to).contains(at)).collect()
}

struct History {
    jobs: MemoryJobs,
    store: MemorySchedules,
    dice: Arc<Mutex<Dice>>,
    start: i64,
    seats: Vec<Seat<()>>,
    /// Whether what was missed is passed over.
    skips: bool,
}

#[test]
fn each_tick_fires_once_over_all_nodes_and_clock_changes() {
    super::play("schedules", 150, |seed| async move { History::new(seed).play().await });
}

impl History {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        // In the weeks of 2026 on which clocks of Berlin, New York or Lord Howe change, and in others.
        let weeks = [
            "2026-03-05",
            "2026-03-26",
            "2026-04-02",
            "2026-07-01",
            "2026-10-01",
            "2026-10-23",
            "2026-10-29",
        ];
        let week: civil::Date = weeks[dice.index(weeks.len())].parse().unwrap();
        let midnight = week.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
        let start = midnight + i64::try_from(dice.below(86_400)).unwrap();
        let jobs = MemoryJobs::new();
        let seats = (0..=dice.below(4)).map(|_| seat(start, &mut dice)).collect();
        let skips = dice.chance(30);
        Self {
            store: MemorySchedules::new(&jobs),
            jobs,
            dice: Arc::new(Mutex::new(dice)),
            start,
            seats,
            skips,
        }
    }

    fn roll(&self, limit: u64) -> u64 {
        self.dice.lock().unwrap().below(limit)
    }

    async fn play(mut self) -> Findings {
        let hands = TestClock::at(Timestamp::from_seconds(self.start).unwrap());
        let schedules = Schedules::new(self.store.clone(), hands.clock());
        for kind in &KINDS {
            let schedule = Schedule::new(kind.name, (kind.recurrence)(), Ring {}).unwrap();
            let missed = if self.skips { Missed::Skip } else { EACH };
            schedules.add(schedule.missed(missed)).await.unwrap();
        }
        for _ in 0..60 + self.roll(60) {
            let seat = usize::try_from(self.roll(self.seats.len() as u64)).unwrap();
            match self.roll(12) {
                0..3 => self.work(seat),
                3 => self.seats[seat].kill(),
                4..6 => self.seats[seat].is_paused = true,
                6..9 => self.seats[seat].is_paused = false,
                9 => self.jump(seat),
                _ => {}
            }
            self.pass();
            settle().await;
        }
        let stuck = self.drain().await;
        self.judge(stuck).await
    }

    /// A clock is set back, by up to a day, or forward, by no more than its node makes good by its policy.
    fn jump(&self, seat: usize) {
        let hands = &self.seats[seat].hands;
        let span = Duration::from_mins(self.roll(24 * 60));
        let now = hands.now();
        hands.set(if self.roll(2) == 0 { now.saturating_sub(span) } else { now.saturating_add(span) });
    }

    fn pass(&self) {
        for seat in self.seats.iter().filter(|seat| !seat.is_paused) {
            seat.hands.advance(Duration::from_secs(self.roll(7_200)));
        }
    }

    fn work(&mut self, seat: usize) {
        if self.seats[seat].task.is_none() {
            let schedules = Schedules::new(self.store.clone(), self.seats[seat].hands.clock());
            let node = ScheduleNode::new(schedules).with_poll(POLL);
            self.seats[seat].task = Some(tokio::spawn(node.run_until(std::future::pending())));
        }
    }

    /// All clocks are right again: says so if the nodes do not catch up.
    async fn drain(&mut self) -> Option<String> {
        // More than a day on, so that something was due however little time has passed, and however far clocks were
        // set back.
        let start = Timestamp::from_seconds(self.start).unwrap();
        let latest = self.seats.iter().map(|seat| seat.hands.now()).fold(start, Timestamp::max);
        let right = latest.saturating_add(Duration::from_hours(26));
        for seat in 0..self.seats.len() {
            self.seats[seat].is_paused = false;
            self.seats[seat].hands.set(right);
            self.work(seat);
        }
        for _ in 0..PATIENCE {
            let next = self.store.next().await.unwrap();
            if next.is_none_or(|next| next > right) {
                return None;
            }
            self.seats.iter().for_each(|seat| seat.hands.advance(POLL / 600));
            settle().await;
        }
        Some("what is due was not fired".into())
    }

    async fn judge(&self, stuck: Option<String>) -> Findings {
        let jobs = self.jobs.list(&JobFilter::new(), None, usize::MAX).await.unwrap();
        let mut books = Books::default();
        let mut ledger = Vec::new();
        let mut odd = Vec::new();
        let mut fired = HashMap::<String, u64>::new();
        // The newest comes first.
        for job in jobs.into_iter().rev() {
            let text = job.correlation.unwrap();
            let tick: Tick = text.parse().unwrap();
            *fired.entry(tick.schedule.clone()).or_default() += 1;
            let (consumer, attempt) = (tick.schedule, job.id.to_string());
            let note =
                Note::Attempt { consumer: consumer.clone(), fact: text.clone(), attempt: attempt.clone() };
            ledger.push(Entry { at: 0, process: "a node".into(), note });
            books.effects.push(Effect { consumer, fact: text, attempt });
        }
        for kind in &KINDS {
            let state = self.store.get(kind.name).await.unwrap().unwrap();
            // Up to the next one all were fired or passed over.
            let end = state.next.unwrap().as_micros() / 1_000_000;
            let ticks = (kind.ticks)(self.start + 1, end);
            let fired = fired.get(kind.name).copied().unwrap_or(0);
            if u64::try_from(state.fired).unwrap() != fired {
                odd.push(format!(
                    "{}: {} ticks were counted, and {fired} jobs are there",
                    kind.name, state.fired
                ));
            }
            let counted = state.fired + if self.skips { state.missed } else { 0 };
            if usize::try_from(counted).unwrap() != ticks.len() {
                odd.push(format!("{}: {counted} ticks instead of {}", kind.name, ticks.len()));
            }
            let topic = kind.name.to_owned();
            // Ids are in the order of clocks, which are apart.
            books.consumers.push(Consumer { name: topic.clone(), topic: topic.clone(), is_ordered: false });
            let fact = |(number, at): (usize, &i64)| {
                let at = Timestamp::from_seconds(*at).unwrap();
                let tick = Tick { schedule: topic.clone(), at };
                Fact {
                    id: tick.to_string(),
                    topic: topic.clone(),
                    key: topic.clone(),
                    number: i64::try_from(number).unwrap(),
                }
            };
            books.facts.extend(ticks.iter().enumerate().map(fact));
        }
        let mut findings = check(&books, &ledger);
        if self.skips {
            // What was passed over is counted above.
            findings.lost.clear();
        }
        findings.stuck.extend(stuck);
        findings.odd.append(&mut odd);
        findings
    }
}

fn seat(start: i64, dice: &mut Dice) -> Seat<()> {
    let seat = Seat::new(0);
    let skew = Duration::from_secs(dice.below(120));
    let start = Timestamp::from_seconds(start).unwrap();
    seat.hands.set(if dice.chance(50) { start.saturating_add(skew) } else { start.saturating_sub(skew) });
    seat
}
