//! What each route does.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Api;
use super::problems::Refusal;
use super::views::{CountView, JobDetail, JobSummary, Replayed};
use crate::http::{Json, NoContent, Path, Query, State};
use crate::jobs::{Error, JobFilter, JobId, JobState, JobStore};
use crate::page::{CursorContext, Direction, KeyValue, PageLimits, Position};
use crate::{Cursor, Page, PageRequest};

/// Which jobs are looked for.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Wanted {
    /// Those in this state.
    state: Option<JobState>,
    /// Those of this queue.
    #[schemars(length(min = 1, max = 64))]
    queue: Option<String>,
    /// Those of this kind.
    #[schemars(length(min = 1, max = 128))]
    kind: Option<String>,
    /// How many to return at most.
    #[schemars(range(min = 1))]
    limit: Option<u32>,
    /// Where to go on: the cursor of the page before.
    cursor: Option<Cursor>,
}

pub(super) async fn list<S: JobStore>(
    State(api): State<Api<S>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<JobSummary>>, Refusal> {
    let Wanted { state, queue, kind, limit, cursor } = wanted;
    let context = CursorContext::new("jobs.list")
        .filter("state", state.map(JobState::as_str).unwrap_or_default())
        .filter("queue", queue.as_deref().unwrap_or_default())
        .filter("kind", kind.as_deref().unwrap_or_default());
    let page = PageRequest { limit, cursor };
    let before = page.position(&api.cursors, &context)?.and_then(|place| match place.values.as_slice() {
        [KeyValue::Uuid(id)] => Some(JobId::from_uuid(*id)),
        _ => None,
    });
    let limit = usize::try_from(page.limit(PageLimits::default())).unwrap_or(usize::MAX - 1);
    let filter = JobFilter { queue, kind, state };
    let mut found = api.jobs.list(&filter, before, limit + 1).await?;
    let mut next = None;
    if found.len() > limit {
        found.truncate(limit);
        if let Some(last) = found.last() {
            let values = vec![KeyValue::Uuid(last.id.uuid())];
            next = Some(api.cursors.seal(&context, &Position { direction: Direction::Forward, values })?);
        }
    }
    Ok(Json(Page { items: found.into_iter().map(JobSummary::from).collect(), next, previous: None }))
}

pub(super) async fn counts<S: JobStore>(State(api): State<Api<S>>) -> Result<Json<Vec<CountView>>, Refusal> {
    Ok(Json(api.jobs.counts().await?.into_iter().map(CountView::from).collect()))
}

pub(super) async fn read<S: JobStore>(
    State(api): State<Api<S>>,
    Path(id): Path<JobId>,
) -> Result<Json<JobDetail>, Refusal> {
    let job = api.jobs.get(id).await?.ok_or(Error::NotFound)?;
    Ok(Json(JobDetail::new(job, &api.masker)))
}

pub(super) async fn retry<S: JobStore>(
    State(api): State<Api<S>>,
    Path(id): Path<JobId>,
) -> Result<NoContent, Refusal> {
    api.jobs.retry(id).await?;
    Ok(NoContent)
}

pub(super) async fn cancel<S: JobStore>(
    State(api): State<Api<S>>,
    Path(id): Path<JobId>,
) -> Result<NoContent, Refusal> {
    api.jobs.cancel(id).await?;
    Ok(NoContent)
}

pub(super) async fn replay<S: JobStore>(
    State(api): State<Api<S>>,
    Path(queue): Path<String>,
) -> Result<Json<Replayed>, Refusal> {
    Ok(Json(Replayed { replayed: api.jobs.replay(&queue).await? }))
}
