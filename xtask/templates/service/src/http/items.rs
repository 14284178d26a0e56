//! The handlers: from a request to a use case, and back.

use gravity_core::http::{Created, Json, NoContent, Path, Query, State};
use gravity_core::{Page, PageRequest, Principal};

use crate::{Item, ItemId, NewItem, {{Type}}, {{Type}}Error};

pub(super) async fn list(
    State(service): State<{{Type}}>,
    caller: Principal,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Item>>, {{Type}}Error> {
    service.list(caller.subject(), &page).await.map(Json)
}

pub(super) async fn create(
    State(service): State<{{Type}}>,
    caller: Principal,
    Json(new): Json<NewItem>,
) -> Result<Created<Item>, {{Type}}Error> {
    let item = service.create(caller.subject(), new).await?;
    Ok(Created::new(item.id, item))
}

pub(super) async fn read(
    State(service): State<{{Type}}>,
    caller: Principal,
    Path(id): Path<ItemId>,
) -> Result<Json<Item>, {{Type}}Error> {
    service.read(caller.subject(), id).await.map(Json)
}

pub(super) async fn delete(
    State(service): State<{{Type}}>,
    caller: Principal,
    Path(id): Path<ItemId>,
) -> Result<NoContent, {{Type}}Error> {
    service.delete(caller.subject(), id).await.map(|()| NoContent)
}
