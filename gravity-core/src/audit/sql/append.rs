//! Writes records.

use super::SqlAudit;
use crate::audit::{Error, Stored};
use crate::db::Tx;

impl SqlAudit {
    pub(super) async fn insert(&self, tx: &mut Tx<'_>, records: &[Stored]) -> Result<(), Error> {
        for record in records {
            // A trigger puts it into the queue of those that wait for their link.
            tx.query(
                "INSERT INTO audit_records (id, recorded_at, action, outcome, target_kind, request_id, trace_id, \
                 actor, impersonator, address, user_agent, actor_salt, actor_hash, \
                 target_id, before, after, extra, target_salt, target_hash, mac) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
            )
            .bind(record.id)
            .bind(record.recorded_at)
            .bind(&record.action)
            .bind(&record.outcome)
            .bind(record.target_kind.as_deref())
            .bind(record.request_id.as_deref())
            .bind(record.trace_id.as_deref())
            .bind(record.actor.as_deref())
            .bind(record.impersonator.as_deref())
            .bind(record.address.as_deref())
            .bind(record.user_agent.as_deref())
            .bind(record.actor_salt.as_deref())
            .bind(&*record.actor_hash)
            .bind(record.target_id.as_deref())
            .bind(record.before.as_deref())
            .bind(record.after.as_deref())
            .bind(record.extra.as_deref())
            .bind(record.target_salt.as_deref())
            .bind(&*record.target_hash)
            .bind(&*record.mac)
            .execute()
            .await?;
        }
        self.hint.notify_one();
        Ok(())
    }
}
