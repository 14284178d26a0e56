//! [`init`]: sets up logs and traces for an application.

use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::{JsonLayer, LogFormat, LogWriter, TelemetryConfig};
use crate::Metrics;

/// How long the last lines and spans may take when a program ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// What [`init`] has set up. Keep it until the program ends, and end it by [`Telemetry::shutdown`].
#[derive(Debug)]
#[must_use = "the last lines and spans are written when this is shut down"]
pub struct Telemetry {
    writer: LogWriter,
    is_installed: bool,
    #[cfg(feature = "otel")]
    spans: Option<super::otel::Batch>,
}

/// Why logs and traces cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// The filter is none.
    #[error("the filter of the log is not valid")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// There is no thread to be had.
    #[error("the log has no thread to write it")]
    Thread(#[source] std::io::Error),
    /// The collector cannot be called.
    #[error("traces cannot be exported: {0}")]
    Export(String),
}

/// Sets up logs, to the standard output, and traces as they are configured, for the whole program.
///
/// Where the program has a subscriber already, that stays as it is and nothing is set up;
/// [`Telemetry::is_installed`] tells. With an OTLP endpoint it is called inside a tokio runtime, which
/// exports the spans until it ends; without the feature `otel` an endpoint is an error.
pub fn init(config: &TelemetryConfig) -> Result<Telemetry, TelemetryError> {
    init_to(config, LogWriter::stdout().map_err(TelemetryError::Thread)?)
}

impl TelemetryConfig {
    /// As [`init`], with the log going to this writer.
    pub fn init_to(&self, writer: LogWriter) -> Result<Telemetry, TelemetryError> {
        init_to(self, writer)
    }
}

fn init_to(config: &TelemetryConfig, writer: LogWriter) -> Result<Telemetry, TelemetryError> {
    let filter = EnvFilter::builder().parse(&config.filter).map_err(TelemetryError::Filter)?;
    // Spans tell what a line belongs to, however little is logged.
    let filter =
        filter.or(filter_fn(|metadata| metadata.is_span() && *metadata.level() <= LevelFilter::INFO));
    let log: Box<dyn Layer<Registry> + Send + Sync> = match config.format {
        LogFormat::Json => {
            JsonLayer::new(&config.service, &config.version, writer.clone()).with_filter(filter).boxed()
        }
        LogFormat::Text => {
            let lines = writer.clone();
            tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(move || lines.clone())
                .with_filter(filter)
                .boxed()
        }
    };
    #[cfg(not(feature = "otel"))]
    if config.otlp_endpoint.is_some() {
        return Err(TelemetryError::Export("the program was built without the feature `otel`".to_owned()));
    }
    #[cfg(feature = "otel")]
    let spans = super::otel::start(config, writer.counts())?;
    // The filter is about the log; of what is traced it says one thing, whether statements of SQL are.
    #[cfg(feature = "otel")]
    let wanted = EnvFilter::builder()
        .parse(&config.filter)
        .map_err(TelemetryError::Filter)?
        .and(filter_fn(|metadata| metadata.target() == "gravity::sql"))
        .or(LevelFilter::INFO);
    #[cfg(feature = "otel")]
    let traces = spans.as_ref().map(|batch| super::OtelLayer::new(batch.clone()).with_filter(wanted));
    let subscriber = Registry::default().with(log);
    #[cfg(feature = "otel")]
    let subscriber = subscriber.with(traces);
    let is_installed = subscriber.try_init().is_ok();
    Ok(Telemetry {
        writer,
        is_installed,
        #[cfg(feature = "otel")]
        spans,
    })
}

impl Telemetry {
    /// Whether this set up the program's subscriber; not where there was one already.
    pub fn is_installed(&self) -> bool {
        self.is_installed
    }

    /// Counts into these metrics how many lines and spans were dropped, and how many spans were exported.
    pub fn watch(&self, metrics: &Metrics) {
        self.writer.counts().watch(metrics);
    }

    /// Writes the last lines and exports the last spans, for five seconds each at most.
    pub async fn shutdown(self) {
        #[cfg(feature = "otel")]
        if let Some(spans) = &self.spans {
            spans.flush(PATIENCE).await;
        }
        let writer = self.writer;
        let flushed = tokio::task::spawn_blocking(move || writer.flush(PATIENCE));
        // It cannot be told to anybody that the log stands still.
        let _ = flushed.await;
    }
}
