//! The routes by which people look after jobs.

mod handlers;
mod problems;
mod views;

use std::sync::Arc;

pub use views::{CountView, JobDetail, JobSummary, Replayed};

use super::{JobStore, Jobs};
use crate::Permission;
use crate::http::{Routes, get, post};
use crate::page::CursorKeys;
use crate::security::mask::Masker;

/// Lets its holder see jobs, secrets masked.
pub const JOBS_READ: Permission = Permission::new("jobs:read");

/// Lets its holder retry, cancel and replay jobs.
pub const JOBS_WRITE: Permission = Permission::new("jobs:write");

/// What the routes work with.
#[derive(Clone)]
pub(super) struct Api<S> {
    jobs: Jobs<S>,
    cursors: Arc<CursorKeys>,
    masker: Arc<Masker>,
}

/// The routes by which people look after jobs: which there are and how many, what a job is and why it failed; and
/// to retry, cancel, and bring back the dead. What jobs need to know is shown with secrets masked by their names.
///
/// Reading needs [`JOBS_READ`], everything else [`JOBS_WRITE`]; the application's authenticator says who has
/// them.
#[rustfmt::skip]
pub fn routes<S: JobStore>(jobs: &Jobs<S>, cursors: &CursorKeys) -> Routes {
    let api = Api { jobs: jobs.clone(), cursors: Arc::new(cursors.clone()), masker: Arc::new(Masker::new()) };
    let declare = |draft: crate::http::Draft, permission| draft.allow(permission).tag("jobs");
    Routes::new()
        .route(declare(get("/jobs", "listJobs"), JOBS_READ).about("Lists jobs, the newest first").to(handlers::list::<S>))
        .route(declare(get("/jobs/counts", "countJobs"), JOBS_READ).about("Counts jobs by queue and state").to(handlers::counts::<S>))
        .route(declare(get("/jobs/{id}", "readJob"), JOBS_READ).about("Reads a job with its last failures").to(handlers::read::<S>))
        .route(declare(post("/jobs/{id}/retry", "retryJob"), JOBS_WRITE).about("Makes a job ready that is scheduled, dead or cancelled").to(handlers::retry::<S>))
        .route(declare(post("/jobs/{id}/cancel", "cancelJob"), JOBS_WRITE).about("Cancels a job").to(handlers::cancel::<S>))
        .route(declare(post("/jobs/queues/{queue}/replay", "replayJobs"), JOBS_WRITE).about("Makes the dead jobs of a queue ready").to(handlers::replay::<S>))
        .state(&api)
}
