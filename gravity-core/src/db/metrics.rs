//! What a pool of connections is doing, for whoever scrapes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Database;
use crate::metrics::{Description, Family, Gauge, Metrics, Samples};

const SIZE: Family<Gauge, 1> =
    Family::gauge("db_pool_connections", "Connections that are open, in use or not.", &["pool"]);
const IDLE: Family<Gauge, 1> =
    Family::gauge("db_pool_idle", "Connections that are open and not in use.", &["pool"]);
const MAX: Family<Gauge, 1> = Family::gauge("db_pool_max", "Connections that may be open.", &["pool"]);
const WAITING: Family<Gauge, 1> =
    Family::gauge("db_pool_waiting", "Callers who wait for a connection.", &["pool"]);

pub(crate) const FAMILIES: &[Description] =
    &[SIZE.description(), IDLE.description(), MAX.description(), WAITING.description()];

impl Database {
    /// Tells what the pool is doing whenever these metrics are scraped: `db_pool_connections`,
    /// `db_pool_idle`, `db_pool_max` and `db_pool_waiting`, under this name; those of replicas under the
    /// name and their number.
    pub fn watch(&self, metrics: &Metrics, name: impl Into<Arc<str>>) {
        let (db, name) = (self.clone(), name.into());
        metrics.collect(move || {
            let mut samples = Samples::new();
            db.sample(&name, &mut samples);
            for (number, replica) in (1..).zip(db.replicas()) {
                replica.sample(&format!("{name}-{number}"), &mut samples);
            }
            std::future::ready(samples)
        });
    }

    fn sample(&self, name: &str, samples: &mut Samples) {
        let usage = self.primary.pool.usage();
        samples.count(&SIZE, [name], usage.size.into());
        samples.count(&IDLE, [name], usage.idle);
        samples.count(&MAX, [name], usage.max.into());
        samples.count(&WAITING, [name], self.primary.waiting.now());
    }
}

/// How the connections of a pool are used.
pub(super) struct Usage {
    pub(super) size: u32,
    pub(super) idle: u64,
    pub(super) max: u32,
}

/// Counts who waits for a connection; pools do not say.
#[derive(Default)]
pub(super) struct Waiting(AtomicU64);

impl Waiting {
    #[inline]
    pub(super) fn one_more(&self) -> Waiter<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Waiter(self)
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Somebody who waits, until it is dropped.
pub(super) struct Waiter<'w>(&'w Waiting);

impl Drop for Waiter<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
