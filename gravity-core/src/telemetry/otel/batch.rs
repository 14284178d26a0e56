//! [`Batch`]: spans on their way to the collector.

use std::time::Duration;

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use crate::telemetry::metrics::Counts;

/// How many spans may wait.
const WAITING: usize = 4096;
/// How many are sent at once.
const AT_ONCE: usize = 512;
/// How long the first of a batch waits for more.
const DELAY: Duration = Duration::from_secs(2);
/// How long a batch may take, all tries included.
const PATIENCE: Duration = Duration::from_secs(10);

/// Spans on their way to the collector. Whoever ends one never waits: when the collector is away or slow, so
/// many are kept, and further ones are dropped and counted.
#[derive(Debug, Clone)]
pub(in crate::telemetry) struct Batch {
    queue: mpsc::Sender<Message>,
    counts: Counts,
}

#[derive(Debug)]
enum Message {
    Span(Box<SpanData>),
    Flush(oneshot::Sender<()>),
}

impl Batch {
    pub(super) fn start(exporter: SpanExporter, counts: Counts, runtime: &Handle) -> Self {
        let (queue, spans) = mpsc::channel(WAITING);
        runtime.spawn(Sender { exporter, counts: counts.clone(), is_failing: false }.run(spans));
        Self { queue, counts }
    }

    pub(super) fn add(&self, span: SpanData) {
        if self.queue.try_send(Message::Span(Box::new(span))).is_err() {
            self.counts.spans_dropped(1);
        }
    }

    /// Waits until the spans that have ended are sent, but no longer than this.
    pub(in crate::telemetry) async fn flush(&self, patience: Duration) {
        let (done, is_done) = oneshot::channel();
        let flushed = async {
            // Either fails where the runtime that sends has ended.
            if self.queue.send(Message::Flush(done)).await.is_ok() {
                let _ = is_done.await;
            }
        };
        if timeout(patience, flushed).await.is_err() {
            tracing::warn!("the last spans could not be exported in time");
        }
    }
}

struct Sender {
    exporter: SpanExporter,
    counts: Counts,
    is_failing: bool,
}

impl Sender {
    async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        while let Some(first) = queue.recv().await {
            let (mut spans, mut flushes) = (Vec::new(), Vec::new());
            let until = Instant::now() + DELAY;
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Span(span) => spans.push(*span),
                    Message::Flush(done) => flushes.push(done),
                }
                if spans.len() >= AT_ONCE || !flushes.is_empty() {
                    break;
                }
                next = timeout_at(until, queue.recv()).await.unwrap_or(None);
            }
            self.send(spans).await;
            for done in flushes {
                // Whoever asked may have lost patience.
                let _ = done.send(());
            }
        }
    }

    async fn send(&mut self, spans: Vec<SpanData>) {
        let number = spans.len();
        if number == 0 {
            return;
        }
        let failure = match timeout(PATIENCE, self.exporter.export(spans)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("it took too long".to_owned()),
        };
        // A collector that is away is told of once, not with every batch.
        match failure {
            None => {
                self.counts.spans_exported(number);
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("traces are exported again");
                }
            }
            Some(error) => {
                self.counts.spans_dropped(number);
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(error, "traces cannot be exported; they are dropped until that changes");
                }
            }
        }
    }
}
