//! What a span says about the request and the trace that it belongs to.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::json::limited;
use crate::http::layer::TraceContext;

/// The longest text that is taken over from a span.
const LONGEST: usize = 300;

/// What a span says about the request and the trace that it belongs to. What it does not say, a span around it
/// may.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) request_id: Option<Box<str>>,
    pub(super) subject: Option<Box<str>>,
    pub(super) address: Option<Box<str>>,
    /// Its place in a trace, and the span there that it lies in.
    pub(super) trace: Option<TraceContext>,
    #[cfg_attr(not(feature = "otel"), expect(dead_code, reason = "only the export asks for it"))]
    pub(super) parent: Option<TraceContext>,
}

/// The names of the fields that facts are read from; they stand nowhere else.
pub(super) const FACTS: [&str; 7] =
    ["request_id", "subject", "client.address", "trace_id", "span_id", "parent_span_id", "sampled"];

/// The current span's place in its trace: what to send as `traceparent`.
///
/// It is known where a layer of this module is part of the program's subscriber.
pub fn current_trace() -> Option<TraceContext> {
    tracing::dispatcher::get_default(|dispatch| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        let span = registry.span(dispatch.current_span().id()?)?;
        find(&span, |facts| facts.trace)
    })
}

/// What the innermost span around this one says that says anything, the span itself first.
pub(super) fn find<'a, R: LookupSpan<'a>, T>(
    span: &SpanRef<'a, R>,
    fact: impl Fn(&Facts) -> Option<T>,
) -> Option<T> {
    span.scope().find_map(|span| span.extensions().get::<Facts>().and_then(&fact))
}

/// Whether a span is a step of the work. Below INFO it is for who looks for a fault; but for a statement of SQL, which
/// is there only where it was asked for.
fn is_step(metadata: &tracing::Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || metadata.target() == "gravity::sql"
}

/// Reads the facts of a new span, once for all layers: whoever comes first.
pub(super) fn note<S>(attributes: &Attributes<'_>, id: &Id, context: &Context<'_, S>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let Some(span) = context.span(id) else { return };
    if span.extensions().get::<Facts>().is_some() {
        return;
    }
    let mut read = Reader::default();
    attributes.record(&mut read);
    let begins = read.trace();
    let (trace, parent) = match begins {
        Some(trace) => (Some(trace), read.parent(trace)),
        None if is_step(attributes.metadata()) => {
            let around = span.parent().and_then(|parent| find(&parent, |facts| facts.trace));
            (around.map(TraceContext::child), around)
        }
        None => (None, None),
    };
    let facts = Facts { trace, parent, ..read.facts };
    span.extensions_mut().insert(facts);
}

/// Reads what a span learns later.
pub(super) fn note_more<S>(values: &Record<'_>, id: &Id, context: &Context<'_, S>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut read = Reader::default();
    values.record(&mut read);
    let Some(span) = context.span(id) else { return };
    if let Some(facts) = span.extensions_mut().get_mut::<Facts>() {
        let Facts { request_id, subject, address, .. } = read.facts;
        facts.request_id = request_id.or(facts.request_id.take());
        facts.subject = subject.or(facts.subject.take());
        facts.address = address.or(facts.address.take());
    }
}

#[derive(Default)]
struct Reader {
    facts: Facts,
    trace: Option<Box<str>>,
    span: Option<Box<str>>,
    parent: Option<Box<str>>,
    sampled: bool,
}

impl Reader {
    fn trace(&self) -> Option<TraceContext> {
        TraceContext::of_ids(self.trace.as_ref()?, self.span.as_ref()?, self.sampled)
    }

    fn parent(&self, trace: TraceContext) -> Option<TraceContext> {
        TraceContext::of_ids(&trace.trace_id(), self.parent.as_ref()?, self.sampled)
    }
}

impl Visit for Reader {
    fn record_str(&mut self, field: &Field, value: &str) {
        let slot = match field.name() {
            "request_id" => &mut self.facts.request_id,
            "subject" => &mut self.facts.subject,
            "client.address" => &mut self.facts.address,
            "trace_id" => &mut self.trace,
            "span_id" => &mut self.span,
            "parent_span_id" => &mut self.parent,
            _ => return,
        };
        *slot = Some(limited(format_args!("{value}"), LONGEST).into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "sampled" {
            self.sampled = value;
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if FACTS.contains(&field.name()) {
            let text = limited(format_args!("{value:?}"), LONGEST);
            self.record_str(field, &text);
        }
    }
}
