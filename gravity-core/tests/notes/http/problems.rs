//! How what goes wrong with notes is answered.

use gravity_core::http::problems::{DATABASE_UNAVAILABLE, INTERNAL, INVALID_CURSOR};
use gravity_core::http::{IntoProblem, Problem, ProblemKind};
use http::StatusCode;

use crate::notes::NotesError;

const NOT_FOUND: ProblemKind =
    ProblemKind::new(StatusCode::NOT_FOUND, "notes.not_found", "There is no such note.");
const TITLE_TAKEN: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "notes.title_taken", "You have a note of this title already.");
const CHANGED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "notes.changed", "The note was changed meanwhile; read it again.");

impl IntoProblem for NotesError {
    const KINDS: &'static [ProblemKind] =
        &[NOT_FOUND, TITLE_TAKEN, CHANGED, INVALID_CURSOR, DATABASE_UNAVAILABLE, INTERNAL];

    fn into_problem(self) -> Problem {
        match self {
            Self::NotFound => NOT_FOUND.into(),
            Self::TitleTaken => TITLE_TAKEN.into(),
            Self::Changed => CHANGED.into(),
            Self::Other(error) => error.into(),
        }
    }
}
