//! [`Report`]: adds up rounds.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use super::{Findings, Plan};

/// Adds up rounds. Its text is the summary of a run.
#[derive(Debug, Clone)]
pub struct Report {
    began: Instant,
    rounds: usize,
    faults: BTreeMap<&'static str, usize>,
    wrong: BTreeMap<&'static str, usize>,
    counts: BTreeMap<String, usize>,
    longest_drain: Duration,
    failed: Vec<String>,
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}

impl Report {
    /// No rounds.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            rounds: 0,
            faults: BTreeMap::new(),
            wrong: Findings::default().wrong().iter().map(|(kind, _)| (*kind, 0)).collect(),
            counts: BTreeMap::new(),
            longest_drain: Duration::ZERO,
            failed: Vec::new(),
        }
    }

    /// Adds a round. `label` says how to run it again.
    pub fn add(&mut self, label: &str, plan: &Plan, findings: &Findings, drain: Duration) {
        self.rounds += 1;
        for strike in &plan.strikes {
            *self.faults.entry(strike.fault.kind()).or_default() += 1;
        }
        for (kind, cases) in findings.wrong() {
            *self.wrong.entry(kind).or_default() += cases.len();
        }
        self.count("facts committed", findings.facts);
        self.count("effects", findings.effects);
        self.count("attempts", findings.attempts);
        self.count("attempts refused to the overtaken", findings.refused);
        self.count("attempts that were told so", findings.fenced);
        self.longest_drain = self.longest_drain.max(drain);
        if !findings.is_clean() {
            self.failed.push(label.to_owned());
        }
    }

    /// Counts something more.
    pub fn count(&mut self, what: impl Into<String>, number: usize) {
        *self.counts.entry(what.into()).or_default() += number;
    }

    /// How many rounds there were.
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// Whether there were rounds, and nothing was wrong in any of them.
    pub fn is_clean(&self) -> bool {
        self.rounds > 0 && self.failed.is_empty()
    }

    /// The line that says it all.
    pub fn closing(&self) -> String {
        let of = |kind: &str| self.wrong.get(kind).copied().unwrap_or(0);
        format!(
            "rounds: {}, lost: {}, duplicated: {}, out of order: {}, stuck: {}, failed rounds: {}",
            self.rounds,
            of("lost"),
            of("duplicated"),
            of("out of order"),
            of("stuck"),
            self.failed.len()
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} rounds in {} s", self.rounds, self.began.elapsed().as_secs())?;
        writeln!(f, "faults: {}", self.faults.values().sum::<usize>())?;
        for (kind, count) in &self.faults {
            writeln!(f, "  {kind:34} {count:>8}")?;
        }
        writeln!(f, "counted:")?;
        for (what, count) in &self.counts {
            writeln!(f, "  {what:34} {count:>8}")?;
        }
        writeln!(f, "  {:34} {:>8}", "longest drain, ms", self.longest_drain.as_millis())?;
        writeln!(f, "wrong:")?;
        for (kind, count) in &self.wrong {
            writeln!(f, "  {kind:34} {count:>8}")?;
        }
        for label in &self.failed {
            writeln!(f, "failed: {label}")?;
        }
        Ok(())
    }
}
