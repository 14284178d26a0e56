//! [`HedgeLayer`]: asks a second time when the first answer is slow.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, FutureExt, select};
use http::{Request, Response};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceExt};

use super::budget::RetryBudget;
use super::repeat::is_worth_repeating;
use super::retry::repeated;
use crate::http::{Body, BoxError};

/// Asks a second time when the first answer is slow, and takes whichever comes first; the other call is cancelled.
///
/// Only what does no harm twice is asked twice, by the rule of [`RetryLayer`](super::RetryLayer), and only as
/// often as a [`RetryBudget`] allows: 5 in a hundred calls unless it is set. A first answer that is an error, or
/// says "not now", does not win over a second that is still under way.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::resilience::HedgeLayer;
///
/// let fixed = HedgeLayer::after(Duration::from_millis(50));
/// // As slow as only one answer in twenty is; 100 ms until enough have been seen.
/// let learned = HedgeLayer::at_percentile(95, Duration::from_millis(100));
/// ```
#[derive(Debug, Clone)]
pub struct HedgeLayer {
    delay: Delay,
    budget: RetryBudget,
}

#[derive(Debug, Clone)]
enum Delay {
    Fixed(Duration),
    Percentile { percent: usize, first: Duration, seen: Arc<Mutex<Seen>> },
}

impl HedgeLayer {
    /// Asks a second time after this wait.
    pub fn after(delay: Duration) -> Self {
        Self { delay: Delay::Fixed(delay), budget: RetryBudget::new(5, 10) }
    }

    /// Asks a second time when so many in a hundred of the latest answers were there already; until enough have
    /// been seen, after the wait that is given.
    pub fn at_percentile(percent: u8, first: Duration) -> Self {
        let seen = Arc::new(Mutex::new(Seen::new(first)));
        let percent = usize::from(percent.clamp(1, 100));
        Self { delay: Delay::Percentile { percent, first, seen }, budget: RetryBudget::new(5, 10) }
    }

    /// Whose budget it spends.
    #[must_use]
    pub fn with_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    fn delay(&self) -> Duration {
        match &self.delay {
            Delay::Fixed(delay) => *delay,
            Delay::Percentile { first, seen, .. } => {
                let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                if seen.count < Seen::ENOUGH { *first } else { seen.delay }
            }
        }
    }

    fn saw(&self, took: Duration) {
        if let Delay::Percentile { percent, seen, .. } = &self.delay {
            seen.lock().unwrap_or_else(PoisonError::into_inner).add(took, *percent);
        }
    }
}

/// The latest times.
#[derive(Debug)]
struct Seen {
    times: [Duration; Self::KEPT],
    count: usize,
    delay: Duration,
}

impl Seen {
    const KEPT: usize = 128;
    const ENOUGH: usize = 20;
    /// The times are put in order once in so many calls.
    const EVERY: usize = 16;

    fn new(first: Duration) -> Self {
        Self { times: [Duration::ZERO; Self::KEPT], count: 0, delay: first }
    }

    fn add(&mut self, took: Duration, percent: usize) {
        self.times[self.count % Self::KEPT] = took;
        self.count += 1;
        if self.count == Self::ENOUGH || self.count.is_multiple_of(Self::EVERY) {
            let mut times = self.times;
            let times = &mut times[..self.count.min(Self::KEPT)];
            let at = (times.len() * percent).div_ceil(100) - 1;
            self.delay = *times.select_nth_unstable(at).1;
        }
    }
}

impl<S> Layer<S> for HedgeLayer {
    type Service = Hedge<S>;

    fn layer(&self, inner: S) -> Hedge<S> {
        Hedge { inner, rules: self.clone() }
    }
}

/// What [`HedgeLayer`] makes.
#[derive(Debug, Clone)]
pub struct Hedge<S> {
    inner: S,
    rules: HedgeLayer,
}

impl<S, B> Service<Request<Body>> for Hedge<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Each of the two waits for its own turn.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (inner, rules) = (self.inner.clone(), self.rules.clone());
        rules.budget.earn();
        let Some(second) = repeated(&request) else {
            return inner.oneshot(request).map(|result| result.map_err(Into::into)).boxed();
        };
        async move {
            let began = Instant::now();
            let result = race(inner, &rules, request, second).await;
            rules.saw(began.elapsed());
            result
        }
        .boxed()
    }
}

async fn race<S, B>(
    inner: S,
    rules: &HedgeLayer,
    request: Request<Body>,
    second: Request<Body>,
) -> Result<Response<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Send + 'static,
{
    let spare = inner.clone();
    let first = match select(ask(inner, request), Box::pin(sleep(rules.delay()))).await {
        Either::Left((result, _)) => return result,
        Either::Right(((), first)) => first,
    };
    if !rules.budget.spend() {
        return first.await;
    }
    match select(first, ask(spare, second)).await {
        Either::Left((result, other)) | Either::Right((result, other)) => match &result {
            Ok(response) if !is_worth_repeating(response.status()) => result,
            _ => other.await,
        },
    }
}

fn ask<S, B>(service: S, request: Request<Body>) -> BoxFuture<'static, Result<Response<B>, BoxError>>
where
    S: Service<Request<Body>, Response = Response<B>> + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    async move { service.oneshot(request).await.map_err(Into::into) }.boxed()
}
