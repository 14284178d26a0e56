//! [`Faults`]: what is wrong with an input, all of it.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_path_to_error::{Path, Segment};

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fault {
    /// Where: a JSON pointer such as `/items/0/name`; empty for the whole input.
    pub pointer: String,
    /// What, for programs: stable, such as `too_short`.
    pub code: Cow<'static, str>,
    /// What, for people.
    pub detail: String,
}

/// What is wrong with an input: every fault, up to a number of them that keeps the answer small.
///
/// ```
/// use gravity_core::validate::Faults;
///
/// let mut faults = Faults::new();
/// let (from, until) = (9, 7);
/// faults.check(from <= until, "/until", "before_from", "must not lie before `from`");
/// assert!(faults.into_result().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    kept: Vec<Fault>,
    limit: usize,
    dropped: usize,
}

impl Faults {
    /// How many faults are kept if nothing else is said.
    pub const DEFAULT_LIMIT: usize = 100;

    /// No faults yet, and room for a hundred.
    pub const fn new() -> Self {
        Self::with_limit(Self::DEFAULT_LIMIT)
    }

    /// No faults yet, and room for `limit` of them; the rest are only counted.
    pub const fn with_limit(limit: usize) -> Self {
        Self { kept: Vec::new(), limit, dropped: 0 }
    }

    /// One fault.
    pub fn one(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        let mut faults = Self::new();
        faults.add(pointer, code, detail);
        faults
    }

    /// Adds a fault.
    pub fn add(
        &mut self,
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) {
        self.push(Fault { pointer: pointer.into(), code: code.into(), detail: detail.into() });
    }

    /// Adds a fault.
    pub(crate) fn push(&mut self, fault: Fault) {
        if self.kept.len() < self.limit {
            self.kept.push(fault);
        } else {
            self.dropped += 1;
        }
    }

    /// Adds a fault unless the condition holds, and says whether it does.
    pub fn check(
        &mut self,
        condition: bool,
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> bool {
        if !condition {
            self.add(pointer, code, detail);
        }
        condition
    }

    /// Adds the faults of a part of the input, which stands at the pointer `prefix`.
    pub fn nest(&mut self, prefix: &str, faults: Self) {
        self.dropped += faults.dropped;
        for fault in faults.kept {
            self.push(Fault { pointer: format!("{prefix}{}", fault.pointer), ..fault });
        }
    }

    /// `Ok` if there are no faults.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Whether there are no faults.
    pub const fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.dropped == 0
    }

    /// How many faults are kept.
    pub const fn len(&self) -> usize {
        self.kept.len()
    }

    /// How many faults there were beyond those kept.
    pub const fn dropped(&self) -> usize {
        self.dropped
    }

    /// The faults kept, in the order found.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.kept.iter()
    }

    /// Whether there is room for one more.
    pub(super) const fn has_room(&self) -> bool {
        self.kept.len() < self.limit
    }

    /// A pointer to a member or an element below another pointer, escaped as RFC 6901 asks.
    pub fn pointer(parent: &str, token: impl fmt::Display) -> String {
        let token = token.to_string();
        if token.contains(['~', '/']) {
            format!("{parent}/{}", token.replace('~', "~0").replace('/', "~1"))
        } else {
            format!("{parent}/{token}")
        }
    }

    /// A pointer to the place where reading a type stopped.
    pub(crate) fn place(path: &Path) -> String {
        path.iter().fold(String::new(), |parent, segment| match segment {
            Segment::Seq { index } => Self::pointer(&parent, index),
            Segment::Map { key } => Self::pointer(&parent, key),
            // A variant is a name of the type's, and no place in the document; what is unknown is left out.
            Segment::Enum { .. } | Segment::Unknown => parent,
        })
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.kept.iter().enumerate() {
            let between = if at == 0 { "" } else { "; " };
            let pointer = if fault.pointer.is_empty() { "input" } else { &fault.pointer };
            write!(f, "{between}{pointer}: {}", fault.detail)?;
        }
        if self.dropped > 0 {
            write!(f, "; and {} more", self.dropped)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nests_under_a_pointer() {
        let mut inner = Faults::new();
        inner.check(true, "/fine", "x", "x");
        assert!(!inner.check(false, "/name", "too_short", "must not be empty"));
        inner.add("", "odd", "is odd");
        let mut outer = Faults::new();
        outer.nest("/items/0", inner);
        let pointers: Vec<_> = outer.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/items/0/name", "/items/0"]);
    }

    #[test]
    fn escapes_pointers() {
        assert_eq!(Faults::pointer("/a", "x/y~z"), "/a/x~1y~0z");
        assert_eq!(Faults::pointer("", "~1"), "/~01");
        assert_eq!(Faults::pointer("", ""), "/");
        assert_eq!(Faults::pointer("/a", 7), "/a/7");
    }

    #[test]
    fn counts_what_it_does_not_keep() {
        let mut faults = Faults::with_limit(2);
        for _ in 0..5 {
            faults.add("", "x", "wrong");
        }
        assert_eq!((faults.len(), faults.dropped()), (2, 3));
        assert_eq!(faults.to_string(), "input: wrong; input: wrong; and 3 more");
        let mut none = Faults::with_limit(0);
        none.add("", "x", "wrong");
        assert!(none.into_result().is_err());
    }
}
