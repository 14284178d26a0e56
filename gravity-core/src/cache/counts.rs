//! What a cache counts.

use crate::Metrics;
use crate::metrics::{Counter, Description, Family};

pub(super) struct Counts {
    pub(super) hits: Counter,
    pub(super) misses: Counter,
    #[cfg(feature = "redis")]
    pub(super) redis_hits: Counter,
    #[cfg(feature = "redis")]
    pub(super) redis_misses: Counter,
    #[cfg(feature = "redis")]
    pub(super) redis_errors: Counter,
    pub(super) stale: Counter,
    pub(super) loads: Counter,
    pub(super) load_errors: Counter,
    pub(super) gaps: Counter,
}

const HITS: Family<Counter, 2> = Family::counter("cache_hits_total", "Entries found.", &["cache", "level"]);
const MISSES: Family<Counter, 2> =
    Family::counter("cache_misses_total", "Entries not found.", &["cache", "level"]);
#[cfg(feature = "redis")]
const REDIS_ERRORS: Family<Counter, 1> =
    Family::counter("cache_redis_errors_total", "Failures of Redis that a cache bore.", &["cache"]);
const STALE: Family<Counter, 1> = Family::counter(
    "cache_stale_total",
    "Entries served past their time while a new value was loaded.",
    &["cache"],
);
const LOADS: Family<Counter, 1> = Family::counter("cache_loads_total", "Loaders run.", &["cache"]);
const LOAD_ERRORS: Family<Counter, 1> =
    Family::counter("cache_load_errors_total", "Loaders that failed.", &["cache"]);
const GAPS: Family<Counter, 1> =
    Family::counter("cache_gaps_total", "Times that all entries of the process were forgotten.", &["cache"]);

pub(crate) const FAMILIES: &[Description] = &[
    HITS.description(),
    MISSES.description(),
    #[cfg(feature = "redis")]
    REDIS_ERRORS.description(),
    STALE.description(),
    LOADS.description(),
    LOAD_ERRORS.description(),
    GAPS.description(),
];

impl Counts {
    pub(super) fn new(metrics: &Metrics, cache: &str) -> Self {
        Self {
            hits: HITS.of(metrics, [cache, "process"]),
            misses: MISSES.of(metrics, [cache, "process"]),
            #[cfg(feature = "redis")]
            redis_hits: HITS.of(metrics, [cache, "redis"]),
            #[cfg(feature = "redis")]
            redis_misses: MISSES.of(metrics, [cache, "redis"]),
            #[cfg(feature = "redis")]
            redis_errors: REDIS_ERRORS.of(metrics, [cache]),
            stale: STALE.of(metrics, [cache]),
            loads: LOADS.of(metrics, [cache]),
            load_errors: LOAD_ERRORS.of(metrics, [cache]),
            gaps: GAPS.of(metrics, [cache]),
        }
    }
}
