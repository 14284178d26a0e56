//! [`Handler`]: what a subscriber does about an event.

use std::marker::PhantomData;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::{Envelope, Event, EventStore, Failure, Recorded};

/// What a subscriber does about an event of one type.
///
/// What it writes on `tx` is committed together with the note that the event was handled, so it happens once,
/// however often the event is delivered. Whatever it does elsewhere may happen again: after a crash the event
/// comes again. The transaction stays open while it runs, so it should be short; slow work belongs into a
/// job that it enqueues on `tx`.
///
/// ```
/// # #[cfg(any(feature = "sqlite", feature = "postgres"))]
/// # mod example {
/// use gravity_core::db::Tx;
/// use gravity_core::events::{Event, Failure, Handler, Recorded, SqlEvents};
///
/// # #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// # struct UserRegistered { email: String }
/// # impl Event for UserRegistered { const NAME: &'static str = "user.registered"; }
/// struct Welcome;
///
/// #[async_trait::async_trait]
/// impl Handler<UserRegistered, SqlEvents> for Welcome {
///     async fn handle(&self, event: &Recorded<UserRegistered>, tx: &mut Tx<'_>) -> Result<(), Failure> {
///         tx.query("INSERT INTO mails (recipient) VALUES ($1)").bind(&event.data.email).execute().await?;
///         Ok(())
///     }
/// }
/// # }
/// ```
#[async_trait]
pub trait Handler<E: Event, S: EventStore>: Send + Sync + 'static {
    /// Handles one event. An error, a panic, or running too long undoes what was written on `tx`.
    async fn handle(&self, event: &Recorded<E>, tx: &mut S::Tx<'_>) -> Result<(), Failure>;
}

/// A handler that does not show its type of event.
pub(super) trait AnyHandler<S: EventStore>: Send + Sync + 'static {
    fn handle<'a>(&'a self, event: &'a Envelope, tx: &'a mut S::Tx<'_>)
    -> BoxFuture<'a, Result<(), Failure>>;
}

/// Reads the event before its handler sees it.
pub(super) struct Typed<E, H>(pub(super) H, pub(super) PhantomData<fn() -> E>);

impl<E: Event, S: EventStore, H: Handler<E, S>> AnyHandler<S> for Typed<E, H> {
    fn handle<'a>(
        &'a self,
        event: &'a Envelope,
        tx: &'a mut S::Tx<'_>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let event = event.decode::<E>()?;
            self.0.handle(&event, tx).await
        })
    }
}

/// A closure about events of one type.
pub(super) struct Closure<E, F>(pub(super) F, pub(super) PhantomData<fn() -> E>);

impl<E, S, F> AnyHandler<S> for Closure<E, F>
where
    E: Event,
    S: EventStore,
    F: for<'a, 'c> Fn(&'a Recorded<E>, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<(), Failure>>
        + Send
        + Sync
        + 'static,
{
    fn handle<'a>(
        &'a self,
        event: &'a Envelope,
        tx: &'a mut S::Tx<'_>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let event = event.decode::<E>()?;
            (self.0)(&event, tx).await
        })
    }
}

/// A closure about events of any type.
pub(super) struct Untyped<F>(pub(super) F);

impl<S, F> AnyHandler<S> for Untyped<F>
where
    S: EventStore,
    F: for<'a, 'c> Fn(&'a Envelope, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<(), Failure>>
        + Send
        + Sync
        + 'static,
{
    fn handle<'a>(
        &'a self,
        event: &'a Envelope,
        tx: &'a mut S::Tx<'_>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        (self.0)(event, tx)
    }
}
