//! [`Budget`]: retries may not become the load that keeps a server down.

use std::sync::atomic::{AtomicU32, Ordering};

/// Tokens that one retry costs.
const RETRY: u32 = 10;
/// Tokens that one call brings in: ten calls pay for one retry.
const CALL: u32 = 1;
/// What a quiet client may save up: ten retries.
const FULL: u32 = 10 * RETRY;

/// What a client and all its clones may spend on retries: a tenth of their calls, and a small reserve
/// so that a client that calls rarely can retry too.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Budget {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(FULL))
    }

    /// A call begins.
    pub(super) fn earn(&self) {
        self.change(|tokens| (tokens < FULL).then(|| tokens + CALL));
    }

    /// Pays for a retry, or refuses it.
    pub(super) fn spend(&self) -> bool {
        self.change(|tokens| tokens.checked_sub(RETRY))
    }

    fn change(&self, change: impl Fn(u32) -> Option<u32>) -> bool {
        // The count orders nothing else, so that it needs no more than to be counted right.
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn retries_stay_a_tenth_of_the_calls() {
        let budget = Budget::new();
        let mut retries = 0;
        for _ in 0..1000 {
            budget.earn();
            retries += u32::from(budget.spend());
        }
        assert!((100..=110).contains(&retries), "{retries}");
    }
}
