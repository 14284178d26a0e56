//! [`OtelLayer`]: spans as OpenTelemetry has them.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{
    Event as SpanEvent, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::Batch;
use crate::http::layer::TraceContext;
use crate::telemetry::context::{self, FACTS, Facts};
use crate::telemetry::json::{Fields, Value};

/// How many warnings and errors of a span go with it.
const MOST_EVENTS: usize = 16;

/// Exports the spans of sampled traces: each request, handled event and call to another service, and every
/// span of the application's inside one, from INFO on; each statement of SQL where the filter has
/// `gravity::sql=debug`. [`init`](crate::telemetry::init) sets it up.
///
/// Fields become attributes, under their names; `otel.name`, `otel.kind`, `otel.status_code` and `otel.link`
/// say what else there is to say, as elsewhere. Warnings and errors that are logged inside a span go with it.
#[derive(Debug)]
pub struct OtelLayer {
    batch: Batch,
    scope: InstrumentationScope,
}

/// A span that has not ended.
struct Open {
    began: SystemTime,
    fields: Fields,
    events: SpanEvents,
}

impl OtelLayer {
    pub(in crate::telemetry) fn new(batch: Batch) -> Self {
        let scope = InstrumentationScope::builder("gravity").with_version(env!("CARGO_PKG_VERSION")).build();
        Self { batch, scope }
    }
}

impl<S> Layer<S> for OtelLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        context::note(attributes, id, &context);
        let Some(span) = context.span(id) else { return };
        let is_sampled = span
            .extensions()
            .get::<Facts>()
            .and_then(|facts| facts.trace)
            .is_some_and(|trace| trace.sampled());
        if is_sampled {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            let open = Open { began: SystemTime::now(), fields, events: SpanEvents::default() };
            span.extensions_mut().replace(open);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        context::note_more(values, id, &context);
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            let mut more = Fields::default();
            values.record(&mut more);
            open.fields.extend(more);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if *event.metadata().level() > Level::WARN {
            return;
        }
        let Some(span) = context.event_span(event) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut extensions = span.extensions_mut();
        let Some(open) = extensions.get_mut::<Open>() else { return };
        if open.events.events.len() >= MOST_EVENTS {
            open.events.dropped_count = open.events.dropped_count.saturating_add(1);
            return;
        }
        let name = match fields.take("message") {
            Some(Value::Text(text)) => Cow::Owned(text),
            _ => Cow::Borrowed(event.metadata().target()),
        };
        let mut attributes = vec![KeyValue::new("level", event.metadata().level().as_str())];
        attributes.extend(fields.iter().map(attribute));
        open.events.events.push(SpanEvent::new(name, SystemTime::now(), attributes, 0));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(mut open) = span.extensions_mut().remove::<Open>() else { return };
        let Some(facts) = span.extensions().get::<Facts>().cloned() else { return };
        let Some(trace) = facts.trace else { return };
        let text = |value: Option<Value>| if let Some(Value::Text(text)) = value { Some(text) } else { None };
        let name = text(open.fields.take("otel.name"));
        let kind = text(open.fields.take("otel.kind"));
        let status = text(open.fields.take("otel.status_code"));
        let link = text(open.fields.take("otel.link")).and_then(|text| TraceContext::parse(&text));
        let mut attributes: Vec<KeyValue> =
            open.fields.iter().filter(|(name, _)| !FACTS.contains(name)).map(attribute).collect();
        for (name, fact) in [
            ("request_id", facts.request_id),
            ("enduser.id", facts.subject),
            ("client.address", facts.address),
        ] {
            attributes.extend(fact.map(|fact| KeyValue::new(name, String::from(fact))));
        }
        let mut links = SpanLinks::default();
        links.links.extend(link.map(|link| Link::with_context(of(link, true))));
        let parent = facts.parent.map(|parent| of(parent, false));
        self.batch.add(SpanData {
            span_context: of(trace, false),
            parent_span_id: parent.as_ref().map_or(SpanId::INVALID, SpanContext::span_id),
            parent_span_is_remote: matches!(kind.as_deref(), Some("server" | "consumer")),
            span_kind: match kind.as_deref() {
                Some("server") => SpanKind::Server,
                Some("client") => SpanKind::Client,
                Some("producer") => SpanKind::Producer,
                Some("consumer") => SpanKind::Consumer,
                _ => SpanKind::Internal,
            },
            name: name.map_or(Cow::Borrowed(span.name()), Cow::Owned),
            start_time: open.began,
            // A clock that was set back meanwhile gives no span that ends before it begins.
            end_time: SystemTime::now().max(open.began),
            attributes,
            dropped_attributes_count: 0,
            events: open.events,
            links,
            status: match status.as_deref() {
                Some("ERROR" | "error") => Status::error(""),
                Some("OK" | "ok") => Status::Ok,
                _ => Status::Unset,
            },
            instrumentation_scope: self.scope.clone(),
        });
    }
}

fn of(trace: TraceContext, is_remote: bool) -> SpanContext {
    let (id, span) = trace.numbers();
    let flags = if trace.sampled() { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let (id, span) = (TraceId::from_bytes(id.to_be_bytes()), SpanId::from_bytes(span.to_be_bytes()));
    SpanContext::new(id, span, flags, is_remote, TraceState::default())
}

fn attribute((name, value): (&'static str, &Value)) -> KeyValue {
    match value {
        Value::Bool(is) => KeyValue::new(name, *is),
        Value::Signed(number) => KeyValue::new(name, *number),
        // Attributes have signed numbers only.
        Value::Unsigned(number) => match i64::try_from(*number) {
            Ok(number) => KeyValue::new(name, number),
            Err(_) => KeyValue::new(name, number.to_string()),
        },
        Value::Float(number) => KeyValue::new(name, *number),
        Value::Text(text) => KeyValue::new(name, text.clone()),
    }
}
