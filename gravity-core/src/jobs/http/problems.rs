//! How what goes wrong is answered.

use http::StatusCode;

use crate::http::problems::{DATABASE_UNAVAILABLE, INTERNAL, INVALID_CURSOR};
use crate::http::{IntoProblem, Problem, ProblemKind};
use crate::jobs::Error;
use crate::page::CursorError;

const UNKNOWN: ProblemKind =
    ProblemKind::new(StatusCode::NOT_FOUND, "jobs.unknown_job", "There is no such job.");
const WRONG_STATE: ProblemKind = ProblemKind::new(
    StatusCode::CONFLICT,
    "jobs.wrong_state",
    "The job is in a state in which this cannot be done to it.",
);
const KEPT_OUT: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "jobs.kept_out", "Another job with its unique key keeps it out.");

/// What can go wrong with a request.
pub(super) enum Refusal {
    Unknown,
    WrongState,
    KeptOut,
    Other(crate::Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::Unknown,
            Error::WrongState(_) => Self::WrongState,
            Error::KeptOut(_) => Self::KeptOut,
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
        &[UNKNOWN, WRONG_STATE, KEPT_OUT, INVALID_CURSOR, DATABASE_UNAVAILABLE, INTERNAL];

    fn into_problem(self) -> Problem {
        match self {
            Self::Unknown => UNKNOWN.into(),
            Self::WrongState => WRONG_STATE.into(),
            Self::KeptOut => KEPT_OUT.into(),
            Self::Other(error) => error.into_problem(),
        }
    }
}
