//! [`BulkheadLayer`]: so many calls run, and so many wait.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{Layer, Service, ServiceExt};

use super::metrics::FULL;
use super::rejected::Rejected;
use crate::Metrics;
use crate::http::{Body, BoxError};
use crate::metrics::Counter;

/// Lets so many calls run at the same time and so many wait for a place; the others fail at once with
/// [`Rejected::Full`], so that one slow service does not take all there is.
///
/// A call holds its place until its answer's body has been read or dropped. One that is given up frees it. Around
/// routes a rejected call is an answer 503 with `Retry-After`.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::http::{PUBLIC, Routes, get};
/// use gravity_core::resilience::BulkheadLayer;
///
/// let reports = BulkheadLayer::new("reports", 4).with_queue(16, Duration::from_millis(500));
/// let routes: Routes = Routes::new()
///     .route(get("/report", "report").allow(PUBLIC).to(async || "long"))
///     .layer(reports);
/// ```
#[derive(Debug, Clone)]
pub struct BulkheadLayer {
    name: &'static str,
    /// Those who run.
    places: Arc<Semaphore>,
    /// Those who run and those who wait.
    entries: Arc<Semaphore>,
    running: usize,
    wait: Duration,
    rejected: Option<Counter>,
}

/// Semaphores hold no more.
const MOST: usize = Semaphore::MAX_PERMITS / 2;

impl BulkheadLayer {
    /// So many calls at the same time, and nobody waits. All services that one layer is put around share the places.
    pub fn new(name: &'static str, calls: usize) -> Self {
        let running = calls.clamp(1, MOST);
        Self {
            name,
            places: Arc::new(Semaphore::new(running)),
            entries: Arc::new(Semaphore::new(running)),
            running,
            wait: Duration::ZERO,
            rejected: None,
        }
    }

    /// So many wait besides, for so long at the most.
    #[must_use]
    pub fn with_queue(mut self, calls: usize, wait: Duration) -> Self {
        self.entries = Arc::new(Semaphore::new(self.running + calls.min(MOST)));
        self.wait = wait;
        self
    }

    /// Counts `bulkhead_rejected_total{name}`.
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.rejected = Some(FULL.of(metrics, [self.name]));
        self
    }

    async fn enter(&self) -> Result<Place, Rejected> {
        let entered = async {
            let entry = Arc::clone(&self.entries).try_acquire_owned().ok()?;
            let place = if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                place
            } else {
                let waiting = Arc::clone(&self.places).acquire_owned();
                tokio::time::timeout(self.wait, waiting).await.ok()?.ok()?
            };
            Some(Place { _place: place, _entry: entry })
        };
        entered.await.ok_or_else(|| {
            if let Some(rejected) = &self.rejected {
                rejected.increment();
            }
            Rejected::Full { name: self.name, retry_after: self.wait.max(Duration::from_secs(1)) }
        })
    }
}

/// The place of a call that runs.
struct Place {
    _place: OwnedSemaphorePermit,
    _entry: OwnedSemaphorePermit,
}

impl<S> Layer<S> for BulkheadLayer {
    type Service = Bulkhead<S>;

    fn layer(&self, inner: S) -> Bulkhead<S> {
        Bulkhead { inner, rules: self.clone() }
    }
}

/// What [`BulkheadLayer`] makes.
#[derive(Debug, Clone)]
pub struct Bulkhead<S> {
    inner: S,
    rules: BulkheadLayer,
}

impl<S, B, R> Service<Request<B>> for Bulkhead<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Send + 'static,
    R: http_body::Body<Data: Buf> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Whoever waits is counted, so nobody waits here.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (inner, rules) = (self.inner.clone(), self.rules.clone());
        async move {
            let place = rules.enter().await?;
            let response = inner.oneshot(request).await.map_err(Into::into)?;
            Ok(response.map(|body| Body::new(Held { body: Body::new(body), place: Some(place) })))
        }
        .boxed()
    }
}

/// A body that holds the place of its call.
struct Held {
    body: Body,
    place: Option<Place>,
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.place = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
