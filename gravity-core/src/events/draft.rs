//! [`Draft`]: an event that is about to be recorded.

use super::outbox::check_text;
use super::{Envelope, Error, Event, EventId};
use crate::Clock;
use crate::http::layer::TraceContext;

/// An event that is about to be recorded, with what the caller knows about it. An event alone makes one
/// (`event.into()`), about no subject.
///
/// ```
/// # use gravity_core::events::{Draft, Event};
/// # #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// # struct OrderShipped { parcel: String }
/// # impl Event for OrderShipped { const NAME: &'static str = "order.shipped"; }
/// let draft = Draft::new(OrderShipped { parcel: "P-1".into() })
///     .about("order_17")
///     .correlated("01994b5e-request");
/// ```
#[derive(Debug, Clone)]
#[must_use = "a draft is nothing until it is published"]
pub struct Draft<E> {
    pub(super) event: E,
    pub(super) id: Option<EventId>,
    pub(super) subject: Option<String>,
    pub(super) correlation: Option<String>,
    pub(super) causation: Option<EventId>,
    pub(super) trace: Option<TraceContext>,
}

impl<E: Event> Draft<E> {
    /// An event about no subject, which begins a chain of its own.
    pub fn new(event: E) -> Self {
        Self { event, id: None, subject: None, correlation: None, causation: None, trace: None }
    }

    /// What it is about: 1 to 255 characters, none of them a control character. Events about one subject are
    /// handled in the order in which they were recorded.
    pub fn about(mut self, subject: impl ToString) -> Self {
        self.subject = Some(subject.to_string());
        self
    }

    /// Under an id of the caller's. Where an event of this id is recorded already, nothing is recorded again.
    pub fn with_id(mut self, id: EventId) -> Self {
        self.id = Some(id);
        self
    }

    /// As part of what this text stands for, such as the id of a request: 1 to 255 characters, none of them
    /// a control character. Without it, the event's own id begins a chain.
    pub fn correlated(mut self, correlation: impl ToString) -> Self {
        self.correlation = Some(correlation.to_string());
        self
    }

    /// As a consequence of another event, whose correlation and trace it takes over.
    pub fn caused_by<D>(mut self, cause: &Envelope<D>) -> Self {
        self.causation = Some(cause.id);
        self.correlation = Some(cause.correlation.clone());
        self.trace = cause.trace.map(TraceContext::child).or(self.trace);
        self
    }

    /// The event that publishing this draft would record, for those who write it beside other things. `source` says
    /// where it comes from: a URI reference such as `/accounts`.
    pub fn prepare(self, source: &str, clock: &Clock) -> Result<Envelope, Error> {
        let id = self.id.unwrap_or_else(|| EventId::new(clock));
        check_text("subject", self.subject.as_deref())?;
        check_text("correlation", self.correlation.as_deref())?;
        let data = serde_json::to_value(&self.event)
            .map_err(|error| Error::invalid("data", format!("it is not JSON: {error}")))?;
        Ok(Envelope {
            id,
            name: E::NAME.to_owned(),
            version: E::VERSION,
            source: source.to_owned(),
            subject: self.subject,
            time: clock.now(),
            correlation: self.correlation.unwrap_or_else(|| id.to_string()),
            causation: self.causation,
            trace: self.trace.or_else(crate::telemetry::current_trace),
            data,
        })
    }

    /// In this trace, instead of the one that the program's [telemetry](crate::telemetry) knows to be current.
    pub fn traced(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }
}

impl<E: Event> From<E> for Draft<E> {
    fn from(event: E) -> Self {
        Self::new(event)
    }
}
