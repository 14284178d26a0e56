//! What becomes of a saga when something has happened: rules alone, without a store or a clock.

use serde_json::Value;

use super::{SagaRecord, SagaStatus, StepStatus};
use crate::Timestamp;
use crate::events::Retry;
use crate::jobs::{Failure, Then};

/// Which of a saga's steps have a compensation.
pub(super) type Undoable = Vec<bool>;

impl SagaRecord {
    /// Counts a checkpoint: what works on an earlier one writes nothing any more.
    pub(super) fn check(&mut self, now: Timestamp) {
        self.checkpoint += 1;
        self.updated_at = now;
    }

    /// The step that is run or undone is begun, if it was not.
    pub(super) fn begin(&mut self, now: Timestamp) {
        let step = &mut self.progress.steps[self.progress.at];
        step.started_at.get_or_insert(now);
        if step.status == StepStatus::Pending {
            step.status = StepStatus::Running;
        }
    }

    pub(super) fn step_done(&mut self, state: Value, undoable: &Undoable, now: Timestamp) {
        self.begin(now);
        let progress = &mut self.progress;
        progress.state = state;
        let step = &mut progress.steps[progress.at];
        step.status = StepStatus::Done;
        step.attempts += 1;
        step.finished_at = Some(now);
        progress.at += 1;
        self.rest();
        if self.progress.is_cancelling {
            self.undo("it was cancelled", undoable, now);
        } else if self.progress.at == self.progress.steps.len() {
            self.finish(SagaStatus::Completed, now);
        } else {
            self.status = SagaStatus::Running;
        }
    }

    pub(super) fn step_failed(
        &mut self,
        failure: &Failure,
        retry: &Retry,
        undoable: &Undoable,
        now: Timestamp,
    ) {
        self.begin(now);
        match self.failed(failure, retry, now) {
            Verdict::Again => {}
            Verdict::Never => {
                let at = self.progress.at;
                let step = &mut self.progress.steps[at];
                step.status = StepStatus::Failed;
                step.finished_at = Some(now);
                let error = format!("{}: {}", step.name, failure.text());
                self.undo(&error, undoable, now);
            }
        }
    }

    /// Waits for a time, or for a signal until a time.
    pub(super) fn wait(&mut self, until: Timestamp, signal: Option<&str>, now: Timestamp) {
        self.begin(now);
        self.status = SagaStatus::Waiting;
        self.progress.wake_at = Some(until);
        self.progress.waits_for = signal.map(str::to_owned);
    }

    /// Gives up the step that is run, and turns back.
    pub(super) fn cancelled(&mut self, undoable: &Undoable, now: Timestamp) {
        if let Some(step) = self.progress.steps.get_mut(self.progress.at)
            && step.status == StepStatus::Running
        {
            step.status = StepStatus::Failed;
            step.finished_at = Some(now);
        }
        self.undo("it was cancelled", undoable, now);
    }

    /// Turns back: what was done is undone, the last first.
    fn undo(&mut self, error: &str, undoable: &Undoable, now: Timestamp) {
        self.progress.error = Some(error.to_owned());
        self.progress.is_compensating = true;
        self.progress.is_cancelling = false;
        self.status = SagaStatus::Compensating;
        self.undo_next(undoable, now);
    }

    /// Finds the last step that is done and has a compensation; those without one count as undone.
    fn undo_next(&mut self, undoable: &Undoable, now: Timestamp) {
        self.rest();
        let progress = &mut self.progress;
        while let Some(at) = progress.steps.iter().rposition(|step| step.status == StepStatus::Done) {
            let step = &mut progress.steps[at];
            if undoable.get(at).copied().unwrap_or(false) {
                step.status = StepStatus::Compensating;
                progress.at = at;
                return;
            }
            step.status = StepStatus::Compensated;
        }
        self.finish(SagaStatus::Compensated, now);
    }

    pub(super) fn undo_done(&mut self, state: Value, undoable: &Undoable, now: Timestamp) {
        let progress = &mut self.progress;
        progress.state = state;
        let step = &mut progress.steps[progress.at];
        step.status = StepStatus::Compensated;
        step.attempts += 1;
        step.finished_at = Some(now);
        self.undo_next(undoable, now);
    }

    pub(super) fn undo_failed(&mut self, failure: &Failure, retry: &Retry, now: Timestamp) {
        if let Verdict::Never = self.failed(failure, retry, now) {
            let name = &self.progress.steps[self.progress.at].name;
            self.stick(&format!("{name} cannot be undone: {}", failure.text()));
        }
    }

    /// Sets it aside for somebody to look.
    pub(super) fn stick(&mut self, error: &str) {
        self.status = SagaStatus::Stuck;
        self.progress.error = Some(error.to_owned());
        self.rest();
    }

    /// Lets one that was set aside go on where it was.
    pub(super) fn unstick(&mut self) {
        let is_back = self.progress.is_compensating;
        self.status = if is_back { SagaStatus::Compensating } else { SagaStatus::Running };
        self.rest();
    }

    fn failed(&mut self, failure: &Failure, retry: &Retry, now: Timestamp) -> Verdict {
        let progress = &mut self.progress;
        let then = failure.then();
        if let Then::Snooze(wait) = then {
            progress.wake_at = Some(now.saturating_add(wait));
            return Verdict::Again;
        }
        let step = &mut progress.steps[progress.at];
        step.attempts += 1;
        step.error = Some(failure.text().to_owned());
        progress.failures += 1;
        let is_last = progress.failures >= retry.attempts();
        let wait = match then {
            Then::GiveUp | Then::Cancel => return Verdict::Never,
            Then::Retry if !is_last => retry.wait(progress.failures),
            Then::RetryAfter(wait) if !is_last => wait,
            _ => return Verdict::Never,
        };
        progress.wake_at = Some(now.saturating_add(wait));
        Verdict::Again
    }

    /// Forgets what held for the step before.
    fn rest(&mut self) {
        self.progress.failures = 0;
        self.progress.wake_at = None;
        self.progress.waits_for = None;
    }

    fn finish(&mut self, status: SagaStatus, now: Timestamp) {
        self.status = status;
        self.finished_at = Some(now);
    }
}

enum Verdict {
    Again,
    Never,
}
