//! What a caller may do: a [`Permission`] that is asked for, and [`Grants`] that are held.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something that a caller must be allowed to do: `resource:action`, all of a resource
/// (`resource:*`), or everything (`*`).
///
/// Resources and actions are made of `a` to `z`, digits, `_`, `-` and `.`. A malformed permission
/// does not compile as a constant:
///
/// ```
/// use gravity_core::Permission;
///
/// pub const NOTES_READ: Permission = Permission::new("notes:read");
/// ```
///
/// ```compile_fail
/// # use gravity_core::Permission;
/// pub const NOTES_READ: Permission = Permission::new("notes/read");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission(&'static str);

impl Permission {
    /// Everything.
    pub const ALL: Self = Self("*");

    /// The permission of that name.
    ///
    /// # Panics
    ///
    /// If the text is malformed. In a constant that is a compile error; elsewhere parse a [`Grant`].
    pub const fn new(text: &'static str) -> Self {
        assert!(is_permission(text), "a permission is `resource:action`, `resource:*` or `*`");
        Self(text)
    }

    /// The text.
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

/// Something that a caller holds, with the same text as a [`Permission`] but read at run time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant(Cow<'static, str>);

/// A text is neither `resource:action`, `resource:*` nor `*`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a permission is `resource:action`, `resource:*` or `*`, in lower case")]
pub struct PermissionError;

impl Grant {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether who holds this may do that: it is the same, all of its resource, or everything.
    pub fn covers(&self, permission: Permission) -> bool {
        covers(&self.0, permission.0)
    }
}

/// Whether what `held` says takes in what `wanted` says. Text that is no permission covers nothing
/// but its like.
pub(crate) fn covers(held: &str, wanted: &str) -> bool {
    held == wanted
        || held == "*"
        || held.strip_suffix('*').is_some_and(|resource| {
            resource.len() > 1 && resource.ends_with(':') && wanted.starts_with(resource)
        })
}

/// What a caller holds: any number of [`Grant`]s.
///
/// ```
/// use gravity_core::{Grants, Permission};
///
/// let manager: Grants = "users:read orders:read/write products:*".parse().unwrap();
/// assert!(manager.covers(Permission::new("orders:write")));
/// assert!(manager.covers(Permission::new("products:delete")));
/// assert!(!manager.covers(Permission::new("users:delete")));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Grants(BTreeSet<Grant>);

impl Grants {
    /// No grants at all.
    pub const fn none() -> Self {
        Self(BTreeSet::new())
    }

    /// Every grant there is.
    pub fn all() -> Self {
        Self::from([Permission::ALL])
    }

    /// Whether any of the grants covers the permission.
    pub fn covers(&self, permission: Permission) -> bool {
        self.0.iter().any(|held| held.covers(permission))
    }

    /// Whether every one of the other grants is covered here: whoever holds these may hand out those.
    pub fn include(&self, others: &Self) -> bool {
        others.iter().all(|wanted| self.iter().any(|held| covers(&held.0, &wanted.0)))
    }

    /// Adds a grant.
    pub fn add(&mut self, grant: impl Into<Grant>) {
        self.0.insert(grant.into());
    }

    /// The grants, in the order of their text.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads grants between white space or commas; `orders:read/write` stands for one grant an action.
impl FromStr for Grants {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut grants = Self::none();
        for item in text
            .split(|separator: char| separator == ',' || separator.is_whitespace())
            .filter(|item| !item.is_empty())
        {
            let Some((resource, actions)) = item.split_once(':') else {
                grants.0.insert(item.parse()?);
                continue;
            };
            for action in actions.split('/') {
                grants.0.insert(format!("{resource}:{action}").parse()?);
            }
        }
        Ok(grants)
    }
}

impl<G: Into<Grant>> Extend<G> for Grants {
    fn extend<I: IntoIterator<Item = G>>(&mut self, grants: I) {
        self.0.extend(grants.into_iter().map(Into::into));
    }
}

impl<G: Into<Grant>> FromIterator<G> for Grants {
    fn from_iter<I: IntoIterator<Item = G>>(grants: I) -> Self {
        Self(grants.into_iter().map(Into::into).collect())
    }
}

impl<G: Into<Grant>, const N: usize> From<[G; N]> for Grants {
    fn from(grants: [G; N]) -> Self {
        grants.into_iter().collect()
    }
}

impl From<Permission> for Grant {
    fn from(permission: Permission) -> Self {
        Self(Cow::Borrowed(permission.0))
    }
}

impl FromStr for Grant {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_permission(text) { Ok(Self(Cow::Owned(text.to_owned()))) } else { Err(PermissionError) }
    }
}

/// Whether the text is `resource:action`, `resource:*` or `*`.
const fn is_permission(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() == 1 && bytes[0] == b'*' {
        return true;
    }
    let mut at = 0;
    while at < bytes.len() && is_name_byte(bytes[at]) {
        at += 1;
    }
    if at == 0 || at == bytes.len() || bytes[at] != b':' {
        return false;
    }
    let action = at + 1;
    if action + 1 == bytes.len() && bytes[action] == b'*' {
        return true;
    }
    at = action;
    while at < bytes.len() && is_name_byte(bytes[at]) {
        at += 1;
    }
    at > action && at == bytes.len()
}

const fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.')
}

macro_rules! as_text {
    ($($ty:ty),*) => {$(
        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    )*};
}

as_text!(Permission, Grant);

impl<'de> Deserialize<'de> for Grant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Grant {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Grant".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::Grant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^(\*|[a-z0-9_.-]+:(\*|[a-z0-9_.-]+))$",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const READ: Permission = Permission::new("users:read");

    #[test]
    fn a_grant_covers_itself_its_resource_or_all() {
        for (grant, covered) in [
            ("users:read", true),
            ("users:*", true),
            ("*", true),
            ("users:write", false),
            ("user:*", false),
            ("use:*", false),
            ("users:rea", false),
            ("orders:read", false),
        ] {
            let grants: Grants = grant.parse().unwrap();
            assert_eq!(grants.covers(READ), covered, "{grant}");
        }
        assert!(!Grants::none().covers(READ));
    }

    #[test]
    fn a_wildcard_that_is_asked_for_needs_one_as_wide() {
        let grants: Grants = "users:read/write/delete".parse().unwrap();
        assert_eq!(grants.iter().count(), 3);
        assert!(!grants.covers(Permission::new("users:*")));
        assert!(!grants.covers(Permission::ALL));
        assert!(Grants::all().covers(Permission::new("users:*")));
        assert!(Grants::all().include(&grants));
        assert!(!grants.include(&Grants::all()));
        assert!(grants.include(&Grants::from([READ])));
    }

    #[test]
    fn malformed_grants_are_refused() {
        for text in [
            "",
            "users",
            ":",
            "users:",
            ":read",
            "users:read:all",
            "**",
            "*:read",
            "users:re*",
            "users:**",
            "Users:read",
            "users: read",
            "users:read\n",
            "ürs:read",
        ] {
            assert!(text.parse::<Grant>().is_err(), "{text:?}");
        }
        assert!("users:read/".parse::<Grants>().is_err());
        assert!("users".parse::<Grants>().is_err());
        assert!(serde_json::from_str::<Grants>(r#"["users:read", "x"]"#).is_err());
    }

    proptest! {
        #[test]
        fn the_schema_accepts_what_the_parser_accepts(text in "[a-z:*/.A ]{0,8}|\\PC{0,6}") {
            let schema = schemars::schema_for!(Grant);
            let pattern = schema.get("pattern").unwrap().as_str().unwrap().to_owned();
            let pattern = regex::Regex::new(&pattern).unwrap();
            prop_assert_eq!(text.parse::<Grant>().is_ok(), pattern.is_match(&text));
        }
    }
}
