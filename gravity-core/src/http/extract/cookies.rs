//! [`Cookies`]: the cookies of a request.

use std::fmt;

use super::FromParts;
use crate::http::cookie;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;

/// The cookies of a request. Those that break the rules are not among them, nor any past the 128th.
/// `Debug` shows their names only: a session is as good as a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// The value of a cookie; of several with one name the first, which has the longest path.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All names and values, in the order of the request.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl<S> FromParts<S> for Cookies {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Self(cookie::all(parts.headers()).map(owned).collect()))
    }

    fn describe(_: &mut Operation<'_>) {}
}
