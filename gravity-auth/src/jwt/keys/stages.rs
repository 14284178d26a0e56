//! [`KeyStage`]: what a key is for at a moment.
//!
//! The stage is worked out from the rows and the time. Nobody has to be there to switch keys at the right
//! moment, and nodes that have read the same rows agree without asking each other.

use std::cmp::Reverse;
use std::time::Duration;

use gravity_core::Timestamp;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStage {
    /// Published, so that everybody knows it by the time it signs.
    Next,
    /// Signs.
    Active,
    /// Signs no more, and verifies what it has signed.
    Retired,
    /// Its last token has run out: it is of no use any more.
    Spent,
}

/// What decides a key's stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) generation: i64,
    pub(super) active_from: Timestamp,
}

/// The stage of a key among all of its set. `keep` is how long a replaced key still verifies.
///
/// Of the keys whose time has come the one of the highest generation signs. Where no key's time has come,
/// the first to come signs already: a clock that was wrong, on whatever node, stops nobody.
pub(super) fn stage(own: Place, all: &[Place], now: Timestamp, keep: Duration) -> KeyStage {
    if own.active_from > now {
        let first = all.iter().min_by_key(|place| (place.active_from, Reverse(place.generation)));
        let is_first = first.is_some_and(|first| *first == own);
        return if is_first { KeyStage::Active } else { KeyStage::Next };
    }
    // Since when another signs in its place.
    let newer = all.iter().filter(|other| other.generation > own.generation && other.active_from <= now);
    match newer.map(|other| other.active_from).min() {
        None => KeyStage::Active,
        Some(replaced) if replaced.max(own.active_from).saturating_add(keep) < now => KeyStage::Spent,
        Some(_) => KeyStage::Retired,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second).unwrap()
    }

    fn place(generation: i64, second: i64) -> Place {
        Place { generation, active_from: at(second) }
    }

    #[test]
    fn a_key_goes_through_its_stages() {
        let all = [place(1, 0), place(2, 1_000)];
        let keep = Duration::from_secs(100);
        let stages = |now| all.map(|own| stage(own, &all, at(now), keep));
        assert_eq!(stages(999), [KeyStage::Active, KeyStage::Next]);
        assert_eq!(stages(1_000), [KeyStage::Retired, KeyStage::Active]);
        assert_eq!(stages(1_100), [KeyStage::Retired, KeyStage::Active]);
        assert_eq!(stages(1_101), [KeyStage::Spent, KeyStage::Active]);
    }

    proptest! {
        #[test]
        fn there_is_one_active_key_and_what_it_signed_is_verified(
            froms in prop::collection::vec(0..2_000_i64, 1..6),
            signed in 0..3_000_i64,
            later in 0..100_i64,
        ) {
            let keep = Duration::from_secs(100);
            let all: Vec<_> = (1..).zip(&froms).map(|(generation, from)| place(generation, *from)).collect();
            let active = |now| {
                all.iter().copied().filter(|own| stage(*own, &all, at(now), keep) == KeyStage::Active).collect::<Vec<_>>()
            };
            let signers = active(signed);
            prop_assert_eq!(signers.len(), 1);
            for signer in signers {
                let then = stage(signer, &all, at(signed + later), keep);
                prop_assert!(matches!(then, KeyStage::Active | KeyStage::Retired), "{then:?}");
            }
        }
    }
}
