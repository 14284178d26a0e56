//! [`NewJob`]: a job that is about to be written down.

use std::time::Duration;

use super::Error;
use crate::{Entity, Id, Timestamp};

/// Stands for jobs in their ids.
#[derive(Debug, Clone, Copy)]
pub struct JobRecord;

impl Entity for JobRecord {
    const PREFIX: &'static str = "job";
}

/// The id of a job, `job_01h455vb4pex5vsknk084sn02q` on the wire.
pub type JobId = Id<JobRecord>;

/// How long a job keeps others of its kind with the same unique key out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    /// Until it is done, dead or cancelled.
    WhileOpen,
    /// For so long from when it was enqueued, whatever becomes of it.
    Within(Duration),
}

/// A job that is about to be written down, made by [`Jobs::prepare`](super::Jobs::prepare).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Tells it from every other job.
    pub id: JobId,
    /// Where it waits.
    pub queue: String,
    /// [`Job::KIND`](super::Job::KIND) of its type.
    pub kind: String,
    /// What it needs to know, as JSON.
    pub payload: String,
    /// A higher one goes first.
    pub priority: i16,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it may run; `None` for at once.
    pub run_at: Option<Timestamp>,
    /// Jobs of a queue with the same key run one after the other.
    pub key: Option<String>,
    /// Whom a rate by key counts it for; `None` for `key`.
    pub rate_key: Option<String>,
    /// Of jobs of a kind with the same unique key, only one is enqueued.
    pub unique: Option<(String, Unique)>,
    /// How often it is tried.
    pub max_attempts: u32,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// The same for all that followed from one cause, such as the id of a request.
    pub correlation: Option<String>,
}

/// What became of a job that was to be enqueued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enqueued {
    /// Its id, or that of the job that keeps it out.
    pub id: JobId,
    /// Whether it was written down. `false` if another one with its unique key keeps it out.
    pub is_new: bool,
}

/// The longest payload, in bytes of JSON: nodes hold many at once. What is larger belongs in a table or a store of
/// files, and its id into the job.
const MAX_PAYLOAD: usize = 1 << 20;

impl NewJob {
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.payload.len() > MAX_PAYLOAD {
            return Err(Error::invalid("job", "it has up to 1 MiB as JSON"));
        }
        check_name("kind", &self.kind, 128)?;
        check_name("queue", &self.queue, 64)?;
        check_text("key", self.key.as_deref())?;
        check_text("rate key", self.rate_key.as_deref())?;
        check_text("unique key", self.unique.as_ref().map(|(key, _)| key.as_str()))?;
        check_text("correlation", self.correlation.as_deref())
    }
}

/// Names have some of `a` to `z`, `0` to `9`, `_`, `-` and `.`, as they appear in labels of metrics.
pub(super) fn check_name(what: &'static str, name: &str, longest: usize) -> Result<(), Error> {
    let is_name = (1..=longest).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte));
    if is_name {
        return Ok(());
    }
    Err(Error::invalid(what, format!("it has 1 to {longest} of `a` to `z`, `0` to `9`, `_`, `-`, `.`")))
}

fn check_text(what: &'static str, text: Option<&str>) -> Result<(), Error> {
    match text {
        Some(text) if text.is_empty() || text.chars().nth(255).is_some() => {
            Err(Error::invalid(what, "it has 1 to 255 characters"))
        }
        Some(text) if text.chars().any(char::is_control) => {
            Err(Error::invalid(what, "it has no control characters"))
        }
        _ => Ok(()),
    }
}
