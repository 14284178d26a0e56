//! What an operator does to jobs, and sees of them.

use std::collections::BTreeMap;

use super::state::State;
use crate::Timestamp;
use crate::jobs::{Count, Error, JobFilter, JobId, JobState, JobView, QueueAge};

impl State {
    pub(super) fn list(&self, filter: &JobFilter, before: Option<JobId>, limit: usize) -> Vec<JobView> {
        let matches = |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted == is);
        self.jobs
            .values()
            .rev()
            .filter(|job| before.is_none_or(|before| job.new.id < before))
            .filter(|job| matches(filter.queue.as_deref(), &job.new.queue))
            .filter(|job| matches(filter.kind.as_deref(), &job.new.kind))
            .filter(|job| filter.state.is_none_or(|state| state == job.state))
            .take(limit)
            .map(super::record::Record::view)
            .collect()
    }

    pub(super) fn counts(&self) -> Vec<Count> {
        let mut counts = BTreeMap::<(String, JobState), u64>::new();
        for job in self.jobs.values() {
            *counts.entry((job.new.queue.clone(), job.state)).or_default() += 1;
        }
        counts.into_iter().map(|((queue, state), jobs)| Count { queue, state, jobs }).collect()
    }

    pub(super) fn ages(&self) -> Vec<QueueAge> {
        let mut ages = BTreeMap::<String, Timestamp>::new();
        for job in self.jobs.values().filter(|job| job.state == JobState::Ready) {
            let since = ages.entry(job.new.queue.clone()).or_insert(job.run_at);
            *since = job.run_at.min(*since);
        }
        ages.into_iter().map(|(queue, since)| QueueAge { queue, since }).collect()
    }

    pub(super) fn retry(&mut self, id: JobId, now: Timestamp) -> Result<(), Error> {
        let job = self.jobs.get_mut(&id).ok_or(Error::NotFound)?;
        match job.state {
            JobState::Scheduled => (job.state, job.run_at) = (JobState::Ready, now),
            JobState::Dead | JobState::Cancelled => {
                if let Some(holder) = self.revive(id, now) {
                    return Err(Error::KeptOut(holder));
                }
            }
            state => return Err(Error::WrongState(state)),
        }
        Ok(())
    }

    pub(super) fn cancel(&mut self, id: JobId, now: Timestamp) -> Result<(), Error> {
        let job = self.jobs.get_mut(&id).ok_or(Error::NotFound)?;
        match job.state {
            JobState::Running => job.is_cancelling = true,
            state if state.is_finished() => return Err(Error::WrongState(state)),
            _ => self.end(id, JobState::Cancelled, None, now),
        }
        Ok(())
    }

    pub(super) fn replay(&mut self, queue: &str, limit: usize, now: Timestamp) -> u64 {
        let mut dead: Vec<_> = self
            .jobs
            .values()
            .filter(|job| job.new.queue == queue && job.state == JobState::Dead)
            .filter(|job| job.finished_at.is_some_and(|at| at <= now))
            .filter(|job| job.open_key().is_none_or(|key| !self.uniques.contains_key(&key)))
            .map(|job| (job.finished_at, job.place, job.new.id))
            .collect();
        dead.sort_unstable();
        let revived =
            dead.into_iter().take(limit).filter(|(_, _, id)| self.revive(*id, now).is_none()).count();
        u64::try_from(revived).unwrap_or(u64::MAX)
    }

    /// Makes a job that had ended ready, or tells which other job keeps it out.
    fn revive(&mut self, id: JobId, now: Timestamp) -> Option<JobId> {
        let job = self.jobs.get_mut(&id)?;
        if let Some(key) = job.open_key() {
            match self.uniques.get(&key) {
                Some((holder, until)) if until.is_none_or(|until| until > now) => return Some(*holder),
                _ => self.uniques.insert(key, (id, None)),
            };
        }
        job.state = JobState::Ready;
        job.run_at = now;
        (job.failures, job.lapses) = (0, 0);
        (job.finished_at, job.claimed_at) = (None, None);
        (job.is_paid, job.is_cancelling) = (false, false);
        None
    }

    pub(super) fn retain(&mut self, done_before: Timestamp, dead_before: Timestamp) -> u64 {
        let before = self.jobs.len();
        self.jobs.retain(|_, job| {
            let limit = if job.state == JobState::Dead { dead_before } else { done_before };
            !(job.state.is_finished() && job.finished_at.is_some_and(|at| at < limit))
        });
        self.uniques.retain(|_, (_, until)| until.is_none_or(|until| until >= done_before));
        self.rates.retain(|_, used| *used >= done_before);
        u64::try_from(before - self.jobs.len()).unwrap_or(u64::MAX)
    }
}
