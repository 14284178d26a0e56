//! [`Outbox`]: records events in the caller's transaction.

use std::fmt;
use std::sync::Arc;

use super::cloud::CloudEvent;
use super::metrics::PUBLISHED;
use super::{Draft, Envelope, Error, Event, EventId, EventStore, event};
use crate::{Clock, Metrics};

/// Records events in the caller's transaction: they are delivered if it commits, and only then.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use gravity_core::Clock;
/// use gravity_core::db::Database;
/// use gravity_core::events::{Draft, Error, Event, Outbox, SqlEvents};
///
/// # #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// # struct UserRegistered { email: String }
/// # impl Event for UserRegistered { const NAME: &'static str = "user.registered"; }
/// let db = Database::connect("sqlite::memory:").await?;
/// let outbox = Outbox::new(SqlEvents::new(&db).await?, "/accounts", Clock::system())?;
/// db.transaction(async |tx| {
///     // … write the user …
///     let registered = UserRegistered { email: "ada@example.org".into() };
///     outbox.publish(tx, Draft::new(registered).about("user_1")).await?;
///     Ok::<_, Error>(())
/// })
/// .await?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Outbox<S> {
    store: S,
    source: Arc<str>,
    clock: Clock,
    metrics: Option<Metrics>,
}

impl<S: EventStore> Outbox<S> {
    /// An outbox whose events name `source` as where they come from: a URI reference such as `/accounts` or
    /// `https://shop.example/accounts`.
    pub fn new(store: S, source: impl Into<Arc<str>>, clock: Clock) -> Result<Self, Error> {
        let source = source.into();
        super::cloud::check_source(&source).map_err(|error| Error::invalid("source", error.to_string()))?;
        Ok(Self { store, source, clock, metrics: None })
    }

    /// Counts what is recorded in `events_published_total`, by name.
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Records an event in the caller's transaction.
    pub async fn publish<E: Event>(
        &self,
        tx: &mut S::Tx<'_>,
        draft: impl Into<Draft<E>> + Send,
    ) -> Result<EventId, Error> {
        let event = self.prepare(draft)?;
        let id = event.id;
        self.append(tx, &[event]).await?;
        Ok(id)
    }

    /// Records many events of a type in the caller's transaction, in their order, in few statements.
    pub async fn publish_all<E: Event>(
        &self,
        tx: &mut S::Tx<'_>,
        drafts: impl IntoIterator<Item = Draft<E>> + Send,
    ) -> Result<Vec<EventId>, Error> {
        let events = drafts.into_iter().map(|draft| self.prepare(draft)).collect::<Result<Vec<_>, _>>()?;
        self.append(tx, &events).await?;
        Ok(events.iter().map(|event| event.id).collect())
    }

    /// Records events of any types, which [`Outbox::prepare`] made or which came from elsewhere, in the
    /// caller's transaction and in their order. An event whose id is recorded already is passed over.
    pub async fn append(&self, tx: &mut S::Tx<'_>, events: &[Envelope]) -> Result<(), Error> {
        check_all(events)?;
        self.store.append(tx, events).await?;
        self.count(events);
        Ok(())
    }

    /// Records an event in a transaction of its own.
    pub async fn send<E: Event>(&self, draft: impl Into<Draft<E>> + Send) -> Result<EventId, Error> {
        let event = self.prepare(draft)?;
        let id = event.id;
        self.send_all(&[event]).await?;
        Ok(id)
    }

    /// Records events of any types in a transaction of their own.
    pub async fn send_all(&self, events: &[Envelope]) -> Result<(), Error> {
        check_all(events)?;
        self.store.append_alone(events).await?;
        self.count(events);
        Ok(())
    }

    /// The event that publishing this draft would record, for a batch of several types.
    pub fn prepare<E: Event>(&self, draft: impl Into<Draft<E>>) -> Result<Envelope, Error> {
        draft.into().prepare(&self.source, &self.clock)
    }

    fn count(&self, events: &[Envelope]) {
        let Some(metrics) = &self.metrics else { return };
        for event in events {
            PUBLISHED.of(metrics, [&event.name]).increment();
        }
    }
}

pub(super) fn check_all(events: &[Envelope]) -> Result<(), Error> {
    for event in events {
        if !event::is_name(&event.name) {
            let reason = "it has 1 to 128 of `a` to `z`, `0` to `9`, `_`, `-`, `.`";
            return Err(Error::invalid("name of the event", reason));
        }
        check_text("subject", event.subject.as_deref())?;
        CloudEvent::from(event).check().map_err(|error| Error::invalid("event", error.to_string()))?;
    }
    Ok(())
}

pub(super) fn check_text(what: &'static str, text: Option<&str>) -> Result<(), Error> {
    match text {
        Some(text) if text.is_empty() || text.chars().nth(255).is_some() => {
            Err(Error::invalid(what, "it has 1 to 255 characters"))
        }
        Some(text) if text.chars().any(char::is_control) => {
            Err(Error::invalid(what, "it has no control characters"))
        }
        _ => Ok(()),
    }
}

impl<S> fmt::Debug for Outbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("source", &self.source).finish_non_exhaustive()
    }
}
