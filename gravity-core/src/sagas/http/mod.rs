//! Sagas over HTTP: what is there, how far it has come, and cancelling and retrying by hand.

mod handlers;
mod view;

pub use handlers::SagaQuery;
pub use view::{CountView, CountsView, SagaView, StepView};

use super::{SagaStore, Sagas};
use crate::Permission;
use crate::http::{Routes, get, post};
use crate::page::CursorKeys;

/// Who may see sagas.
pub const SAGAS_READ: Permission = Permission::new("sagas:read");
/// Who may cancel and retry sagas.
pub const SAGAS_WRITE: Permission = Permission::new("sagas:write");

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Api<S> {
    pub(super) sagas: Sagas<S>,
    pub(super) cursors: CursorKeys,
}

/// The routes of sagas, behind [`SAGAS_READ`] and [`SAGAS_WRITE`]. The keys sign the cursors of the list.
///
/// What steps know of each other is not shown.
#[rustfmt::skip]
pub fn routes<S: SagaStore>(sagas: &Sagas<S>, cursors: &CursorKeys) -> Routes {
    Routes::new()
        .route(get("/sagas", "listSagas").allow(SAGAS_READ).tag("sagas").about("Lists sagas, the newest first").to(handlers::list::<S>))
        .route(get("/sagas/counts", "countSagas").allow(SAGAS_READ).tag("sagas").about("Counts sagas by name and status").to(handlers::counts::<S>))
        .route(get("/sagas/{id}", "readSaga").allow(SAGAS_READ).tag("sagas").about("Reads a saga").to(handlers::read::<S>))
        .route(post("/sagas/{id}/cancel", "cancelSaga").allow(SAGAS_WRITE).tag("sagas").about("Cancels a saga: what was done is undone").to(handlers::cancel::<S>))
        .route(post("/sagas/{id}/retry", "retrySaga").allow(SAGAS_WRITE).tag("sagas").about("Lets a saga that is stuck go on").to(handlers::retry::<S>))
        .state(&Api { sagas: sagas.clone(), cursors: cursors.clone() })
}
