//! Hands an event to its handler.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::events::work::Work;
use crate::events::{Deliver, EventStore, Failure, Subscriber};
use crate::http::layer::TraceContext;
use crate::{Clock, cause};

/// A subscriber's handlers, within its time and with panics caught.
pub(super) struct Dispatch<'a, S> {
    pub(super) subscriber: &'a Subscriber<S>,
    pub(super) clock: &'a Clock,
}

impl<S: EventStore> Deliver<S> for Dispatch<'_, S> {
    fn deliver<'a>(&'a self, work: &'a Work, tx: &'a mut S::Tx<'_>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let event = match &work.event {
                Ok(event) => event,
                Err(reason) => return Err(Failure::new(reason).permanent()),
            };
            let Some(handler) = self.subscriber.handlers.find(&event.name) else {
                return Ok(());
            };
            // The handler's span lies in the publisher's trace, and is recorded if that is.
            let trace = event.trace.map(TraceContext::child);
            let publisher = event.trace;
            let span = tracing::info_span!(
                "event",
                subscriber = %self.subscriber.name,
                name = %event.name,
                id = %event.id,
                correlation = %event.correlation,
                trace_id = trace.map(|trace| trace.trace_id()),
                span_id = trace.map(|trace| trace.span_id()),
                parent_span_id = publisher.map(|trace| trace.span_id()),
                sampled = trace.map(|trace| trace.sampled()),
                otel.kind = "consumer",
                otel.name = %format_args!("process {}", event.name),
                otel.link = publisher.map(tracing::field::display),
                otel.status_code = Empty,
                messaging.system = "gravity",
                messaging.operation.type = "process",
            );
            let attempt = AssertUnwindSafe(handler.handle(event, tx)).catch_unwind();
            let result = tokio::select! {
                outcome = attempt.instrument(span.clone()) => {
                    outcome.unwrap_or_else(|panic| Err(Failure::new(cause::of_panic("the handler panicked", &*panic))))
                }
                () = self.clock.sleep(self.subscriber.timeout) => Err(Failure::new("it took too long")),
            };
            if let Err(failure) = &result {
                span.record("otel.status_code", "ERROR");
                span.in_scope(
                    || tracing::warn!(attempt = work.attempt + 1, error = %failure, "an event failed"),
                );
            }
            result
        })
    }
}
