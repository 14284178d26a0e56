//! Lets records go, and erases parts of them: the only two ways in which anything is taken away.

use super::SqlAudit;
use crate::Timestamp;
use crate::audit::{AuditId, Cut, Erasure, Error, Part};

impl SqlAudit {
    pub(super) async fn last_cut(&self) -> Result<Option<Cut>, Error> {
        let found: Option<(i64, Vec<u8>, Timestamp, Vec<u8>)> = self
            .db
            .query("SELECT position, link, cut_at, mac FROM audit_cuts ORDER BY position DESC LIMIT 1")
            .fetch_optional()
            .await?;
        Ok(found.map(|(position, link, cut_at, mac)| Cut { position, link, cut_at, mac }))
    }

    pub(super) async fn last_before(&self, time: Timestamp) -> Result<i64, Error> {
        let query = self.db.query(
            "SELECT COALESCE((SELECT MIN(c.position) - 1 FROM audit_chain c JOIN audit_records r ON r.id = c.record_id \
             WHERE r.recorded_at >= $1), (SELECT position FROM audit_head))",
        );
        Ok(query.bind(time).fetch_scalar().await?)
    }

    pub(super) async fn let_go(&self, cut: &Cut) -> Result<u64, Error> {
        self.db
            .transaction(async |tx| {
                // The triggers let go of nothing that no cut covers.
                tx.query("INSERT INTO audit_cuts (position, link, cut_at, mac) VALUES ($1, $2, $3, $4)")
                    .bind(cut.position)
                    .bind(&*cut.link)
                    .bind(cut.cut_at)
                    .bind(&*cut.mac)
                    .execute()
                    .await?;
                tx.query(
                    "DELETE FROM audit_erasures WHERE record_id IN \
                     (SELECT record_id FROM audit_chain WHERE position <= $1)",
                )
                .bind(cut.position)
                .execute()
                .await?;
                let gone = tx
                    .query(
                        "DELETE FROM audit_records WHERE id IN \
                         (SELECT record_id FROM audit_chain WHERE position <= $1)",
                    )
                    .bind(cut.position)
                    .execute()
                    .await?;
                tx.query("DELETE FROM audit_chain WHERE position <= $1").bind(cut.position).execute().await?;
                Ok(gone)
            })
            .await
    }

    pub(super) async fn find_naming(
        &self,
        name: &str,
        part: Part,
        limit: u32,
    ) -> Result<Vec<AuditId>, Error> {
        let sql = match part {
            Part::Actor => "SELECT id FROM audit_records WHERE actor = $1 OR impersonator = $1 LIMIT $2",
            Part::Target => "SELECT id FROM audit_records WHERE target_id = $1 LIMIT $2",
        };
        Ok(self.db.query(sql).bind(name).bind(i64::from(limit)).fetch_all_scalars().await?)
    }

    pub(super) async fn read_erasures(&self, of: &[AuditId]) -> Result<Vec<Erasure>, Error> {
        let rows: Vec<(AuditId, String, Timestamp, Vec<u8>)> = self
            .db
            .query("SELECT record_id, part, erased_at, mac FROM audit_erasures WHERE ")
            .push_in("record_id", of)
            .fetch_all()
            .await?;
        let parts = [Part::Actor, Part::Target];
        Ok(rows
            .into_iter()
            .filter_map(|(record, part, erased_at, mac)| {
                let part = parts.into_iter().find(|known| known.as_str() == part)?;
                Some(Erasure { record, part, erased_at, mac })
            })
            .collect())
    }

    pub(super) async fn erase_parts(&self, erasures: &[Erasure]) -> Result<(), Error> {
        self.db
            .transaction(async |tx| {
                for erasure in erasures {
                    let added = tx
                        .query(
                            "INSERT INTO audit_erasures (record_id, part, erased_at, mac) VALUES ($1, $2, $3, $4) \
                             ON CONFLICT (record_id, part) DO NOTHING",
                        )
                        .bind(erasure.record)
                        .bind(erasure.part.as_str())
                        .bind(erasure.erased_at)
                        .bind(&*erasure.mac)
                        .execute()
                        .await?;
                    if added == 0 {
                        continue;
                    }
                    let sql = match erasure.part {
                        Part::Actor => {
                            "UPDATE audit_records SET actor = NULL, impersonator = NULL, address = NULL, \
                             user_agent = NULL, actor_salt = NULL WHERE id = $1"
                        }
                        Part::Target => {
                            "UPDATE audit_records SET target_id = NULL, before = NULL, after = NULL, \
                             extra = NULL, target_salt = NULL WHERE id = $1"
                        }
                    };
                    tx.query(sql).bind(erasure.record).execute().await?;
                }
                Ok(())
            })
            .await
    }
}
