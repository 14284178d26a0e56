//! What each route does.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Api;
use super::problems::Refusal;
use super::views::{EventView, PoisonedView, Replayed, SubscriberView};
use crate::events::{EventId, EventStore, Search};
use crate::http::{Json, NoContent, Path, Query, State};
use crate::page::{CursorContext, Direction, KeyValue, PageLimits, Position};
use crate::{Cursor, Page, PageRequest, Timestamp};

/// How many events one call replays at most.
const AT_ONCE: u64 = 1_000;
/// How many are read at once for that.
const BATCH: usize = 100;

/// Which events are looked for.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Wanted {
    /// Those about this subject.
    #[schemars(length(min = 1, max = 255))]
    subject: Option<String>,
    /// Those of this name.
    #[schemars(length(min = 1, max = 128))]
    name: Option<String>,
    /// Those recorded at this time or later.
    from: Option<Timestamp>,
    /// Those recorded before this time.
    until: Option<Timestamp>,
    /// How many to return at most.
    #[schemars(range(min = 1))]
    limit: Option<u32>,
    /// Where to go on: the cursor of the page before.
    cursor: Option<Cursor>,
}

pub(super) async fn find<S: EventStore>(
    State(api): State<Api<S>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<EventView>>, Refusal> {
    let mut context = CursorContext::new("events.find");
    for (name, value) in [("subject", &wanted.subject), ("name", &wanted.name)] {
        context = context.filter(name, value.as_deref().unwrap_or_default());
    }
    for (name, time) in [("from", wanted.from), ("until", wanted.until)] {
        context = context.filter(name, time.map(|time| time.to_string()).unwrap_or_default());
    }
    let page = PageRequest { limit: wanted.limit, cursor: wanted.cursor };
    let before = api.place(&page, &context)?;
    let Wanted { subject, name, from, until, .. } = wanted;
    let search = Search { subject, name, from, until, before };
    let limit = limit(&page);
    let mut found = api.store.search(&search, limit + 1).await?;
    let next = api.next(&mut found, limit, &context, |found| found.position)?;
    let events = found.into_iter().filter_map(|found| found.event.ok());
    let items = events.map(|event| EventView::new(event, &api.masker)).collect();
    Ok(Json(Page { items, next, previous: None }))
}

pub(super) async fn list<S: EventStore>(
    State(api): State<Api<S>>,
) -> Result<Json<Vec<SubscriberView>>, Refusal> {
    Ok(Json(api.store.subscribers().await?.into_iter().map(SubscriberView::from).collect()))
}

pub(super) async fn read<S: EventStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
) -> Result<Json<SubscriberView>, Refusal> {
    let state = api.store.subscribers().await?.into_iter().find(|state| state.name == name);
    Ok(Json(state.ok_or(Refusal::Unknown)?.into()))
}

pub(super) async fn forget<S: EventStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
) -> Result<NoContent, Refusal> {
    if api.store.forget(&name).await? { Ok(NoContent) } else { Err(Refusal::Unknown) }
}

pub(super) async fn pause<S: EventStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
) -> Result<NoContent, Refusal> {
    api.store.set_paused(&name, true).await?;
    Ok(NoContent)
}

pub(super) async fn resume<S: EventStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
) -> Result<NoContent, Refusal> {
    api.store.set_paused(&name, false).await?;
    Ok(NoContent)
}

pub(super) async fn poisoned<S: EventStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<PoisonedView>>, Refusal> {
    let context = CursorContext::new("events.poisoned").filter("subscriber", &name);
    let after = api.place(&page, &context)?;
    let limit = limit(&page);
    let mut found = api.store.poisoned(&name, after, limit + 1).await?;
    if found.is_empty() && after.is_none() {
        api.check_known(&name).await?;
    }
    let next = api.next(&mut found, limit, &context, |poisoned| poisoned.position)?;
    let items = found.into_iter().map(|poisoned| PoisonedView::new(poisoned, &api.masker)).collect();
    Ok(Json(Page { items, next, previous: None }))
}

pub(super) async fn inspect<S: EventStore>(
    State(api): State<Api<S>>,
    Path((name, id)): Path<(String, EventId)>,
) -> Result<Json<PoisonedView>, Refusal> {
    let poisoned = api.store.inspect(&name, id).await?.ok_or(Refusal::NotSetAside)?;
    Ok(Json(PoisonedView::new(poisoned, &api.masker)))
}

pub(super) async fn replay<S: EventStore>(
    State(api): State<Api<S>>,
    Path((name, id)): Path<(String, EventId)>,
) -> Result<NoContent, Refusal> {
    if api.store.replay(&name, id, api.clock.now()).await? {
        Ok(NoContent)
    } else {
        Err(Refusal::NotSetAside)
    }
}

pub(super) async fn replay_all<S: EventStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
) -> Result<Json<Replayed>, Refusal> {
    api.check_known(&name).await?;
    let (mut replayed, mut after) = (0, None);
    loop {
        // By position: what fails again meanwhile is not replayed for ever.
        let batch = api.store.poisoned(&name, after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(Json(Replayed { replayed, is_more: false })) };
        if replayed >= AT_ONCE {
            return Ok(Json(Replayed { replayed, is_more: true }));
        }
        after = Some(last.position);
        for poisoned in &batch {
            replayed += u64::from(api.store.replay(&name, poisoned.id, api.clock.now()).await?);
        }
    }
}

pub(super) async fn discard<S: EventStore>(
    State(api): State<Api<S>>,
    Path((name, id)): Path<(String, EventId)>,
) -> Result<NoContent, Refusal> {
    if api.store.discard(&name, id).await? { Ok(NoContent) } else { Err(Refusal::NotSetAside) }
}

fn limit(page: &PageRequest) -> usize {
    usize::try_from(page.limit(PageLimits::default())).unwrap_or(usize::MAX - 1)
}

impl<S: EventStore> Api<S> {
    async fn check_known(&self, name: &str) -> Result<(), Refusal> {
        let known = self.store.subscribers().await?.iter().any(|state| state.name == name);
        if known { Ok(()) } else { Err(Refusal::Unknown) }
    }

    /// The position in the log that a cursor stands for.
    fn place(&self, page: &PageRequest, context: &CursorContext) -> Result<Option<i64>, Refusal> {
        let place = page.position(&self.cursors, context)?;
        Ok(place.and_then(|place| match place.values.as_slice() {
            [KeyValue::Integer(position)] => Some(*position),
            _ => None,
        }))
    }

    /// Cuts off what is past the page, and makes the cursor that leads there.
    fn next<T>(
        &self,
        found: &mut Vec<T>,
        limit: usize,
        context: &CursorContext,
        position: impl Fn(&T) -> i64,
    ) -> Result<Option<Cursor>, Refusal> {
        if found.len() <= limit {
            return Ok(None);
        }
        found.truncate(limit);
        let Some(last) = found.last() else { return Ok(None) };
        let values = vec![KeyValue::Integer(position(last))];
        Ok(Some(self.cursors.seal(context, &Position { direction: Direction::Forward, values })?))
    }
}
