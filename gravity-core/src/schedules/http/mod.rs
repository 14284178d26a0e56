//! Schedules over HTTP: what is there, when it fires next, and pausing, resuming and running by hand.

mod handlers;
mod view;

pub use handlers::{Preview, TickQuery};
pub use view::{RunView, ScheduleView};

use super::{ScheduleStore, Schedules};
use crate::Permission;
use crate::http::{Routes, get, post};
use crate::page::CursorKeys;

/// Who may see schedules.
pub const SCHEDULES_READ: Permission = Permission::new("schedules:read");
/// Who may pause, resume and run schedules.
pub const SCHEDULES_WRITE: Permission = Permission::new("schedules:write");

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Api<S> {
    pub(super) schedules: Schedules<S>,
    pub(super) cursors: CursorKeys,
}

/// The routes of schedules, behind [`SCHEDULES_READ`] and [`SCHEDULES_WRITE`]. The keys sign the cursors of the
/// list.
///
/// Members of a job's payload whose names are those of secrets are masked.
#[rustfmt::skip]
pub fn routes<S: ScheduleStore>(schedules: &Schedules<S>, cursors: &CursorKeys) -> Routes {
    Routes::new()
        .route(get("/schedules", "listSchedules").allow(SCHEDULES_READ).tag("schedules").about("Lists schedules by name").to(handlers::list::<S>))
        .route(get("/schedules/{name}", "readSchedule").allow(SCHEDULES_READ).tag("schedules").about("Reads a schedule").to(handlers::read::<S>))
        .route(get("/schedules/{name}/ticks", "previewSchedule").allow(SCHEDULES_READ).tag("schedules").about("Tells the next ticks of a schedule").to(handlers::preview::<S>))
        .route(post("/schedules/{name}/pause", "pauseSchedule").allow(SCHEDULES_WRITE).tag("schedules").about("Lets a schedule fire nothing until it is resumed").to(handlers::pause::<S>))
        .route(post("/schedules/{name}/resume", "resumeSchedule").allow(SCHEDULES_WRITE).tag("schedules").about("Lets a schedule go on with its first tick from now on").to(handlers::resume::<S>))
        .route(post("/schedules/{name}/run", "runSchedule").allow(SCHEDULES_WRITE).tag("schedules").about("Enqueues the job of a schedule at once").to(handlers::run::<S>))
        .state(&Api { schedules: schedules.clone(), cursors: cursors.clone() })
}
