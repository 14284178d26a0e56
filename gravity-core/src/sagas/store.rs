//! [`SagaStore`]: where sagas are kept.

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::{Error, SagaCount, SagaFilter, SagaId, SagaRecord};
use crate::Timestamp;
use crate::jobs::{Failure, JobStore, NewJob};

/// Where sagas are kept, beside the jobs that run their steps.
///
/// Every verb is atomic. Whoever writes a store of their own runs the suite `testing::sagas` on it.
#[async_trait]
pub trait SagaStore: Clone + Send + Sync + 'static {
    /// A transaction of the application's, in which sagas begin and steps write.
    type Tx<'c>: Send;

    /// Where the jobs go.
    type Jobs: JobStore;

    /// Where the jobs go.
    fn jobs(&self) -> &Self::Jobs;

    /// Writes a new saga and its first job down in the caller's transaction.
    async fn insert(&self, tx: &mut Self::Tx<'_>, saga: &SagaRecord, job: &NewJob) -> Result<(), Error>;

    /// Writes a new saga and its first job down in a transaction of their own.
    async fn insert_alone(&self, saga: &SagaRecord, job: &NewJob) -> Result<(), Error>;

    /// Changes a saga in one transaction: locks it, hands it as it is by then to `change`, writes what that
    /// returns, and enqueues its jobs.
    ///
    /// Fails with [`Error::NotFound`] when there is no such saga, and with [`Error::Fenced`] when it is beyond
    /// the checkpoint that the caller has seen. A failure of `change` rolls back, and is returned. It may be
    /// run again where the transaction collides with another.
    async fn update(
        &self,
        id: SagaId,
        seen: Option<i64>,
        change: &dyn Change<Self>,
    ) -> Result<Result<SagaRecord, Failure>, Error>;

    /// The saga of this id.
    async fn get(&self, id: SagaId) -> Result<Option<SagaRecord>, Error>;

    /// Sagas in the order of their ids, the newest first, from below one of them or from the newest.
    async fn list(
        &self,
        filter: &SagaFilter,
        before: Option<SagaId>,
        limit: usize,
    ) -> Result<Vec<SagaRecord>, Error>;

    /// How many sagas there are, by name and status, in their order.
    async fn counts(&self) -> Result<Vec<SagaCount>, Error>;

    /// Deletes finished sagas that ended before a time, and tells how many those were.
    async fn retain(&self, finished_before: Timestamp) -> Result<u64, Error>;
}

/// A change of a saga, on the transaction that a store has begun for it.
pub trait Change<S: SagaStore>: Send + Sync {
    /// Makes the change.
    fn change<'a>(
        &'a self,
        tx: &'a mut S::Tx<'_>,
        saga: SagaRecord,
    ) -> BoxFuture<'a, Result<Changed, Failure>>;
}

/// What a change has made of a saga.
#[derive(Debug)]
pub struct Changed {
    /// The saga.
    pub saga: SagaRecord,
    /// What is enqueued with it.
    pub jobs: Vec<NewJob>,
}
