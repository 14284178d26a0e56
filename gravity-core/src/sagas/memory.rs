//! [`MemorySagas`]: sagas in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::store::{Change, Changed};
use super::{Error, SagaCount, SagaFilter, SagaId, SagaRecord, SagaStore};
use crate::Timestamp;
use crate::jobs::{Failure, JobStore as _, MemoryJobs, MemoryTx, NewJob};

/// Sagas in memory, for tests: the same behaviour as in a database, gone with the last handle. One is changed
/// at a time.
#[derive(Clone)]
pub struct MemorySagas {
    jobs: MemoryJobs,
    all: Arc<Mutex<BTreeMap<SagaId, SagaRecord>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl MemorySagas {
    /// No sagas, whose jobs go there.
    pub fn new(jobs: &MemoryJobs) -> Self {
        Self { jobs: jobs.clone(), all: Arc::default(), turn: Arc::default() }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<SagaId, SagaRecord>> {
        // Every change under the lock is made in one go.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self, tx: &mut MemoryTx<'_>, saga: &SagaRecord, jobs: &[NewJob]) -> Result<(), Error> {
        let (all, saga) = (self.all.clone(), saga.clone());
        tx.on_commit(move || {
            all.lock().unwrap_or_else(PoisonError::into_inner).insert(saga.id, saga);
        });
        if !jobs.is_empty() {
            self.jobs.enqueue(tx, jobs).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl SagaStore for MemorySagas {
    type Tx<'c> = MemoryTx<'c>;
    type Jobs = MemoryJobs;

    fn jobs(&self) -> &MemoryJobs {
        &self.jobs
    }

    async fn insert(&self, tx: &mut MemoryTx<'_>, saga: &SagaRecord, job: &NewJob) -> Result<(), Error> {
        self.write(tx, saga, std::slice::from_ref(job)).await
    }

    async fn insert_alone(&self, saga: &SagaRecord, job: &NewJob) -> Result<(), Error> {
        self.jobs.transaction(async |tx| self.insert(tx, saga, job).await).await
    }

    async fn update(
        &self,
        id: SagaId,
        seen: Option<i64>,
        change: &dyn Change<Self>,
    ) -> Result<Result<SagaRecord, Failure>, Error> {
        let _turn = self.turn.lock().await;
        let saga = self.all().get(&id).cloned().ok_or(Error::NotFound)?;
        if seen.is_some_and(|seen| seen != saga.checkpoint) {
            return Err(Error::Fenced);
        }
        let outcome = self
            .jobs
            .transaction(async |tx| {
                let Changed { saga, jobs } = change.change(tx, saga).await.map_err(Undone::Refused)?;
                self.write(tx, &saga, &jobs).await.map_err(Undone::Failed)?;
                Ok(saga)
            })
            .await;
        match outcome {
            Ok(saga) => Ok(Ok(saga)),
            Err(Undone::Refused(failure)) => Ok(Err(failure)),
            Err(Undone::Failed(error)) => Err(error),
        }
    }

    async fn get(&self, id: SagaId) -> Result<Option<SagaRecord>, Error> {
        Ok(self.all().get(&id).cloned())
    }

    async fn list(
        &self,
        filter: &SagaFilter,
        before: Option<SagaId>,
        limit: usize,
    ) -> Result<Vec<SagaRecord>, Error> {
        let all = self.all();
        let is_wanted = |saga: &&SagaRecord| {
            before.is_none_or(|before| saga.id < before)
                && filter.name.as_ref().is_none_or(|name| saga.name == *name)
                && filter.status.is_none_or(|status| saga.status == status)
        };
        Ok(all.values().rev().filter(is_wanted).take(limit).cloned().collect())
    }

    async fn counts(&self) -> Result<Vec<SagaCount>, Error> {
        let mut counts = BTreeMap::new();
        for saga in self.all().values() {
            *counts.entry((saga.name.clone(), saga.status)).or_insert(0) += 1;
        }
        Ok(counts.into_iter().map(|((name, status), sagas)| SagaCount { name, status, sagas }).collect())
    }

    async fn retain(&self, finished_before: Timestamp) -> Result<u64, Error> {
        let mut all = self.all();
        let before = all.len();
        all.retain(|_, saga| saga.finished_at.is_none_or(|at| at >= finished_before));
        Ok((before - all.len()).try_into().unwrap_or(u64::MAX))
    }
}

/// Why a transaction is rolled back.
pub(super) enum Undone {
    Refused(Failure),
    Failed(Error),
}

impl fmt::Debug for MemorySagas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySagas").finish_non_exhaustive()
    }
}
