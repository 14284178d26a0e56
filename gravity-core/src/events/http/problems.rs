//! How what goes wrong is answered.

use http::StatusCode;

use crate::events::Error;
use crate::http::problems::{DATABASE_UNAVAILABLE, INTERNAL, INVALID_CURSOR};
use crate::http::{IntoProblem, Problem, ProblemKind};
use crate::page::CursorError;

const UNKNOWN: ProblemKind = ProblemKind::new(
    StatusCode::NOT_FOUND,
    "events.unknown_subscriber",
    "There is no subscriber of this name.",
);
const NOT_SET_ASIDE: ProblemKind = ProblemKind::new(
    StatusCode::NOT_FOUND,
    "events.not_set_aside",
    "The subscriber has set aside no such event.",
);

/// What can go wrong with a request.
pub(super) enum Refusal {
    Unknown,
    NotSetAside,
    Other(crate::Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::UnknownSubscriber => Self::Unknown,
            other => Self::Other(other.into()),
        }
    }
}

impl From<CursorError> for Refusal {
    fn from(error: CursorError) -> Self {
        Self::Other(error.into())
    }
}

impl IntoProblem for Refusal {
    const KINDS: &'static [ProblemKind] =
        &[UNKNOWN, NOT_SET_ASIDE, INVALID_CURSOR, DATABASE_UNAVAILABLE, INTERNAL];

    fn into_problem(self) -> Problem {
        match self {
            Self::Unknown => UNKNOWN.into(),
            Self::NotSetAside => NOT_SET_ASIDE.into(),
            Self::Other(error) => error.into_problem(),
        }
    }
}
