//! [`MemoryLimiter`]: limits of one process.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::table::{Place, Table, WAYS};
use crate::limits::decision::{Decision, Step, step, sum_up};
use crate::limits::limiter::{Action, RateLimiter};
use crate::limits::quota::{Pace, Quotas};
use crate::time::{Clock, Steady};

/// How many keys are kept unless it is said otherwise.
const KEYS: usize = 1_000_000;
/// How many parts the keys are shared out to, each with a lock of its own.
const SHARDS: usize = 64;
/// The most quotas of a limiter, which `Quotas` sees to.
const QUOTAS: usize = 4;

/// Limits of one process, in memory.
///
/// **Bounded.** A key costs 16 bytes a quota, and only while its bucket is not full. The table grows as it is
/// needed, to twice to four times the keys it is made for, and stays at that: for 1,000,000 keys and one quota
/// it is 32 MiB at the most.
///
/// **When it is full,** a newcomer takes over the slot of the bucket that would be full soonest, along with
/// what that one owes; and whoever has lost a slot owes at least as much when coming back. So a flood of keys
/// lets nobody off: no key is ever let through more often than it would be with room for all. Its price is paid by
/// newcomers while it lasts, who begin with what the least burdened of sixteen buckets has left; to keep them out
/// altogether takes a million keys that are all used up, again and again. Which keys share a place depends on a
/// secret drawn at the start.
///
/// **Time** is that of its [`Clock`], made steady: when the clock is set back, buckets go on filling
/// from there.
#[derive(Debug)]
pub struct MemoryLimiter {
    quotas: Quotas,
    paces: Vec<Pace>,
    clock: Clock,
    secret: RandomState,
    shards: Box<[Mutex<Shard>]>,
    most_sets: usize,
}

#[derive(Debug)]
#[repr(align(64))]
struct Shard {
    time: Steady,
    tables: Vec<Table>,
}

impl MemoryLimiter {
    /// A limiter with these quotas, for a million keys, on the system's clock.
    pub fn new(quotas: impl Into<Quotas>) -> Self {
        Self::build(quotas.into(), Clock::system(), KEYS)
    }

    /// The same limiter, empty, on another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        let keys = self.most_sets * self.shards.len() * WAYS / 2;
        Self::build(self.quotas, clock, keys)
    }

    /// The same limiter, empty, for so many keys at the same time.
    #[must_use]
    pub fn with_keys(self, keys: usize) -> Self {
        Self::build(self.quotas, self.clock, keys)
    }

    fn build(quotas: Quotas, clock: Clock, keys: usize) -> Self {
        let sets = Table::sets_for(keys.max(1).saturating_mul(2));
        let shards = SHARDS.min(sets);
        let now = clock.micros();
        let shard = |_| {
            let tables = quotas.as_slice().iter().map(|_| Table::new()).collect();
            Mutex::new(Shard { time: Steady::new(now), tables })
        };
        Self {
            paces: quotas.paces(),
            shards: (0..shards).map(shard).collect(),
            most_sets: sets / shards,
            secret: RandomState::new(),
            quotas,
            clock,
        }
    }

    /// [`RateLimiter::act`], without the future: nothing here waits.
    pub fn act_now(&self, key: &str, action: Action, cost: u32) -> Decision {
        let hash = self.secret.hash_one(key);
        let now = self.clock.micros();
        let mut shard = self.shard(hash);
        let shard = &mut *shard;
        let micros = shard.time.read(now);
        let mut found = [(Place::Free(0), 0, Step { allowed: true, debt: 0 }, 0); QUOTAS];
        let mut allowed = true;
        for ((pace, table), found) in self.paces.iter().zip(&mut shard.tables).zip(&mut found) {
            let ticks = micros.saturating_mul(pace.parts);
            let (place, debt) = table.find(hash, ticks, self.most_sets);
            let step = step(pace, action, cost, debt);
            allowed &= step.allowed;
            *found = (place, debt, step, ticks);
        }
        let writes = match action {
            Action::Check => allowed,
            Action::Peek => false,
            Action::Charge | Action::Refund => true,
        };
        if writes {
            for (table, (place, before, step, ticks)) in shard.tables.iter_mut().zip(found) {
                let is_own = matches!(place, Place::Own(_));
                if step.debt != before && (is_own || action != Action::Refund) {
                    table.put(hash, place, ticks, step.debt);
                }
            }
        }
        sum_up(&self.quotas, &self.paces, cost, found.into_iter().map(|(_, _, step, _)| step))
    }

    /// How many keys have something taken at the moment. It looks at all of them.
    pub fn keys(&self) -> usize {
        let now = self.clock.micros();
        let of_shard = |shard: &Mutex<Shard>| {
            let mut shard = lock(shard);
            let micros = shard.time.read(now);
            let of_table = |(table, pace): (&Table, &Pace)| table.keys(micros.saturating_mul(pace.parts));
            shard.tables.iter().zip(&self.paces).map(of_table).max().unwrap_or_default()
        };
        self.shards.iter().map(of_shard).sum()
    }

    /// How many bytes the buckets take up now.
    pub fn bytes(&self) -> usize {
        let of_shard = |shard: &Mutex<Shard>| lock(shard).tables.iter().map(Table::bytes).sum::<usize>();
        size_of_val(&*self.shards) + self.shards.iter().map(of_shard).sum::<usize>()
    }

    /// How many bytes the buckets may take up at the most.
    pub fn most_bytes(&self) -> usize {
        let slots = self.most_sets * self.shards.len() * WAYS;
        size_of_val(&*self.shards) + slots * Table::BYTES_OF_A_KEY * self.paces.len()
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        // A power of two. The low bits choose the set.
        lock(&self.shards[(hash >> 48) as usize & (self.shards.len() - 1)])
    }
}

/// A panic while the lock was held leaves whole numbers behind.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl RateLimiter for MemoryLimiter {
    fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    async fn act(&self, key: &str, action: Action, cost: u32) -> Decision {
        self.act_now(key, action, cost)
    }
}
