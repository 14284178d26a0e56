//! A handler that does not come out of its transaction by itself.

use std::future::pending;
use std::sync::Arc;

use gravity_core::Principal;
use gravity_core::db::{self, Database};
use gravity_core::http::{Routes, State, post};
use tokio::sync::Notify;

use crate::notes::http::NOTES_WRITE;

/// Says where the handler is.
#[derive(Clone, Default)]
pub(crate) struct Stuck {
    /// It has written, and not committed.
    pub(crate) inside: Arc<Notify>,
    /// It was given up.
    pub(crate) dropped: Arc<Notify>,
}

struct Given(Arc<Notify>);

impl Drop for Given {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Stuck {
    pub(super) fn routes(&self, db: &Database) -> Routes {
        let stuck = post("/stuck", "stuck").allow(NOTES_WRITE).to(handler);
        Routes::new().route(stuck).state(&(db.clone(), self.clone()))
    }
}

async fn handler(State((db, stuck)): State<(Database, Stuck)>, caller: Principal) -> Result<(), db::Error> {
    let _given = Given(stuck.dropped);
    let inside = &stuck.inside;
    db.transaction(async |tx| {
        tx.query(
            "INSERT INTO notes (id, owner, title, body, created_at, version) VALUES ($1, $2, $3, $3, $4, 1)",
        )
        .bind(uuid::Uuid::from_u128(1))
        .bind(caller.subject())
        .bind("never")
        .bind(gravity_core::Timestamp::from_seconds(0).unwrap())
        .execute()
        .await?;
        inside.notify_one();
        pending::<Result<(), db::Error>>().await
    })
    .await
}
