//! [`EventStore`]: where events are kept.

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use uuid::Uuid;

use super::state::{LaneState, Poisoned, SubscriberState, View};
use super::work::{Batch, Claim, Due, Settlement, Work};
use super::{Envelope, Error, EventId, Failure, Found, Retention, Search, Start};
use crate::Timestamp;

/// Where events are kept, and how far each subscriber has come.
///
/// Every verb is atomic. Whoever writes a store of their own runs the suite `testing::events` on it.
///
/// **Positions.** Each event gets a place in the log after its transaction has committed, and none is given
/// out below one that [`EventStore::advance`] has returned. So a reader that has come to a position has seen
/// everything up to there. Of two events of which one was recorded after the other had been committed, the
/// later one has the higher position.
///
/// **Leases.** A lane of a subscriber belongs to the node that took it last. What it writes is refused once
/// another has taken it, by its fence and in the same transaction. Nothing here compares times of
/// different nodes: who is alive is told by beats that go on (see [`EventNode`](super::EventNode)).
#[async_trait]
pub trait EventStore: Clone + Send + Sync + 'static {
    /// A transaction of the application's, in which events are recorded and handlers write.
    type Tx<'c>: Send;

    /// Records events in the caller's transaction, in order. One whose id is recorded already is passed over.
    async fn append(&self, tx: &mut Self::Tx<'_>, events: &[Envelope]) -> Result<(), Error>;

    /// Records events in a transaction of their own.
    async fn append_alone(&self, events: &[Envelope]) -> Result<(), Error>;

    /// Gives every committed event its position, and returns the last one.
    async fn advance(&self) -> Result<i64, Error>;

    /// The lanes that have events after one position and up to another, and the last of each.
    async fn touched(&self, after: i64, to: i64) -> Result<Vec<(i16, i64)>, Error>;

    /// Changes when something may have been recorded. A hint may come early, or not at all.
    fn hints(&self) -> watch::Receiver<()>;

    /// Does what hints need, such as to listen to a server, until it is dropped.
    async fn listen(&self);

    /// Makes a subscriber known; one that is known stays as it is.
    async fn register(&self, subscriber: &str, start: Start) -> Result<(), Error>;

    /// Deletes a subscriber and all that is known about it, so that it holds up no retention. Whether it was
    /// known.
    async fn forget(&self, subscriber: &str) -> Result<bool, Error>;

    /// Pauses a subscriber or lets it go on. A batch that has begun is finished.
    async fn set_paused(&self, subscriber: &str, is_paused: bool) -> Result<(), Error>;

    /// How all subscribers are doing, by name.
    async fn subscribers(&self) -> Result<Vec<SubscriberState>, Error>;

    /// Counts on the beat of a node that takes part in these subscribers' work, and tells what it sees.
    async fn beat(&self, node: Uuid, subscribers: &[&str]) -> Result<View, Error>;

    /// Takes a lane as it was seen. Of several nodes that take it at once exactly one gets it; the others,
    /// and whoever has seen it as it was before, get `None`.
    async fn take(&self, node: Uuid, seen: &LaneState) -> Result<Option<Claim>, Error>;

    /// Gives a lane back, if the claim still holds.
    async fn give_back(&self, claim: &Claim) -> Result<(), Error>;

    /// Removes a node from all subscribers, and gives back the lanes it holds.
    async fn leave(&self, node: Uuid) -> Result<(), Error>;

    /// The first events of a claim's lane after one position and up to another: those of these names, or all.
    async fn fetch(
        &self,
        claim: &Claim,
        names: Option<&[&'static str]>,
        after: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<Work>, Error>;

    /// What waits in a claim's lane for another attempt.
    async fn due(&self, claim: &Claim, now: Timestamp, limit: usize) -> Result<Due, Error>;

    /// Notes that a lane has come to a position without any event to handle.
    async fn skip(&self, claim: &Claim, to: i64) -> Result<(), Error>;

    /// Handles a batch in one transaction, by the rules of [`Round`](super::Round).
    ///
    /// Fails with [`Error::Fenced`] when the lane was taken by another node, and with [`Error::Paused`] when
    /// the subscriber is paused; nothing is written then.
    async fn deliver(&self, batch: Batch<'_>, to: &dyn Deliver<Self>) -> Result<Settlement, Error>;

    /// The events that a subscriber has set aside, by position, after one of them or from the first. One
    /// that nobody knows has set nothing aside.
    async fn poisoned(
        &self,
        subscriber: &str,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Poisoned>, Error>;

    /// An event that a subscriber has set aside.
    async fn inspect(&self, subscriber: &str, id: EventId) -> Result<Option<Poisoned>, Error>;

    /// Recorded events that have their position, the latest first.
    async fn search(&self, search: &Search, limit: usize) -> Result<Vec<Found>, Error>;

    /// Lets an event that was set aside be tried again, as if it had never been. Whether there was one.
    async fn replay(&self, subscriber: &str, id: EventId, now: Timestamp) -> Result<bool, Error>;

    /// Forgets an event that was set aside. Whether there was one.
    async fn discard(&self, subscriber: &str, id: EventId) -> Result<bool, Error>;

    /// Deletes what need not be kept any longer, and says how many events that were.
    async fn retain(&self, retention: Retention, now: Timestamp) -> Result<u64, Error>;
}

/// Hands an event to its handler, on the transaction that a store has begun for it.
pub trait Deliver<S: EventStore>: Send + Sync {
    /// Handles one event. What was written is undone if it fails.
    fn deliver<'a>(&'a self, work: &'a Work, tx: &'a mut S::Tx<'_>) -> BoxFuture<'a, Result<(), Failure>>;
}
