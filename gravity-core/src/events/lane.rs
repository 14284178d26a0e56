//! Lanes: the shares into which keys fall, so that nodes can divide the work.

/// How many lanes there are. It is fixed, because the lane of an event is stored with it.
pub const LANES: i16 = 16;

/// The lane of a key, the same on every node and in every release.
pub(crate) fn lane_of(key: &str) -> i16 {
    // FNV-1a. Its upper half is folded in, because its lowest bits alone mix little.
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folded = hash ^ (hash >> 32) ^ (hash >> 16);
    i16::from((folded & 0xff) as u8 % 16)
}

/// The place of a lane in a list of all.
pub(super) fn index(lane: i16) -> usize {
    usize::try_from(lane).unwrap_or(0) % 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_never_change_and_are_filled_evenly() {
        assert_eq!(["", "order_17", "ключ", "鍵"].map(lane_of), [3, 8, 4, 3]);
        let mut counts = [0; 16];
        for number in 0..16_000 {
            counts[index(lane_of(&format!("user_{number}")))] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }
}
