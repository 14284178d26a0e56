//! How errors are answered.

use gravity_core::http::problems::{DATABASE_UNAVAILABLE, INTERNAL, INVALID_CURSOR};
use gravity_core::http::{IntoProblem, Problem, ProblemKind};
use http::StatusCode;

use crate::{{Type}}Error;

const NOT_FOUND: ProblemKind =
    ProblemKind::new(StatusCode::NOT_FOUND, "{{snake}}.not_found", "There is no such item.");
const NAME_TAKEN: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "{{snake}}.name_taken", "You have an item of this name already.");

impl IntoProblem for {{Type}}Error {
    const KINDS: &'static [ProblemKind] =
        &[NOT_FOUND, NAME_TAKEN, INVALID_CURSOR, DATABASE_UNAVAILABLE, INTERNAL];

    fn into_problem(self) -> Problem {
        match self {
            Self::NotFound => NOT_FOUND.into(),
            Self::NameTaken => NAME_TAKEN.into(),
            Self::Other(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_one_code() {
        for error in [{{Type}}Error::NotFound, {{Type}}Error::NameTaken] {
            let code = error.code().to_owned();
            assert_eq!(error.into_problem().code(), code);
        }
    }
}
