//! [`Outlet`]: to a broker.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::events::{CloudEvent, EventStore, Failure, Retry, Subscriber};

/// Hands events over to a broker, from which other applications take them.
///
/// [`Subscriber::bridging`] makes a durable subscriber of it: each event is sent at least once, and those of one
/// subject in their order. An outlet to Kafka, NATS or `RabbitMQ` needs this one method; the subject is the key by which
/// such a broker keeps order.
#[async_trait]
pub trait Outlet: Send + Sync + 'static {
    /// Returns when the broker has the event for good.
    ///
    /// It is called again with an event when it failed, or when the node died after it; an outlet that can tell
    /// by the event's id sends it once all the same.
    async fn send(&self, event: &CloudEvent) -> Result<(), Failure>;
}

impl<S: EventStore> Subscriber<S> {
    /// A subscriber that hands all events which this application has recorded to a broker: those whose source is
    /// this one, as the application's [`Outbox`](crate::events::Outbox) has it. What came from others by an
    /// [`Intake`](crate::events::Intake) is left alone, so that nothing goes in circles.
    ///
    /// While the broker is down, events wait, and are tried again until it is there.
    pub fn bridging(name: impl Into<Arc<str>>, source: impl Into<Arc<str>>, outlet: impl Outlet) -> Self {
        let (source, outlet) = (source.into(), Arc::new(outlet));
        let retry = Retry::new()
            .with_waits(Duration::from_millis(200), Duration::from_secs(30))
            .with_attempts(u32::MAX);
        Self::new(name).retrying(retry).on_any(move |event, _| {
            let is_ours = *event.source == *source;
            let (outlet, event) = (outlet.clone(), is_ours.then(|| CloudEvent::from(event)));
            Box::pin(async move {
                match event {
                    Some(event) => outlet.send(&event).await,
                    None => Ok(()),
                }
            })
        })
    }
}
