//! [`Intake`]: records what comes from a broker.

use std::fmt;
use std::time::Duration;

use super::{Delivery, Inlet};
use crate::Metrics;
use crate::backoff::Backoff;
use crate::events::metrics::{RECEIVED, REFUSED};
use crate::events::outbox::check_all;
use crate::events::{Envelope, EventStore};
use crate::metrics::Counter;

const AGAIN: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5)).keeping_half();

/// Records what comes from a broker among this application's own events, where its subscribers find it.
///
/// An event is settled with the broker when it is committed here, and one whose id is recorded already is passed
/// over: so each is recorded once, however often it is delivered, and what subscribers write happens once. Ids are
/// known as long as the events are kept; retention should be longer than the longest outage of this application.
/// Events of one subject keep their order.
///
/// Run one on every node; the inlet sees to it that one reads at a time.
pub struct Intake<S, I> {
    store: S,
    inlet: I,
    batch: usize,
    poll: Duration,
    received: Counter,
    refused: Counter,
}

impl<S: EventStore, I: Inlet> Intake<S, I> {
    /// From this inlet into this store.
    pub fn new(store: S, inlet: I) -> Self {
        Self {
            store,
            inlet,
            batch: 200,
            poll: Duration::from_millis(100),
            received: Counter::default(),
            refused: Counter::default(),
        }
    }

    /// How many events are recorded in one transaction at most; 200 by default.
    #[must_use]
    pub fn with_batch(mut self, events: usize) -> Self {
        self.batch = events.clamp(1, 1_000);
        self
    }

    /// How long to wait when there was nothing; 100 ms by default.
    #[must_use]
    pub fn with_poll(mut self, poll: Duration) -> Self {
        self.poll = poll;
        self
    }

    /// Counts in `events_received_total` and `events_refused_total`.
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.received = RECEIVED.of(metrics, []);
        self.refused = REFUSED.of(metrics, []);
        self
    }

    /// Runs until `shutdown` ends. Failures are logged, and tried again. Dropping the future stops it as a crash
    /// would: what was received and not settled comes again.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.run() => {}
        }
    }

    async fn run(&self) {
        let mut failures = 0;
        loop {
            match self.take().await {
                Ok(0) => {
                    failures = 0;
                    tokio::time::sleep(self.poll).await;
                }
                Ok(_) => failures = 0,
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, "events from a broker were not taken in");
                    tokio::time::sleep(AGAIN.wait(failures)).await;
                }
            }
        }
    }

    /// Takes one batch, and says how many there were.
    async fn take(&self) -> Result<usize, crate::Error> {
        let deliveries = self.inlet.receive(self.batch).await?;
        let count = deliveries.len();
        let mut events = Vec::with_capacity(count);
        let mut receipts = Vec::with_capacity(count);
        for delivery in deliveries {
            match read(&delivery) {
                Ok(event) => {
                    events.push(event);
                    receipts.push(delivery.receipt);
                }
                Err(reason) => {
                    tracing::error!(receipt = %delivery.receipt, %reason, "a message is no event of ours");
                    self.inlet.set_aside(&delivery, &reason).await?;
                    self.refused.increment();
                }
            }
        }
        if !events.is_empty() {
            self.store.append_alone(&events).await?;
            self.inlet.settle(&receipts).await?;
            self.received.add(u64::try_from(events.len()).unwrap_or(0));
        }
        Ok(count)
    }
}

fn read(delivery: &Delivery) -> Result<Envelope, String> {
    let event = delivery.event.clone()?;
    let event = Envelope::try_from(event).map_err(|error| error.to_string())?;
    check_all(std::slice::from_ref(&event)).map_err(|error| error.to_string())?;
    Ok(event)
}

impl<S, I> fmt::Debug for Intake<S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("batch", &self.batch).finish_non_exhaustive()
    }
}
