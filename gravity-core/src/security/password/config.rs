//! [`PasswordConfig`].

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::thread;

const MIB: u32 = 1024;

/// How passwords are hashed.
///
/// The default is what OWASP recommends: 19 MiB, 2 passes, 1 lane. More memory is the best use of more
/// time. Hashes made with other parameters still verify, and are reported to need another hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordConfig {
    pub(super) memory: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
    pub(super) workers: usize,
    pub(super) queue: usize,
    pub(super) most_memory: u32,
    least_memory: u32,
}

/// A setting that passwords cannot be hashed with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {given}, and must be {least} to {most}")]
pub struct PasswordConfigError {
    setting: &'static str,
    given: usize,
    least: usize,
    most: usize,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        Self {
            memory: 19 * MIB,
            passes: 2,
            lanes: 1,
            workers: thread::available_parallelism().map_or(1, NonZeroUsize::get),
            queue: 64,
            most_memory: 256 * MIB,
            least_memory: 7 * MIB,
        }
    }
}

impl PasswordConfig {
    /// The memory that one hash takes, in KiB: 7 MiB to 1 GiB.
    pub fn with_memory_kib(mut self, memory: u32) -> Self {
        self.memory = memory;
        self
    }

    /// How often the memory is gone over: 1 to 32.
    pub fn with_passes(mut self, passes: u32) -> Self {
        self.passes = passes;
        self
    }

    /// How many lanes the memory has: 1 to 16. They are gone through one after another, so that more of
    /// them help only to agree with hashes of elsewhere.
    pub fn with_lanes(mut self, lanes: u32) -> Self {
        self.lanes = lanes;
        self
    }

    /// How many hashes are made at once: 1 to 256, by default one for each core.
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// How many wait for a worker before the next is turned away: at most 65,536, by default 64.
    pub fn with_queue(mut self, queue: usize) -> Self {
        self.queue = queue;
        self
    }

    /// The most memory that a hash which is verified may ask for, in KiB: up to 4 GiB, by default
    /// 256 MiB. It is there for hashes from elsewhere that someone has made to hurt.
    pub fn with_most_memory_kib(mut self, memory: u32) -> Self {
        self.most_memory = memory;
        self
    }

    /// Parameters that protect nothing, and make tests fast.
    #[cfg(any(test, feature = "testing"))]
    pub fn weak_for_tests() -> Self {
        Self { memory: 64, passes: 1, least_memory: 8, ..Self::default() }
    }

    pub(super) fn check(&self) -> Result<(), PasswordConfigError> {
        let memory = self.least_memory.max(8 * self.lanes.min(16));
        within("the memory in KiB", self.memory as usize, memory as usize..=1024 * MIB as usize)?;
        within("the number of passes", self.passes as usize, 1..=super::phc::MOST_PASSES as usize)?;
        within("the number of lanes", self.lanes as usize, 1..=super::phc::MOST_LANES as usize)?;
        within("the number of workers", self.workers, 1..=256)?;
        within("the length of the queue", self.queue, 0..=65_536)?;
        let most = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
        within("the most memory in KiB", self.most_memory as usize, self.memory as usize..=most)
    }
}

fn within(
    setting: &'static str,
    given: usize,
    range: RangeInclusive<usize>,
) -> Result<(), PasswordConfigError> {
    let (least, most) = range.into_inner();
    if (least..=most).contains(&given) {
        Ok(())
    } else {
        Err(PasswordConfigError { setting, given, least, most })
    }
}
