//! How many jobs may begin, where a queue has rates.

use std::collections::HashMap;

use crate::Timestamp;
use crate::db::Tx;
use crate::jobs::{Ask, Error, JobId, Rate};

use super::claim::Candidate;

/// The rates of a queue within a claim. The queue's row is locked while it lasts, so that claims of a queue which
/// has rates queue up.
pub(super) struct Rates<'a> {
    ask: &'a Ask<'a>,
    used: Timestamp,
}

impl<'a> Rates<'a> {
    pub(super) async fn load(tx: &mut Tx<'_>, ask: &'a Ask<'a>) -> Result<Self, Error> {
        let mut used = Timestamp::UNIX_EPOCH;
        if ask.rate.is_some() || ask.key_rate.is_some() {
            used = tx
                .query(
                    "INSERT INTO jobs_rates (queue, key, used) VALUES ($1, '', $2) \
                     ON CONFLICT (queue, key) DO UPDATE SET used = jobs_rates.used RETURNING used",
                )
                .bind(ask.queue)
                .bind(used)
                .fetch_scalar()
                .await?;
        }
        if let Some(rate) = ask.rate
            && rate.believed(used, ask.now) != used
        {
            used = rate.believed(used, ask.now);
            save(tx, ask.queue, "", used).await?;
        }
        Ok(Self { ask, used })
    }

    /// How many of the queue may begin now.
    pub(super) fn room(&self) -> usize {
        let room = self.ask.rate.map(|rate| rate.room(self.used, self.ask.now));
        room.map_or(usize::MAX, |room| usize::try_from(room).unwrap_or(usize::MAX))
    }

    /// When the next of the queue may begin.
    pub(super) fn next(&self) -> Timestamp {
        self.ask.rate.map_or(self.ask.now, |rate| rate.next(self.used, self.ask.now))
    }

    /// Takes those out that have to wait for the rate of their key, and tells how long. Each has its own time then,
    /// and is not asked again.
    pub(super) async fn admit(
        &self,
        tx: &mut Tx<'_>,
        candidates: &mut Vec<Candidate>,
    ) -> Result<Vec<(JobId, Timestamp)>, Error> {
        let Some(rate) = self.ask.key_rate else { return Ok(Vec::new()) };
        let mut keys: Vec<String> =
            candidates.iter().filter(|job| !job.is_paid).filter_map(|job| job.rate_key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<&str> = keys.iter().map(String::as_str).collect();
        let known: Vec<(String, Timestamp)> = tx
            .query("SELECT key, used FROM jobs_rates WHERE queue = $1 AND ")
            .bind(self.ask.queue)
            .push_in("key", &asked)
            .fetch_all()
            .await?;
        let mut used: HashMap<String, Timestamp> = known.into_iter().collect();
        let mut postponed = Vec::new();
        candidates.retain(|job| {
            let Some(key) = job.rate_key.as_ref().filter(|_| !job.is_paid) else { return true };
            let (begins, then) = charge(rate, used.get(key).copied(), self.ask.now);
            used.insert(key.clone(), then);
            if begins > self.ask.now {
                postponed.push((job.id, begins));
            }
            begins <= self.ask.now
        });
        for key in keys {
            let Some(used) = used.get(&key) else { continue };
            save(tx, self.ask.queue, &key, *used).await?;
        }
        Ok(postponed)
    }

    /// Notes that so many of the queue have begun.
    pub(super) async fn save(&self, tx: &mut Tx<'_>, begun: usize) -> Result<(), Error> {
        let Some(rate) = self.ask.rate.filter(|_| begun > 0) else { return Ok(()) };
        let begun = u32::try_from(begun).unwrap_or(u32::MAX);
        save(tx, self.ask.queue, "", rate.take(self.used, self.ask.now, begun)).await
    }
}

/// When one more job of a key begins, and until when time is used up then.
fn charge(rate: Rate, used: Option<Timestamp>, now: Timestamp) -> (Timestamp, Timestamp) {
    let used = used.unwrap_or(Timestamp::UNIX_EPOCH);
    (rate.next(used, now), rate.take(used, now, 1))
}

async fn save(tx: &mut Tx<'_>, queue: &str, key: &str, used: Timestamp) -> Result<(), Error> {
    tx.query(
        "INSERT INTO jobs_rates (queue, key, used) VALUES ($1, $2, $3) \
         ON CONFLICT (queue, key) DO UPDATE SET used = excluded.used",
    )
    .bind(queue)
    .bind(key)
    .bind(used)
    .execute()
    .await?;
    Ok(())
}
