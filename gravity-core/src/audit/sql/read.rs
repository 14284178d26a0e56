//! Finds records.

use std::collections::HashMap;

use super::SqlAudit;
use crate::audit::store::place;
use crate::audit::{AuditFilter, AuditId, Error, Found, Stored};
use crate::db::Query;
use crate::page::{Keyset, PageRows, Position};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.recorded_at, r.action, r.outcome, r.target_kind, r.request_id, r.trace_id, ",
            "r.actor, r.impersonator, r.address, r.user_agent, r.actor_salt, r.actor_hash, ",
            "r.target_id, r.before, r.after, r.extra, r.target_salt, r.target_hash, r.mac",
            $rest
        )
    };
}

/// With its position, for who lists records.
const FOUND: &str =
    select!(", c.position FROM audit_records r LEFT JOIN audit_chain c ON c.record_id = r.id WHERE 1 = 1");

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    record: Stored,
    position: Option<i64>,
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        Self { record: row.record, position: row.position }
    }
}

impl SqlAudit {
    pub(super) async fn records(&self, ids: &[AuditId]) -> Result<HashMap<AuditId, Stored>, Error> {
        let rows: Vec<Stored> =
            self.db.query(select!(" FROM audit_records r WHERE ")).push_in("r.id", ids).fetch_all().await?;
        Ok(rows.into_iter().map(|record| (record.id, record)).collect())
    }

    pub(super) async fn page(
        &self,
        filter: &AuditFilter,
        order: &Keyset,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Found>, Error> {
        let query = narrowed(self.db.query(FOUND), filter).push_page(order, from, limit);
        let rows: Vec<Row> = query.fetch_all().await?;
        let found = rows.into_iter().map(Found::from).collect();
        Ok(order.cut(found, from, limit, |found: &Found| place(&found.record)))
    }

    pub(super) async fn one(&self, id: AuditId) -> Result<Option<Found>, Error> {
        let row: Option<Row> =
            self.db.query(FOUND).push(" AND r.id = ").push_bind(id).fetch_optional().await?;
        Ok(row.map(Found::from))
    }
}

fn narrowed<'a>(mut query: Query<'a>, filter: &AuditFilter) -> Query<'a> {
    let texts = [
        (" AND r.actor = ", filter.actor.as_deref()),
        (" AND r.action = ", filter.action.as_deref()),
        (" AND r.target_kind = ", filter.target_kind.as_deref()),
        (" AND r.target_id = ", filter.target_id.as_deref()),
        (" AND r.request_id = ", filter.request_id.as_deref()),
        (" AND r.outcome = ", filter.outcome.map(crate::audit::Outcome::as_str)),
    ];
    for (condition, text) in texts {
        if let Some(text) = text {
            query = query.push(condition).push_bind(text);
        }
    }
    if let Some(since) = filter.since {
        query = query.push(" AND r.recorded_at >= ").push_bind(since);
    }
    match filter.until {
        Some(until) => query.push(" AND r.recorded_at < ").push_bind(until),
        None => query,
    }
}
