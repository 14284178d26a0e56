//! [`JsonLayer`]: events as lines of JSON.

use std::cell::Cell;
use std::fmt::Write;
use std::sync::Arc;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::fields::{Fields, Value};
use super::text::quote;
use crate::Clock;
use crate::telemetry::context::{self, FACTS};
use crate::telemetry::writer::LogWriter;

/// The longest line, in bytes; fields that would make it longer are left out, and it says so.
const LONGEST: usize = 32 * 1024;

/// A tracing layer that writes a JSON object a line for every event:
///
/// ```json
/// {"time":"2026-01-02T03:04:05.678901Z","level":"WARN","target":"shop::cart","message":"the cart is empty",
///  "service":"shop","version":"1.2.0","request_id":"01994b5e","trace_id":"4bf9…","span_id":"00f0…",
///  "subject":"user_1","fields":{"items":0},"span":{"http.route":"/carts/{id}"}}
/// ```
///
/// `request_id`, `trace_id`, `span_id`, `subject` and `address` come from the spans around the event and are
/// there where they are known; `fields` are the event's own, `span` those of all spans around it, of which
/// an inner one hides an outer one of its name. So no field can pass itself off as a part of the line.
///
/// A line is one line and at most 32 KiB, whatever is logged. It is written by a [`LogWriter`], which does
/// not wait for whom it writes to. An event that is logged while another one is being written by the same
/// thread, as by the `Debug` of one of its fields, is left out.
#[derive(Debug, Clone)]
pub struct JsonLayer {
    writer: LogWriter,
    clock: Clock,
    /// `"service":"…","version":"…"`
    program: Arc<str>,
}

thread_local! {
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

impl JsonLayer {
    /// Lines of this program, of this release, to this writer.
    pub fn new(service: &str, version: &str, writer: LogWriter) -> Self {
        let mut program = String::from("\"service\":");
        quote(service, &mut program);
        if !version.is_empty() {
            program.push_str(",\"version\":");
            quote(version, &mut program);
        }
        Self { writer, clock: Clock::system(), program: program.into() }
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    fn line<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> String
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let mut line = String::with_capacity(512);
        // Writing to a string does not fail.
        let _ = write!(line, "{{\"time\":\"{}\",\"level\":\"{}\"", self.clock.now(), metadata.level());
        member("target", metadata.target(), &mut line);
        if let Some(message) = fields.take("message") {
            line.push_str(",\"message\":");
            value(&message, &mut line);
        }
        line.push(',');
        line.push_str(&self.program);
        let span = context.event_span(event);
        if let Some(span) = &span {
            for (name, fact) in [
                ("request_id", context::find(span, |facts| facts.request_id.clone())),
                ("subject", context::find(span, |facts| facts.subject.clone())),
                ("address", context::find(span, |facts| facts.address.clone())),
            ] {
                if let Some(fact) = fact {
                    member(name, &fact, &mut line);
                }
            }
            if let Some(trace) = context::find(span, |facts| facts.trace) {
                let _ = write!(
                    line,
                    ",\"trace_id\":\"{}\",\"span_id\":\"{}\"",
                    trace.trace_id(),
                    trace.span_id()
                );
            }
        }
        let mut cut = object("fields", fields.iter(), &mut line);
        if let Some(span) = &span {
            let mut shown: Vec<(&'static str, Value)> = Vec::new();
            for span in span.scope() {
                let extensions = span.extensions();
                for (name, value) in extensions.get::<SpanFields>().iter().flat_map(|fields| fields.0.iter())
                {
                    if !shown.iter().any(|(known, _)| *known == name) && !FACTS.contains(&name) {
                        shown.push((name, value.clone()));
                    }
                }
            }
            cut |= object("span", shown.iter().map(|(name, value)| (*name, value)), &mut line);
        }
        line.push_str(if cut { ",\"truncated\":true}\n" } else { "}\n" });
        line
    }
}

struct SpanFields(Fields);

impl<S> Layer<S> for JsonLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        context::note(attributes, id, &context);
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(SpanFields(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        context::note_more(values, id, &context);
        let mut more = Fields::default();
        values.record(&mut more);
        let Some(span) = context.span(id) else { return };
        if let Some(SpanFields(fields)) = span.extensions_mut().get_mut() {
            fields.extend(more);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if BUSY.replace(true) {
            return;
        }
        let line = self.line(event, &context);
        BUSY.set(false);
        self.writer.line(line.into_bytes());
    }
}

fn member(name: &str, text: &str, line: &mut String) {
    let _ = write!(line, ",\"{name}\":");
    quote(text, line);
}

/// Appends an object, if it has members; whether some were left out.
fn object<'v>(
    name: &str,
    members: impl Iterator<Item = (&'static str, &'v Value)>,
    line: &mut String,
) -> bool {
    let (mut is_empty, mut cut) = (true, false);
    for (member, of) in members {
        let mut written = String::new();
        quote(member, &mut written);
        written.push(':');
        value(of, &mut written);
        if line.len() + written.len() > LONGEST {
            cut = true;
            continue;
        }
        if is_empty {
            let _ = write!(line, ",\"{name}\":{{");
        } else {
            line.push(',');
        }
        is_empty = false;
        line.push_str(&written);
    }
    if !is_empty {
        line.push('}');
    }
    cut
}

fn value(value: &Value, out: &mut String) {
    let _ = match value {
        Value::Bool(is) => write!(out, "{is}"),
        Value::Signed(number) => write!(out, "{number}"),
        Value::Unsigned(number) => write!(out, "{number}"),
        Value::Float(number) if number.is_finite() => write!(out, "{number}"),
        Value::Float(number) => write!(out, "\"{number}\""),
        Value::Text(text) => {
            quote(text, out);
            Ok(())
        }
    };
}
