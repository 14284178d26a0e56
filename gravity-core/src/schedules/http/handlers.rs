//! What each route does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Api, RunView, ScheduleView};
use crate::http::{Json, Path, Query, State};
use crate::page::{CursorContext, CursorError, Direction, KeyValue, PageLimits, Position};
use crate::schedules::ScheduleStore;
use crate::{Error, Page, PageRequest, Timestamp};

/// How many ticks are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TickQuery {
    /// How many; 10 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub count: Option<u8>,
}

/// The next ticks of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ScheduleTicks")]
pub struct Preview {
    /// The ticks, in order.
    pub ticks: Vec<Timestamp>,
}

pub(super) async fn list<S: ScheduleStore>(
    State(api): State<Api<S>>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<ScheduleView>>, Error> {
    let context = CursorContext::new("schedules.list");
    let after = page.position(&api.cursors, &context)?.map(name_at).transpose()?;
    let limit = usize::try_from(page.limit(PageLimits::default())).unwrap_or(usize::MAX);
    let mut states = api.schedules.list(after.as_deref(), limit.saturating_add(1)).await?;
    let has_more = states.len() > limit;
    states.truncate(limit);
    let last = states
        .last()
        .filter(|_| has_more)
        .map(|state| Position { direction: Direction::Forward, values: vec![state.name.as_str().into()] });
    let next = last.map(|place| api.cursors.seal(&context, &place)).transpose()?;
    Ok(Json(Page { items: states.into_iter().map(Into::into).collect(), next, previous: None }))
}

fn name_at(position: Position) -> Result<String, CursorError> {
    match position.values.into_iter().next() {
        Some(KeyValue::Text(name)) => Ok(name),
        _ => Err(CursorError::Invalid),
    }
}

pub(super) async fn read<S: ScheduleStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
) -> Result<Json<ScheduleView>, Error> {
    Ok(Json(api.schedules.get(&name).await?.into()))
}

pub(super) async fn preview<S: ScheduleStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
    Query(query): Query<TickQuery>,
) -> Result<Json<Preview>, Error> {
    let ticks = api.schedules.preview(&name, query.count.unwrap_or(10).into()).await?;
    Ok(Json(Preview { ticks }))
}

pub(super) async fn pause<S: ScheduleStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
) -> Result<Json<ScheduleView>, Error> {
    Ok(Json(api.schedules.pause(&name).await?.into()))
}

pub(super) async fn resume<S: ScheduleStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
) -> Result<Json<ScheduleView>, Error> {
    Ok(Json(api.schedules.resume(&name).await?.into()))
}

pub(super) async fn run<S: ScheduleStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
) -> Result<Json<RunView>, Error> {
    Ok(Json(api.schedules.run_now(&name).await?.into()))
}
