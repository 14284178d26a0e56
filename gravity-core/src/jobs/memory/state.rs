//! What the store in memory holds, and what nodes do to it.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::MemoryTx;
use super::record::Record;
use crate::Timestamp;
use crate::jobs::lapse::{Lapse, on_lapse};
use crate::jobs::work::Keep;
use crate::jobs::{
    Ask, Attempt, Claimed, Enqueued, JobId, JobState, NewJob, NodeBeat, Outcome, Taken, Unique, View,
};

/// A node's beat, and whether it counts as alive.
type Node = (i64, bool);

#[derive(Default)]
pub(super) struct State {
    place: i64,
    pub(super) jobs: BTreeMap<JobId, Record>,
    pub(super) uniques: HashMap<(String, String), (JobId, Option<Timestamp>)>,
    nodes: BTreeMap<Uuid, Node>,
    pub(super) rates: HashMap<(String, String), Timestamp>,
}

impl State {
    pub(super) fn commit(&mut self, tx: MemoryTx<'_>) -> Vec<Enqueued> {
        for action in tx.actions {
            action();
        }
        tx.jobs.into_iter().map(|job| self.insert(job)).collect()
    }

    /// The job that keeps this one out.
    pub(super) fn holder(&self, job: &NewJob) -> Option<JobId> {
        let (key, _) = job.unique.as_ref()?;
        let (holder, until) = self.uniques.get(&(job.kind.clone(), key.clone()))?;
        until.is_none_or(|until| until > job.created_at).then_some(*holder)
    }

    fn insert(&mut self, job: NewJob) -> Enqueued {
        if let Some(holder) = self.holder(&job) {
            return Enqueued { id: holder, is_new: false };
        }
        if let Some((key, scope)) = &job.unique {
            let until = match scope {
                Unique::WhileOpen => None,
                Unique::Within(period) => Some(job.created_at.saturating_add(*period)),
            };
            self.uniques.insert((job.kind.clone(), key.clone()), (job.id, until));
        }
        self.place += 1;
        let id = job.id;
        self.jobs.insert(id, Record::new(job, self.place));
        Enqueued { id, is_new: true }
    }

    pub(super) fn join(&mut self, node: Uuid) {
        self.nodes.insert(node, (0, true));
    }

    pub(super) fn beat(&mut self, node: Uuid, running: &[JobId]) -> View {
        let mut view = View::default();
        if let Some((beat, true)) = self.nodes.get_mut(&node) {
            *beat += 1;
            view.is_alive = true;
        }
        for (node, (beat, is_alive)) in &self.nodes {
            if *is_alive {
                view.nodes.push(NodeBeat { node: *node, beat: *beat });
            } else {
                view.silent.push(*node);
            }
        }
        let is_cancelling = |id: &&JobId| self.jobs.get(id).is_some_and(|job| job.is_cancelling);
        view.cancelling = running.iter().filter(is_cancelling).copied().collect();
        view
    }

    pub(super) fn bury(&mut self, silent: Uuid, beat: Option<i64>, now: Timestamp) -> u64 {
        match self.nodes.get(&silent) {
            Some((_, false)) => {}
            Some((last, true)) if Some(*last) == beat => {}
            _ => return 0,
        }
        self.nodes.remove(&silent);
        self.free_jobs_of(silent, true, now)
    }

    pub(super) fn leave(&mut self, node: Uuid, now: Timestamp) {
        self.nodes.remove(&node);
        self.free_jobs_of(node, false, now);
    }

    fn free_jobs_of(&mut self, node: Uuid, counts: bool, now: Timestamp) -> u64 {
        let jobs: Vec<JobId> =
            self.jobs.values().filter(|job| job.node == Some(node)).map(|job| job.new.id).collect();
        for id in &jobs {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            job.node = None;
            job.fence += 1;
            job.lapses += u32::from(counts);
            job.state = JobState::Ready;
            let errors = job.errors.clone();
            match on_lapse(job.lapses, job.failures, errors, job.is_cancelling, counts, now) {
                Lapse::Ready => job.claimed_at = None,
                Lapse::Later(at) => {
                    (job.state, job.run_at, job.claimed_at) = (JobState::Scheduled, at, None);
                }
                Lapse::Dead(errors) => self.end(*id, JobState::Dead, Some(errors), now),
                Lapse::Cancelled => self.end(*id, JobState::Cancelled, None, now),
            }
        }
        u64::try_from(jobs.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn wake(&mut self, now: Timestamp) -> Option<Timestamp> {
        let mut next = None::<Timestamp>;
        for job in self.jobs.values_mut().filter(|job| job.state == JobState::Scheduled) {
            if job.run_at <= now {
                job.state = JobState::Ready;
            } else {
                next = Some(next.map_or(job.run_at, |next| next.min(job.run_at)));
            }
        }
        next
    }

    pub(super) fn claim(&mut self, ask: &Ask<'_>) -> Taken {
        let mut taken = Taken::default();
        if self.nodes.get(&ask.node).is_none_or(|(_, is_alive)| !is_alive) {
            return taken;
        }
        let mut ready: Vec<_> = self
            .jobs
            .values()
            .filter(|job| job.state == JobState::Ready && job.new.queue == ask.queue)
            .map(|job| (std::cmp::Reverse(job.new.priority), job.place, job.new.id))
            .collect();
        ready.sort_unstable();
        let used = |rates: &HashMap<_, _>, key: &str| {
            rates.get(&(ask.queue.to_owned(), key.to_owned())).copied().unwrap_or(Timestamp::UNIX_EPOCH)
        };
        for (_, _, id) in ready {
            if taken.jobs.len() >= ask.limit {
                break;
            }
            let mut all = used(&self.rates, "");
            if let Some(rate) = ask.rate {
                all = rate.believed(all, ask.now);
                self.rates.insert((ask.queue.to_owned(), String::new()), all);
            }
            if let Some(rate) = ask.rate.filter(|rate| rate.room(all, ask.now) == 0) {
                if taken.jobs.is_empty() {
                    taken.held_until = Some(rate.next(all, ask.now));
                }
                break;
            }
            if self.is_blocked(id) {
                self.set(id, |job| job.state = JobState::Waiting);
                continue;
            }
            let Some(job) = self.jobs.get(&id) else { continue };
            let rate_key = job.new.rate_key.clone().or_else(|| job.new.key.clone());
            if let (Some(rate), Some(key), false) = (ask.key_rate, rate_key, job.is_paid) {
                let before = used(&self.rates, &key);
                let begins = rate.next(before, ask.now);
                self.rates.insert((ask.queue.to_owned(), key), rate.take(before, ask.now, 1));
                if begins > ask.now {
                    self.set(id, |job| {
                        (job.state, job.run_at, job.is_paid) = (JobState::Scheduled, begins, true);
                        job.is_holding = job.new.key.is_some();
                    });
                    continue;
                }
            }
            if let Some(rate) = ask.rate {
                self.rates.insert((ask.queue.to_owned(), String::new()), rate.take(all, ask.now, 1));
            }
            self.set(id, |job| {
                job.state = JobState::Running;
                job.node = Some(ask.node);
                job.fence += 1;
                job.claimed_at = Some(ask.now);
                job.is_holding = job.new.key.is_some();
                job.is_paid = false;
                job.progress = None;
            });
            taken.jobs.extend(self.jobs.get(&id).map(Record::claimed));
        }
        taken
    }

    pub(super) fn held(&self, node: Uuid, queue: &str) -> Vec<Claimed> {
        let is_held = |job: &&Record| job.node == Some(node) && job.new.queue == queue;
        let mut held: Vec<_> = self.jobs.values().filter(is_held).map(Record::claimed).collect();
        held.sort_unstable_by_key(|job| (std::cmp::Reverse(job.priority), job.place));
        held
    }

    fn set(&mut self, id: JobId, change: impl FnOnce(&mut Record)) {
        if let Some(job) = self.jobs.get_mut(&id) {
            change(job);
        }
    }

    fn is_blocked(&self, id: JobId) -> bool {
        let Some(job) = self.jobs.get(&id) else { return false };
        let Some(key) = job.new.key.as_deref() else { return false };
        self.jobs.values().any(|other| {
            let is_before = matches!(other.state, JobState::Ready | JobState::Waiting | JobState::Running)
                && other.place < job.place
                && !job.is_holding;
            other.new.id != id && other.is_of_line(&job.new.queue, key) && (other.is_holding || is_before)
        })
    }

    /// The job, if the claim still holds.
    pub(super) fn claimed(&mut self, claim: &Claimed) -> Option<&mut Record> {
        self.jobs.get_mut(&claim.id).filter(|job| job.fence == claim.fence && job.node.is_some())
    }

    /// Whether the claim still held.
    pub(super) fn settle(&mut self, claim: &Claimed, outcome: &Outcome, now: Timestamp) -> bool {
        let Some(job) = self.claimed(claim) else { return false };
        let is_cancelling = job.is_cancelling;
        job.node = None;
        job.fence += 1;
        if !matches!(outcome, Outcome::Done(_)) {
            job.claimed_at = None;
        }
        let id = claim.id;
        match outcome {
            Outcome::Done(Keep::Not) => {
                self.end(id, JobState::Done, None, now);
                self.jobs.remove(&id);
            }
            Outcome::Done(Keep::ForATime) => self.end(id, JobState::Done, None, now),
            Outcome::Dead { errors } => {
                job.failures += 1;
                self.end(id, JobState::Dead, Some(errors.clone()), now);
            }
            Outcome::Cancelled => self.end(id, JobState::Cancelled, None, now),
            Outcome::Retry { at, errors } => {
                job.failures += 1;
                job.errors.clone_from(errors);
                (job.state, job.run_at) = (JobState::Scheduled, *at);
            }
            Outcome::Snooze(at) => (job.state, job.run_at) = (JobState::Scheduled, *at),
            Outcome::GivenBack => job.state = JobState::Ready,
        }
        let goes_on = matches!(outcome, Outcome::Retry { .. } | Outcome::Snooze(_) | Outcome::GivenBack);
        if goes_on && is_cancelling {
            self.end(id, JobState::Cancelled, None, now);
        }
        true
    }

    /// Ends a job, and lets the next of its key be asked again.
    pub(super) fn end(&mut self, id: JobId, state: JobState, errors: Option<Vec<Attempt>>, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.state = state;
        job.finished_at = Some(now);
        job.node = None;
        job.fence += 1;
        job.is_holding = false;
        job.is_cancelling = false;
        if let Some(errors) = errors {
            job.errors = errors;
        }
        let line = job.new.key.clone().map(|key| (job.new.queue.clone(), key));
        if let Some(key) = job.open_key()
            && self.uniques.get(&key).is_some_and(|(holder, until)| *holder == id && until.is_none())
        {
            self.uniques.remove(&key);
        }
        if let Some((queue, key)) = line {
            let waiting = self
                .jobs
                .values_mut()
                .filter(|job| job.state == JobState::Waiting && job.is_of_line(&queue, &key));
            if let Some(next) = waiting.min_by_key(|job| job.place) {
                next.state = JobState::Ready;
            }
        }
    }
}
