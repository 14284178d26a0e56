//! [`catalogue`]: every metric of this crate.

use super::Description;

/// Every metric that this crate counts, sorted by name: for documentation, and to check dashboards and
/// alerts against. A module that counts lists its families in a constant `FAMILIES`, and that here.
pub fn catalogue() -> Vec<Description> {
    let all: &[&[Description]] = &[
        super::process::FAMILIES,
        super::runtime::FAMILIES,
        crate::events::FAMILIES,
        crate::http::layer::FAMILIES,
        crate::jobs::FAMILIES,
        crate::telemetry::FAMILIES,
        #[cfg(any(feature = "sqlite", feature = "postgres"))]
        crate::db::FAMILIES,
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
        assert!(all.windows(2).all(|pair| pair[0].name < pair[1].name), "{all:#?}");
    }
}
