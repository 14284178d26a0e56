//! Where new UUIDs come from.

use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::time::Timestamp;

/// The 74 bits of a UUIDv7 that are neither time, version nor variant.
const RANDOM_BITS: u32 = 74;

/// Draws numbers of the kind UUIDv7 that ascend, even when the time stands still or goes back.
///
/// This is the "monotonic random" method of RFC 9562: within a millisecond the random bits count up
/// in random steps, so ids ascend and yet cannot be guessed one from another.
pub(crate) struct UuidSource {
    last: Mutex<Last>,
}

struct Last {
    millis: u64,
    random: u128,
}

impl UuidSource {
    pub(crate) const fn new() -> Self {
        Self { last: Mutex::new(Last { millis: 0, random: 0 }) }
    }

    /// The next UUID. Its time is `now`, or that of the last one drawn if `now` lies before it.
    pub(crate) fn next(&self, now: Timestamp) -> Uuid {
        // The field holds no time before 1970.
        let now = u64::try_from(now.as_millis()).unwrap_or(0);
        let fresh = random();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if now > last.millis || last.random == 0 {
            last.millis = now.max(last.millis);
            last.random = start(fresh);
        } else {
            // A step of up to 2^40 leaves room for more than 2^33 ids within a millisecond.
            last.random += 1 + (fresh >> 88);
            if last.random >> RANDOM_BITS != 0 {
                last.millis += 1;
                last.random = start(fresh);
            }
        }
        assemble(last.millis, last.random)
    }
}

/// Random bits to count up from; the first bit is clear, to leave room above them.
fn start(fresh: u128) -> u128 {
    (fresh >> (128 - RANDOM_BITS + 1)).max(1)
}

fn assemble(millis: u64, random: u128) -> Uuid {
    const VERSION: u128 = 7 << 76;
    const VARIANT: u128 = 0b10 << 62;
    let time = u128::from(millis & ((1 << 48) - 1)) << 80;
    let high = (random >> 62) << 64;
    let low = random & ((1 << 62) - 1);
    Uuid::from_u128(time | VERSION | high | VARIANT | low)
}

fn random() -> u128 {
    let mut bytes = [0; 16];
    crate::random::fill(&mut bytes);
    u128::from_ne_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn millis(uuid: Uuid) -> u128 {
        uuid.as_u128() >> 80
    }

    #[test]
    fn ids_ascend_while_time_stands_jumps_back_and_goes_on() {
        let source = UuidSource::new();
        let mut last = Uuid::nil();
        for second in [100, 100, 100, 50, 0, -7, 99, 100, 101, 101, 3] {
            for _ in 0..200 {
                let next = source.next(Timestamp::from_seconds(second).unwrap());
                assert!(next > last);
                assert_eq!(next.get_version_num(), 7);
                assert_eq!(next.get_variant(), uuid::Variant::RFC4122);
                last = next;
            }
        }
        assert_eq!(millis(last), 101_000);
    }

    #[test]
    fn full_random_bits_carry_into_the_time() {
        let source = UuidSource::new();
        let now = Timestamp::from_seconds(1).unwrap();
        let before = source.next(now);
        source.last.lock().unwrap().random = (1 << RANDOM_BITS) - 1;
        let after = source.next(now);
        assert!(after > before);
        assert_eq!(millis(after), 1_001);
    }

    #[test]
    fn threads_never_draw_the_same() {
        let source = UuidSource::new();
        let drawn: Vec<Vec<Uuid>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| (0..2_000).map(|_| source.next(Timestamp::UNIX_EPOCH)).collect::<Vec<_>>())
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for thread in &drawn {
            assert!(thread.is_sorted());
        }
        let all: HashSet<_> = drawn.into_iter().flatten().collect();
        assert_eq!(all.len(), 8_000);
    }

    proptest! {
        #[test]
        fn ids_ascend_whatever_the_clock_does(
            times in prop::collection::vec(
                prop_oneof![-3_i64..3, -62_135_596_800_000_i64..253_402_207_200_999],
                1..50,
            ),
            start: u128,
        ) {
            let source = UuidSource::new();
            source.last.lock().unwrap().random = start >> (128 - RANDOM_BITS);
            let (mut last, mut latest) = (Uuid::nil(), 0);
            for time in times {
                let next = source.next(Timestamp::from_millis(time).unwrap());
                prop_assert!(next > last);
                // Its time is the latest so far; full random bits may have carried into it.
                latest = latest.max(u128::try_from(time).unwrap_or(0));
                prop_assert!((latest..=latest + 1).contains(&millis(next)), "{next} at {latest}");
                last = next;
            }
        }
    }
}
