//! [`Health`]: asks what the service depends on, and remembers the answers for a moment.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::check::Check;
use super::fault::shown;
use super::{Condition, Dependency, Details, Fault, Standing};
use crate::http::Shutdown;
use crate::metrics::{Description, Family, Gauge};
use crate::{Clock, Metrics};

const UP: Family<Gauge, 1> =
    Family::gauge("dependency_up", "Whether a dependency answered when it was last asked.", &["dependency"]);

pub(crate) const FAMILIES: &[Description] = &[UP.description()];

/// How the service is doing, and what it depends on. A clone is another handle to the same.
///
/// ```
/// use gravity_core::health::{Check, Health};
/// use gravity_core::Clock;
///
/// let health = Health::new("orders", "1.4.0", Clock::system())
///     .with_check(Check::new("stock", || async { Ok(()) }))
///     .with_check(Check::new("mail", || async { Ok(()) }).optional());
/// ```
#[derive(Clone)]
pub struct Health {
    service: &'static str,
    version: &'static str,
    clock: Clock,
    metrics: Option<Metrics>,
    checks: Vec<Arc<Watched>>,
    is_draining: Arc<AtomicBool>,
}

/// A check and what it said last. Those who ask at once wait for one answer.
struct Watched {
    check: Check,
    last: Mutex<Option<Dependency>>,
}

impl Health {
    /// A service that depends on nothing, by its name and release: `env!("CARGO_PKG_VERSION")`.
    pub fn new(service: &'static str, version: &'static str, clock: Clock) -> Self {
        Self { service, version, clock, metrics: None, checks: Vec::new(), is_draining: Arc::default() }
    }

    /// Adds something that the service depends on.
    ///
    /// # Panics
    /// When there is a check of this name already.
    #[must_use]
    pub fn with_check(mut self, check: Check) -> Self {
        let name = check.name;
        assert!(self.checks.iter().all(|known| known.check.name != name), "two checks are named {name:?}");
        self.checks.push(Arc::new(Watched { check, last: Mutex::new(None) }));
        self
    }

    /// Shows `dependency_up` by dependency: 1 where it answered when it was last asked, else 0.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Says from now on that the service is not ready.
    pub fn begin_draining(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    /// Whether the service is going away.
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Acquire)
    }

    /// When the signal comes, says that the service is not ready, waits for the grace, and is done: whoever sends
    /// requests has looked elsewhere by then. It is the signal for a server's graceful shutdown.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use gravity_core::http::{Routes, host::hyper::Server};
    /// # async fn example(health: gravity_core::health::Health, server: Server, routes: Routes) {
    /// let signal = async { drop(tokio::signal::ctrl_c().await) };
    /// server.serve(routes).with_graceful_shutdown(health.drain_on(signal, Duration::from_secs(5))).await;
    /// # }
    /// ```
    pub fn drain_on(
        &self,
        signal: impl Future<Output = ()> + Send + 'static,
        grace: Duration,
    ) -> impl Future<Output = ()> + Send + 'static {
        let health = self.clone();
        async move {
            signal.await;
            health.begin_draining();
            health.clock.sleep(grace).await;
        }
    }

    /// As [`Health::drain_on`], for a [`Shutdown`] of one's own, which begins after the grace.
    pub async fn drain_into(&self, shutdown: &Shutdown, grace: Duration) {
        self.begin_draining();
        self.clock.sleep(grace).await;
        shutdown.begin();
    }

    /// That the process answers. Nothing else is asked.
    pub fn live(&self) -> Standing {
        self.standing(Condition::Healthy)
    }

    /// How the service is doing without what it can do without: only critical things are asked, and nothing at all
    /// where the service is going away.
    pub async fn ready(&self) -> Standing {
        if self.is_draining() {
            return self.standing(Condition::Unhealthy);
        }
        let critical = self.checks.iter().filter(|watched| watched.check.is_critical);
        let asked = join_all(critical.map(|watched| self.ask(watched))).await;
        // It may have begun to go away meanwhile.
        let is_well = !self.is_draining() && asked.iter().all(|found| found.status == Condition::Healthy);
        self.standing(if is_well { Condition::Healthy } else { Condition::Unhealthy })
    }

    /// How everything is doing.
    pub async fn details(&self) -> Details {
        let dependencies = join_all(self.checks.iter().map(|watched| self.ask(watched))).await;
        let is_draining = self.is_draining();
        let is_down = |found: &Dependency| found.status != Condition::Healthy;
        let status = if is_draining || dependencies.iter().any(|found| found.is_critical && is_down(found)) {
            Condition::Unhealthy
        } else if dependencies.iter().any(is_down) {
            Condition::Degraded
        } else {
            Condition::Healthy
        };
        let Standing { service, version, timestamp, .. } = self.standing(status);
        Details { status, service, version, timestamp, is_draining, dependencies }
    }

    fn standing(&self, status: Condition) -> Standing {
        Standing {
            status,
            service: self.service.to_owned(),
            version: self.version.to_owned(),
            timestamp: self.clock.now(),
        }
    }

    async fn ask(&self, watched: &Watched) -> Dependency {
        let check = &watched.check;
        let mut last = watched.last.lock().await;
        if let Some(known) = &*last
            && self.clock.now().checked_since(known.checked_at).is_some_and(|age| age < check.fresh_for)
        {
            return known.clone();
        }
        let began = Instant::now();
        // A task of its own: a panic in it is a fault like any other.
        let mut asking = tokio::spawn((check.ask)());
        let fault = tokio::select! {
            outcome = &mut asking => match outcome {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(shown(&*error)),
                Err(_) => Some("the check panicked".to_owned()),
            },
            () = self.clock.sleep(check.timeout) => {
                asking.abort();
                Some(format!("no answer within {} ms", check.timeout.as_millis()))
            }
        };
        let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let found = self.found(check, last.as_ref(), fault, latency_ms);
        *last = Some(found.clone());
        found
    }

    fn found(
        &self,
        check: &Check,
        last: Option<&Dependency>,
        fault: Option<String>,
        latency_ms: u64,
    ) -> Dependency {
        let now = self.clock.now();
        let status = if fault.is_none() { Condition::Healthy } else { Condition::Degraded };
        let same = last.filter(|last| last.status == status);
        if same.is_none() {
            if let Some(fault) = &fault {
                tracing::warn!(dependency = check.name, fault, "a dependency is down");
            } else {
                tracing::info!(dependency = check.name, "a dependency is up");
            }
        }
        if let Some(metrics) = &self.metrics {
            UP.of(metrics, [check.name]).set(i64::from(fault.is_none()));
        }
        Dependency {
            name: check.name.to_owned(),
            status,
            is_critical: check.is_critical,
            latency_ms,
            since: same.map_or(now, |last| last.since),
            checked_at: now,
            last_fault: match fault {
                Some(text) => Some(Fault { at: now, text }),
                None => last.and_then(|last| last.last_fault.clone()),
            },
        }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks: Vec<&Check> = self.checks.iter().map(|watched| &watched.check).collect();
        f.debug_struct("Health")
            .field("service", &self.service)
            .field("checks", &checks)
            .finish_non_exhaustive()
    }
}
