//! [`Subscriber`]: who wants which events, and what it does about them.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::handler::{AnyHandler, Closure, Typed, Untyped};
use super::{Envelope, Error, Event, EventStore, Failure, Handler, Recorded, Retry};

/// Where a subscriber begins that the store does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// With what is committed after it was registered.
    #[default]
    Now,
    /// With the oldest event that is still kept.
    Beginning,
}

/// Who wants which events, and what it does about them.
///
/// A subscriber is known by its name, under which the store keeps how far it came. All nodes that run a
/// subscriber of one name share its work. Each event is delivered at least once; events about one subject in
/// the order in which they were recorded, and while one of them waits for another attempt, the later ones of
/// that subject wait behind it. Events of other subjects go on.
///
/// ```
/// # #[cfg(any(feature = "sqlite", feature = "postgres"))]
/// # fn example() {
/// use gravity_core::events::{Event, SqlEvents, Start, Subscriber};
///
/// # #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// # struct UserRegistered { email: String }
/// # impl Event for UserRegistered { const NAME: &'static str = "user.registered"; }
/// let mailer = Subscriber::<SqlEvents>::new("mailer")
///     .starting(Start::Beginning)
///     .on::<UserRegistered>(|event, tx| {
///         Box::pin(async move {
///             let insert = tx.query("INSERT INTO mails (recipient) VALUES ($1)");
///             insert.bind(&event.data.email).execute().await?;
///             Ok(())
///         })
///     });
/// # }
/// ```
#[must_use = "a subscriber does nothing until a node runs it"]
pub struct Subscriber<S> {
    pub(super) name: Arc<str>,
    pub(super) start: Start,
    pub(super) retry: Retry,
    pub(super) batch: usize,
    pub(super) timeout: Duration,
    pub(super) handlers: Handlers<S>,
}

pub(super) struct Handlers<S> {
    typed: HashMap<&'static str, Box<dyn AnyHandler<S>>>,
    any: Option<Box<dyn AnyHandler<S>>>,
}

impl<S: EventStore> Subscriber<S> {
    /// A subscriber of no events yet.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            start: Start::default(),
            retry: Retry::default(),
            batch: 32,
            timeout: Duration::from_secs(20),
            handlers: Handlers { typed: HashMap::new(), any: None },
        }
    }

    /// Where it begins if the store does not know it yet; [`Start::Now`] by default.
    pub fn starting(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// How often and when an event is tried again.
    pub fn retrying(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// How many events are handled in one transaction at most; 32 by default, and no more are begun after
    /// half a second. An event that fails does not undo the others of its transaction.
    pub fn with_batch(mut self, events: usize) -> Self {
        self.batch = events.clamp(1, 500);
        self
    }

    /// How long one event may take; 20 s by default. Past it the attempt has failed.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Handles events of one type by a closure. A second handler for a type replaces the first.
    pub fn on<E: Event>(
        mut self,
        handler: impl for<'a, 'c> Fn(&'a Recorded<E>, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<(), Failure>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.handlers.typed.insert(E::NAME, Box::new(Closure(handler, PhantomData::<fn() -> E>)));
        self
    }

    /// Handles events of one type by a [`Handler`]. A second handler for a type replaces the first.
    pub fn with<E: Event>(mut self, handler: impl Handler<E, S>) -> Self {
        self.handlers.typed.insert(E::NAME, Box::new(Typed(handler, PhantomData::<fn() -> E>)));
        self
    }

    /// Handles events of every type that has no handler of its own, as a bridge to a broker does.
    pub fn on_any(
        mut self,
        handler: impl for<'a, 'c> Fn(&'a Envelope, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<(), Failure>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.handlers.any = Some(Box::new(Untyped(handler)));
        self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        check_subscriber_name(&self.name)?;
        if self.handlers.typed.is_empty() && self.handlers.any.is_none() {
            return Err(Error::invalid("subscriber", "it handles no events"));
        }
        match self.handlers.typed.keys().find(|name| !super::event::is_name(name)) {
            Some(name) => Err(Error::invalid("event", format!("`{name}` is no name of an event"))),
            None => Ok(()),
        }
    }
}

/// Names have 1 to 64 of `a` to `z`, `0` to `9`, `_`, `-` and `.`, as they appear in labels of metrics.
pub(super) fn check_subscriber_name(name: &str) -> Result<(), Error> {
    if name.len() > 64 || !super::event::is_name(name) {
        return Err(Error::invalid(
            "subscriber",
            "its name has 1 to 64 of `a` to `z`, `0` to `9`, `_`, `-`, `.`",
        ));
    }
    Ok(())
}

impl<S: EventStore> Handlers<S> {
    /// The names of the events that are wanted; `None` for all.
    pub(super) fn names(&self) -> Option<Vec<&'static str>> {
        self.any.is_none().then(|| {
            let mut names: Vec<_> = self.typed.keys().copied().collect();
            names.sort_unstable();
            names
        })
    }

    pub(super) fn find(&self, name: &str) -> Option<&dyn AnyHandler<S>> {
        self.typed.get(name).or(self.any.as_ref()).map(AsRef::as_ref)
    }
}

impl<S> fmt::Debug for Subscriber<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber")
            .field("name", &self.name)
            .field("start", &self.start)
            .field("retry", &self.retry)
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}
