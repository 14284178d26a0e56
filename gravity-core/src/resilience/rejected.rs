//! [`Rejected`]: a call that was not made.

use std::time::Duration;

use crate::http::{IntoProblem, Problem, ProblemKind, problems};

/// A call that was not made, because it would have made things worse.
///
/// Around routes it becomes an answer 503 with `Retry-After`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// What is called has failed too often; the circuit breaker of this name is open.
    #[error("{name} has failed too often and is not called for a while")]
    Open {
        /// The name of the breaker.
        name: &'static str,
        /// When it will be tried again.
        retry_after: Duration,
    },
    /// So many calls run and wait that there is no place for another.
    #[error("{name} has no place for another call")]
    Full {
        /// The name of the bulkhead.
        name: &'static str,
        /// When it makes sense to try again.
        retry_after: Duration,
    },
}

impl Rejected {
    /// When it makes sense to try again.
    pub const fn retry_after(&self) -> Duration {
        match self {
            Self::Open { retry_after, .. } | Self::Full { retry_after, .. } => *retry_after,
        }
    }
}

impl IntoProblem for Rejected {
    const KINDS: &'static [ProblemKind] = &[problems::UNAVAILABLE];

    fn into_problem(self) -> Problem {
        Problem::new(problems::UNAVAILABLE).retry_after(self.retry_after()).because(self)
    }
}
