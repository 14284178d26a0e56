//! [`Conditional`]: requests that hold only for some versions of a resource.

use std::time::SystemTime;

use http::header::{HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, Method};

use super::date;
use super::etag::ETag;
use super::field;
use super::problem::Problem;
use super::problems;
use crate::validate::Faults;

/// What is known of the version that the server has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// Its name.
    pub etag: Option<ETag>,
    /// When it was last changed.
    pub modified: Option<SystemTime>,
}

impl From<ETag> for Version {
    fn from(etag: ETag) -> Self {
        Self { etag: Some(etag), modified: None }
    }
}

/// The tags of `If-Match` or `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// `*`: whatever version there is.
    Any,
    /// One of these.
    List(Vec<ETag>),
}

impl Tags {
    /// Reads the list, which may stretch over several header lines.
    pub fn parse<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut tags = Vec::new();
        let mut any = false;
        for piece in values.flat_map(|value| field::split(value, b',')) {
            match piece.trim_matches([' ', '\t']) {
                "" => {}
                "*" => any = true,
                tag => tags.push(ETag::parse(tag)?),
            }
        }
        match (any, tags.is_empty()) {
            (true, true) => Some(Self::Any),
            (false, false) => Some(Self::List(tags)),
            _ => None,
        }
    }

    fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Self>, Faults> {
        if !headers.contains_key(name) {
            return Ok(None);
        }
        // A value outside ASCII becomes one that no tag is, so that it is refused like any other.
        let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
        Self::parse(values).map(Some).ok_or_else(|| {
            Faults::one(format!("/header/{name}"), "etag", "is not `*` or a list of quoted tags")
        })
    }

    fn has(&self, current: Option<&Version>, same: fn(&ETag, &ETag) -> bool) -> bool {
        match (self, current) {
            (Self::Any, Some(_)) => true,
            (Self::List(tags), Some(Version { etag: Some(own), .. })) => {
                tags.iter().any(|tag| same(tag, own))
            }
            (_, None) | (Self::List(_), Some(_)) => false,
        }
    }
}

/// What becomes of a conditional request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The condition holds, or there is none.
    Proceed,
    /// The client has this version already: 304.
    NotModified,
    /// The client means another version: 412.
    Failed,
}

/// The conditions of a request. As an argument of a handler it refuses tags that are none with 400.
///
/// ```no_run
/// # use gravity_core::http::{Conditional, ETag, NoContent, Problem, Json};
/// # struct Note { version: u64 }
/// # async fn load() -> Note { Note { version: 1 } }
/// async fn change(conditions: Conditional) -> Result<NoContent, Problem> {
///     let note = load().await;
///     // 412 where the client has seen another version than the one it is about to change.
///     conditions.require(Some(&ETag::of_version(note.version).into()))?;
///     Ok(NoContent)
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditional {
    /// `If-Match`: only this version.
    pub if_match: Option<Tags>,
    /// `If-None-Match`: any but this version.
    pub if_none_match: Option<Tags>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<SystemTime>,
    /// `If-Unmodified-Since`.
    pub if_unmodified_since: Option<SystemTime>,
    /// Whether the method only reads: then what the client has already is not sent again.
    pub reads: bool,
}

impl Conditional {
    /// Reads the conditions. Tags that are none are a fault; dates that are none are ignored, as the
    /// standard wants it.
    pub fn parse(method: &Method, headers: &HeaderMap) -> Result<Self, Faults> {
        let time = |name: HeaderName| {
            let mut values = headers.get_all(name).iter();
            values.next().filter(|_| values.next().is_none()).and_then(date::parse)
        };
        Ok(Self {
            if_match: Tags::read(headers, &IF_MATCH)?,
            if_none_match: Tags::read(headers, &IF_NONE_MATCH)?,
            if_modified_since: time(IF_MODIFIED_SINCE),
            if_unmodified_since: time(IF_UNMODIFIED_SINCE),
            reads: matches!(*method, Method::GET | Method::HEAD),
        })
    }

    /// Decides, in the order of RFC 9110, section 13.2.2. `None` where there is no version yet.
    pub fn evaluate(&self, current: Option<&Version>) -> Verdict {
        let modified = current.and_then(|version| version.modified).map(date::whole_seconds);
        if let Some(tags) = &self.if_match {
            if !tags.has(current, ETag::same_bytes) {
                return Verdict::Failed;
            }
        } else if let (Some(limit), Some(modified)) = (self.if_unmodified_since, modified)
            && modified > limit
        {
            return Verdict::Failed;
        }
        if let Some(tags) = &self.if_none_match {
            return match (tags.has(current, ETag::same_meaning), self.reads) {
                (false, _) => Verdict::Proceed,
                (true, true) => Verdict::NotModified,
                (true, false) => Verdict::Failed,
            };
        }
        match (self.if_modified_since, modified) {
            (Some(limit), Some(modified)) if self.reads && modified <= limit => Verdict::NotModified,
            _ => Verdict::Proceed,
        }
    }

    /// Refuses a change that was meant for another version: 412.
    pub fn require(&self, current: Option<&Version>) -> Result<(), Problem> {
        match self.evaluate(current) {
            Verdict::Failed => Err(Problem::new(problems::PRECONDITION_FAILED)),
            Verdict::Proceed | Verdict::NotModified => Ok(()),
        }
    }
}

/// Whether `If-Range` admits ranges: it is not there, or it names the version that the server has.
pub(crate) fn if_range(headers: &HeaderMap, current: &Version) -> bool {
    let mut values = headers.get_all(IF_RANGE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return !headers.contains_key(IF_RANGE);
    };
    match value.to_str().ok().and_then(ETag::parse) {
        Some(tag) => current.etag.as_ref().is_some_and(|own| own.same_bytes(&tag)),
        None => {
            date::parse(value).is_some_and(|date| current.modified.map(date::whole_seconds) == Some(date))
        }
    }
}
