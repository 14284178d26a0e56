//! What each route does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Api, CountsView, SagaView};
use crate::http::{Json, Path, Query, State};
use crate::page::{CursorContext, CursorError, Direction, KeyValue, PageLimits, Position};
use crate::sagas::{SagaFilter, SagaId, SagaStatus, SagaStore};
use crate::{Error, Page, PageRequest};

/// Which sagas are wanted; all of it is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SagaQuery {
    /// Of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub name: Option<String>,
    /// In this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SagaStatus>,
    /// Which page.
    #[serde(flatten)]
    pub page: PageRequest,
}

pub(super) async fn list<S: SagaStore>(
    State(api): State<Api<S>>,
    Query(query): Query<SagaQuery>,
) -> Result<Json<Page<SagaView>>, Error> {
    let SagaQuery { name, status, page } = query;
    let context = CursorContext::new("sagas.list")
        .filter("name", name.as_deref().unwrap_or_default())
        .filter("status", status.map_or("", SagaStatus::as_str));
    let before = page.position(&api.cursors, &context)?.map(id_at).transpose()?;
    let limit = usize::try_from(page.limit(PageLimits::default())).unwrap_or(usize::MAX);
    let filter = SagaFilter { name, status };
    let mut sagas = api.sagas.list(&filter, before, limit.saturating_add(1)).await?;
    let has_more = sagas.len() > limit;
    sagas.truncate(limit);
    let last = sagas
        .last()
        .filter(|_| has_more)
        .map(|saga| Position { direction: Direction::Forward, values: vec![saga.id.into()] });
    let next = last.map(|place| api.cursors.seal(&context, &place)).transpose()?;
    Ok(Json(Page { items: sagas.into_iter().map(Into::into).collect(), next, previous: None }))
}

fn id_at(position: Position) -> Result<SagaId, CursorError> {
    match position.values.first() {
        Some(KeyValue::Uuid(id)) => Ok(SagaId::from_uuid(*id)),
        _ => Err(CursorError::Invalid),
    }
}

pub(super) async fn counts<S: SagaStore>(State(api): State<Api<S>>) -> Result<Json<CountsView>, Error> {
    let counts = api.sagas.counts().await?;
    Ok(Json(CountsView { counts: counts.into_iter().map(Into::into).collect() }))
}

pub(super) async fn read<S: SagaStore>(
    State(api): State<Api<S>>,
    Path(id): Path<SagaId>,
) -> Result<Json<SagaView>, Error> {
    Ok(Json(api.sagas.get(id).await?.into()))
}

pub(super) async fn cancel<S: SagaStore>(
    State(api): State<Api<S>>,
    Path(id): Path<SagaId>,
) -> Result<Json<SagaView>, Error> {
    Ok(Json(api.sagas.cancel(id).await?.into()))
}

pub(super) async fn retry<S: SagaStore>(
    State(api): State<Api<S>>,
    Path(id): Path<SagaId>,
) -> Result<Json<SagaView>, Error> {
    Ok(Json(api.sagas.retry(id).await?.into()))
}
