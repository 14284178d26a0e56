//! [`RetryBudget`]: retries may not become the load that keeps a server down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Tokens that one retry costs, so that a call can bring in a hundredth of one.
const RETRY: u32 = 100;

/// What may be spent on second tries: a share of the calls, and a small reserve so that who calls rarely can
/// retry too. Clones are one budget.
///
/// ```
/// use gravity_core::resilience::RetryBudget;
///
/// let budget = RetryBudget::new(20, 5);
/// let retries = (0..5).filter(|_| budget.spend()).count();
/// assert_eq!((retries, budget.spend()), (5, false));
/// (0..5).for_each(|_| budget.earn());
/// assert!(budget.spend());
/// ```
#[derive(Debug, Clone)]
pub struct RetryBudget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tokens: AtomicU32,
    percent: u32,
    full: u32,
}

impl Default for RetryBudget {
    /// A tenth of the calls, and ten.
    fn default() -> Self {
        Self::new(10, 10)
    }
}

impl RetryBudget {
    /// So many second tries in a hundred calls, and so many that are saved up while all goes well.
    pub fn new(percent: u8, reserve: u16) -> Self {
        let full = u32::from(reserve).max(1) * RETRY;
        Self(Arc::new(Inner { tokens: AtomicU32::new(full), percent: percent.into(), full }))
    }

    /// A call begins.
    pub fn earn(&self) {
        let Inner { percent, full, .. } = *self.0;
        self.change(|tokens| (tokens < full).then(|| tokens.saturating_add(percent).min(full)));
    }

    /// Pays for a second try, or refuses it.
    pub fn spend(&self) -> bool {
        self.change(|tokens| tokens.checked_sub(RETRY))
    }

    fn change(&self, change: impl Fn(u32) -> Option<u32>) -> bool {
        // The count orders nothing else, so that it needs no more than to be counted right.
        self.0.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::RetryBudget;

    #[test]
    fn retries_stay_a_share_of_the_calls() {
        for (percent, expected) in [(10, 100..=110), (1, 10..=20), (0, 10..=10)] {
            let budget = RetryBudget::new(percent, 10);
            let mut retries = 0;
            for _ in 0..1000 {
                budget.earn();
                retries += u32::from(budget.spend());
            }
            assert!(expected.contains(&retries), "{percent} %: {retries}");
        }
    }
}
