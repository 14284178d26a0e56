//! What a cache counts.

use crate::Metrics;
use crate::metrics::Counter;

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

const HITS: &str = "cache_hits_total";
const MISSES: &str = "cache_misses_total";

impl Counts {
    pub(super) fn new(metrics: &Metrics, cache: &str) -> Self {
        let of_cache = |name, help| metrics.counter(name, help, &[("cache", cache)]);
        let of_level = |name, help, level| metrics.counter(name, help, &[("cache", cache), ("level", level)]);
        Self {
            hits: of_level(HITS, "Entries found.", "process"),
            misses: of_level(MISSES, "Entries not found.", "process"),
            #[cfg(feature = "redis")]
            redis_hits: of_level(HITS, "Entries found.", "redis"),
            #[cfg(feature = "redis")]
            redis_misses: of_level(MISSES, "Entries not found.", "redis"),
            #[cfg(feature = "redis")]
            redis_errors: of_cache("cache_redis_errors_total", "Failures of Redis that a cache bore."),
            stale: of_cache(
                "cache_stale_total",
                "Entries served past their time while a new value was loaded.",
            ),
            loads: of_cache("cache_loads_total", "Loaders run."),
            load_errors: of_cache("cache_load_errors_total", "Loaders that failed."),
            gaps: of_cache("cache_gaps_total", "Times that all entries of the process were forgotten."),
        }
    }
}
