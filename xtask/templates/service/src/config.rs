//! What an application decides about the service.

use gravity_core::Clock;
use gravity_core::page::{CursorKey, CursorKeys, PageLimits};

/// The settings of the service: `new` takes what has no sensible default.
#[derive(Clone, Debug)]
pub struct {{Type}}Config {
    pub(crate) cursors: CursorKeys,
    pub(crate) pages: PageLimits,
    pub(crate) clock: Clock,
}

impl {{Type}}Config {
    /// The defaults, and the key that signs the cursors of lists: the same on every node.
    pub fn new(key: CursorKey) -> Self {
        Self { cursors: CursorKeys::new(key), pages: PageLimits::default(), clock: Clock::default() }
    }

    /// Lets cursors that this key has signed open, too: the one before, while it is replaced.
    pub fn with_earlier_key(mut self, key: CursorKey) -> Self {
        self.cursors = self.cursors.with_earlier(key);
        self
    }

    /// How many items a page has, instead of 50 and at most 200.
    pub fn with_pages(mut self, pages: PageLimits) -> Self {
        self.pages = pages;
        self
    }

    /// What tells the time, instead of the system's clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}
