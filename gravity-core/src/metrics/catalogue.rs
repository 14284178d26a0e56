//! [`catalogue`]: every metric of this crate.

use super::Description;

/// Every metric that this crate counts, sorted by name: for documentation, and to check dashboards and
/// alerts against. A module that counts lists its families in a constant `FAMILIES`, and that here.
pub fn catalogue() -> Vec<Description> {
    let all: &[&[Description]] = &[
        super::process::FAMILIES,
        super::runtime::FAMILIES,
        crate::audit::FAMILIES,
        #[cfg(feature = "redis")]
        crate::broadcast::FAMILIES,
        crate::cache::FAMILIES,
        #[cfg(any(feature = "sqlite", feature = "postgres"))]
        crate::db::FAMILIES,
        crate::events::FAMILIES,
        crate::health::FAMILIES,
        crate::http::layer::FAMILIES,
        crate::idempotency::FAMILIES,
        crate::jobs::FAMILIES,
        crate::limits::FAMILIES,
        crate::lock::FAMILIES,
        #[cfg(feature = "redis")]
        crate::redis::FAMILIES,
        crate::resilience::FAMILIES,
        crate::sagas::FAMILIES,
        crate::schedules::FAMILIES,
        crate::telemetry::FAMILIES,
    ];
    let mut all: Vec<Description> = all.concat();
    all.sort_unstable_by_key(|family| family.name);
    all
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_name_is_declared_once() {
        let all = super::catalogue();
        // OpenMetrics calls the family of a counter by its name without the end.
        let mut names: Vec<_> =
            all.iter().map(|of| of.name.strip_suffix("_total").unwrap_or(of.name)).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:#?}");
    }
}
