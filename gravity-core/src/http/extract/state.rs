//! [`State`]: what the routes were given to work with.

use super::FromParts;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;

/// What [`Routes::state`](crate::http::Routes::state) was given, or a part of it.
///
/// A handler that asks for a state which its routes are not given does not compile.
#[derive(Debug, Clone, Copy)]
pub struct State<T>(pub T);

/// A part of a larger state.
pub trait FromState<S> {
    /// The part.
    fn from_state(state: &S) -> Self;
}

impl<S: Clone> FromState<S> for S {
    fn from_state(state: &S) -> Self {
        state.clone()
    }
}

impl<S, T: FromState<S>> FromParts<S> for State<T> {
    fn from_parts(_: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(T::from_state(state)))
    }

    fn describe(_: &mut Operation<'_>) {}
}
