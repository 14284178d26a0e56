//! [`Classify`]: what counts as a failure.

use http::StatusCode;

/// What a call says of the health of what was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It works.
    Success,
    /// It does not.
    Failure,
    /// Nothing either way: the caller gave up, or the fault was his.
    Neither,
}

/// Tells what counts as a failure. Any function of this form is one.
pub trait Classify<Answer, Error>: Clone + Send + Sync + 'static {
    /// What this result says of the health of what was called.
    fn outcome(&self, result: Result<&Answer, &Error>) -> Outcome;
}

impl<Answer, Error, F> Classify<Answer, Error> for F
where
    F: Fn(Result<&Answer, &Error>) -> Outcome + Clone + Send + Sync + 'static,
{
    fn outcome(&self, result: Result<&Answer, &Error>) -> Outcome {
        self(result)
    }
}

/// The rule for HTTP: an error is a failure, and so is an answer 5xx other than 501. Any other answer shows that
/// the service works, also one that refuses the request.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpFailures;

impl<Body, Error> Classify<http::Response<Body>, Error> for HttpFailures {
    fn outcome(&self, result: Result<&http::Response<Body>, &Error>) -> Outcome {
        match result {
            Ok(response) if response.status() == StatusCode::NOT_IMPLEMENTED => Outcome::Success,
            Ok(response) if response.status().is_server_error() => Outcome::Failure,
            Ok(_) => Outcome::Success,
            Err(_) => Outcome::Failure,
        }
    }
}
