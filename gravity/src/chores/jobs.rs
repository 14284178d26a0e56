//! `gravity jobs`.

use anyhow::{Context, Result};
use gravity_core::Timestamp;
use gravity_core::jobs::{JobFilter, JobId, JobState, JobView};

use crate::cli::{JobsAction, State};
use crate::platform::Platform;
use crate::say::say;
use crate::settings::Settings;

pub(crate) async fn jobs(settings: Settings, action: JobsAction) -> Result<()> {
    let platform = Platform::open(&settings, &settings.public_url(settings.listen)).await?;
    let jobs = &platform.jobs;
    match action {
        JobsAction::List { state, queue, kind, limit } => {
            let filter = JobFilter { queue, kind, state: state.map(JobState::from) };
            let found = jobs.list(&filter, None, limit.into()).await?;
            if found.is_empty() {
                say!("no such jobs");
            }
            found.iter().for_each(print);
        }
        JobsAction::Count => {
            let counts = jobs.counts().await?;
            if counts.is_empty() {
                say!("no jobs");
            }
            for count in counts {
                say!("{}\t{}\t{}", count.queue, count.state, count.jobs);
            }
        }
        JobsAction::Retry { id } => {
            jobs.retry(parsed(&id)?).await?;
            say!("{id} is ready");
        }
        JobsAction::Cancel { id } => {
            jobs.cancel(parsed(&id)?).await?;
            say!("{id} is cancelled, or told to stop");
        }
    }
    Ok(())
}

fn parsed(id: &str) -> Result<JobId> {
    id.parse()
        .with_context(|| format!("{id:?} is no id of a job, such as those that `gravity jobs list` prints"))
}

fn print(job: &JobView) {
    let error = job.errors.last().map_or(String::new(), |attempt| format!("\t{}", one_line(&attempt.error)));
    let when: Timestamp = job.finished_at.unwrap_or(job.run_at);
    say!("{}\t{}\t{}\t{}\t{when}\tfailures {}{error}", job.id, job.state, job.queue, job.kind, job.failures);
}

fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(120).collect()
}

impl From<State> for JobState {
    fn from(state: State) -> Self {
        match state {
            State::Scheduled => Self::Scheduled,
            State::Waiting => Self::Waiting,
            State::Ready => Self::Ready,
            State::Running => Self::Running,
            State::Done => Self::Done,
            State::Dead => Self::Dead,
            State::Cancelled => Self::Cancelled,
        }
    }
}
