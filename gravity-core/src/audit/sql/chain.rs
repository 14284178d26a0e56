//! The chain: links, its head, and what waits for a place in it.

use super::SqlAudit;
use crate::audit::{AuditId, Error, Head, Link, Linked, Seal, Stored};
use crate::db::{Engine, Executor};

const HEAD: &str = "SELECT position, link, mac FROM audit_head";
/// On PostgreSQL those who link take turns at the head; on SQLite all who write do.
const HEAD_LOCKED: &str = "SELECT position, link, mac FROM audit_head FOR UPDATE";

pub(super) async fn head<'a>(on: impl Into<Executor<'a>>) -> Result<Head, Error> {
    read_head(on.into(), HEAD).await
}

async fn read_head(mut on: Executor<'_>, sql: &'static str) -> Result<Head, Error> {
    let found: Option<(i64, Vec<u8>, Vec<u8>)> = on.query(sql).fetch_optional().await?;
    // A head that is gone is one that was changed: no checksum fits it.
    let (position, link, mac) = found.unwrap_or((-1, Vec::new(), Vec::new()));
    Ok(Head { position, link, mac })
}

impl SqlAudit {
    pub(super) async fn link(&self, limit: u32, seal: &Seal<'_>) -> Result<usize, Error> {
        let waiting: Option<i64> =
            self.db.query("SELECT seq FROM audit_pending LIMIT 1").fetch_optional_scalar().await?;
        if waiting.is_none() {
            return Ok(0);
        }
        self.db
            .transaction(async |tx| {
                let sql = if tx.engine() == Engine::Postgres { HEAD_LOCKED } else { HEAD };
                let head = read_head((&mut *tx).into(), sql).await?;
                let pending: Vec<(i64, AuditId, Option<Vec<u8>>)> = tx
                    .query(
                        "SELECT p.seq, p.record_id, r.mac FROM audit_pending p \
                         LEFT JOIN audit_records r ON r.id = p.record_id ORDER BY p.seq LIMIT $1",
                    )
                    .bind(i64::from(limit))
                    .fetch_all()
                    .await?;
                let Some((last, ..)) = pending.last() else { return Ok(0) };
                let records: Vec<(AuditId, Vec<u8>)> = pending
                    .iter()
                    // One that is gone gets a link all the same, which tells that it was there.
                    .map(|(_, id, mac)| (*id, mac.clone().unwrap_or_default()))
                    .collect();
                let (head, links) = seal(&head, &records)?;
                for rows in links.chunks(100) {
                    let mut query = tx.query("INSERT INTO audit_chain (position, record_id, link) VALUES ");
                    for (at, link) in rows.iter().enumerate() {
                        query = query
                            .push(if at == 0 { "(" } else { ", (" })
                            .push_bind(link.position)
                            .push(", ")
                            .push_bind(link.record)
                            .push(", ")
                            .push_bind(&*link.link)
                            .push(")");
                    }
                    query.execute().await?;
                }
                // By their numbers: one that commits now may have a lower number than the last.
                let seqs: Vec<i64> = pending.iter().map(|(seq, ..)| *seq).collect();
                tx.query("DELETE FROM audit_pending WHERE seq <= $1 AND ")
                    .bind(*last)
                    .push_in("seq", &seqs)
                    .execute()
                    .await?;
                tx.query("UPDATE audit_head SET position = $1, link = $2, mac = $3")
                    .bind(head.position)
                    .bind(&*head.link)
                    .bind(&*head.mac)
                    .execute()
                    .await?;
                Ok(pending.len())
            })
            .await
    }

    pub(super) async fn read_links(&self, after: i64, to: i64, limit: u32) -> Result<Vec<Linked>, Error> {
        let links: Vec<(i64, AuditId, Vec<u8>)> = self
            .db
            .query(
                "SELECT position, record_id, link FROM audit_chain WHERE position > $1 AND position <= $2 \
                 ORDER BY position LIMIT $3",
            )
            .bind(after)
            .bind(to)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        let ids: Vec<AuditId> = links.iter().map(|(_, id, _)| *id).collect();
        let mut records = self.records(&ids).await?;
        Ok(links
            .into_iter()
            .map(|(position, record, link)| Linked {
                record: records.remove(&record),
                link: Link { position, record, link },
            })
            .collect())
    }

    pub(super) async fn read_pending(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, AuditId, Option<Stored>)>, Error> {
        let pending: Vec<(i64, AuditId)> = self
            .db
            .query("SELECT seq, record_id FROM audit_pending WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        let ids: Vec<AuditId> = pending.iter().map(|(_, id)| *id).collect();
        let mut records = self.records(&ids).await?;
        Ok(pending.into_iter().map(|(seq, id)| (seq, id, records.remove(&id))).collect())
    }

    pub(super) async fn find_stray(&self) -> Result<Option<AuditId>, Error> {
        let query = self.db.query(
            "SELECT r.id FROM audit_records r \
             WHERE NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.record_id = r.id) \
             AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.record_id = r.id) LIMIT 1",
        );
        Ok(query.fetch_optional_scalar().await?)
    }
}
