//! How [`Error`](crate::Error), the error of services, becomes an answer.

use std::borrow::Cow;

use http::StatusCode;

use super::problem::{IntoProblem, Problem, ProblemKind};
use super::problems::{
    DATABASE_UNAVAILABLE, FORBIDDEN, INTERNAL, INVALID, INVALID_CURSOR, UNAUTHENTICATED, UNAVAILABLE,
};
use crate::page::CursorError;
use crate::validate::Faults;
use crate::{Error, ErrorKind};

const BAD_REQUEST: ProblemKind =
    ProblemKind::new(StatusCode::BAD_REQUEST, "bad_request", "The request makes no sense as it stands.");
const NOT_FOUND: ProblemKind =
    ProblemKind::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing.");
const CONFLICT: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "conflict", "It does not fit the state of things.");
const EXTERNAL: ProblemKind =
    ProblemKind::new(StatusCode::BAD_GATEWAY, "external", "A service that this one needs has failed.");

/// The kind of problem tells the status and the title; the error tells the code and what happened.
impl IntoProblem for Error {
    const KINDS: &'static [ProblemKind] = &[
        BAD_REQUEST,
        INVALID_CURSOR,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND,
        CONFLICT,
        INVALID,
        EXTERNAL,
        UNAVAILABLE,
        DATABASE_UNAVAILABLE,
        INTERNAL,
    ];
    const MORE_CODES: bool = true;

    fn into_problem(self) -> Problem {
        let (kind, told) = match self.kind() {
            ErrorKind::BadRequest => (BAD_REQUEST, true),
            ErrorKind::Unauthorized => (UNAUTHENTICATED, true),
            ErrorKind::Forbidden => (FORBIDDEN, true),
            ErrorKind::NotFound => (NOT_FOUND, true),
            ErrorKind::Conflict => (CONFLICT, true),
            ErrorKind::Validation => (INVALID, true),
            ErrorKind::Unavailable => (UNAVAILABLE, true),
            ErrorKind::External => (EXTERNAL, true),
            ErrorKind::Database if self.is_retryable() => (UNAVAILABLE, false),
            ErrorKind::Database | ErrorKind::Internal => (INTERNAL, false),
        };
        let mut problem = Problem::new(kind);
        if told {
            problem = problem.with_code(Cow::Owned(self.code().to_owned())).detail(self.message().to_owned());
        }
        if let Some(wait) = self.retry_after() {
            problem = problem.retry_after(wait);
        }
        let problem = problem.faults(self.faults().iter().cloned());
        if std::error::Error::source(&self).is_some() { problem.because(self) } else { problem }
    }
}

/// As the [`Error`] that it turns into.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl IntoProblem for crate::db::Error {
    const KINDS: &'static [ProblemKind] = &[INVALID_CURSOR, DATABASE_UNAVAILABLE, INTERNAL];

    fn into_problem(self) -> Problem {
        Error::from(self).into_problem()
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl From<crate::db::Error> for Problem {
    fn from(error: crate::db::Error) -> Self {
        error.into_problem()
    }
}

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Self {
        Error::from(error).into_problem()
    }
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        Self::invalid(faults)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        error.into_problem()
    }
}
