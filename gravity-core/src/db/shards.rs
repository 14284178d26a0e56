//! Several databases that share the rows by a key.

use sha2::{Digest as _, Sha256};

use super::Database;

/// Databases among which rows are shared out by a key: a user's id, a tenant's.
///
/// Everything that belongs to one key lives in one database, with its migrations and its transactions. The
/// key is carried by the call: a store takes the key as a parameter, as it does anyway, and asks here for the
/// database to run on. Nothing spans two shards, so whoever needs rows of several keys asks each shard.
///
/// A key stays where it is as long as the number of shards does. When a shard is added at the end, only the
/// keys that move to the new one move at all; moving their rows is the operator's task.
#[derive(Debug, Clone)]
pub struct Shards {
    all: Vec<Database>,
}

impl Shards {
    /// These databases, in an order that must never change. `None` when there are none.
    pub fn new(all: Vec<Database>) -> Option<Self> {
        (!all.is_empty()).then_some(Self { all })
    }

    /// Where everything of this key lives.
    pub fn of(&self, key: impl AsRef<[u8]>) -> &Database {
        &self.all[self.index(key.as_ref())]
    }

    /// All shards in order: for migrations, for health, and for what asks each of them.
    pub fn all(&self) -> &[Database] {
        &self.all
    }

    fn index(&self, key: &[u8]) -> usize {
        let hash = Sha256::digest(key);
        let mut first = [0; 8];
        first.copy_from_slice(&hash[..8]);
        jump(u64::from_be_bytes(first), self.all.len())
    }
}

/// Lamping and Veach's "A Fast, Minimal Memory, Consistent Hash Algorithm".
fn jump(mut key: u64, buckets: usize) -> usize {
    let buckets = buckets as u64;
    let mut bucket = 0;
    let mut next = 0;
    while next < buckets {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        // (bucket + 1) * 2^31 / ((key >> 33) + 1), without floating point, which not every platform rounds alike.
        next =
            u64::try_from((u128::from(bucket + 1) << 31) / (u128::from(key >> 33) + 1)).unwrap_or(u64::MAX);
    }
    usize::try_from(bucket).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_new_shard_only_takes(key: u64, buckets in 1_usize..200) {
            let before = jump(key, buckets);
            let after = jump(key, buckets + 1);
            prop_assert!(before < buckets);
            prop_assert!(after == before || after == buckets);
        }
    }

    #[test]
    fn keys_are_shared_out_evenly() {
        let mut counts = [0_u32; 8];
        for key in 0..8_000_u64 {
            let hash = Sha256::digest(key.to_be_bytes());
            counts[jump(u64::from_be_bytes(hash[..8].try_into().unwrap()), 8)] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
