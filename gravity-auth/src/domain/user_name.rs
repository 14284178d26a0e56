//! [`UserName`]: the name by which others know a user.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name by which others know a user: 3 to 30 of `a-z`, `A-Z`, digits, `_`, `-` and `.`, with a letter or digit
/// at either end.
///
/// Two that differ in case are the same. Only ASCII, so that none can be made to look like another; what a user
/// wants to be called, in any script, is the display name of their profile. Names that a site speaks by itself
/// (`admin`, `support`, `me`) are not to be had.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName {
    text: Box<str>,
    key: Box<str>,
}

/// Why a text is no [`UserName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserNameError {
    /// It is too short, too long or has a character it may not have.
    #[error("a user name has 3 to 30 letters a-z, digits and, inside, `_`, `-` and `.`")]
    Form,
    /// It is one that a site speaks by itself.
    #[error("this user name is reserved")]
    Reserved,
}

/// What users would take for the site itself, and what stands in paths in a name's place.
const RESERVED: &[&str] = &[
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "anonymous",
    "api",
    "auth",
    "billing",
    "contact",
    "deleted",
    "everyone",
    "gravity",
    "guest",
    "help",
    "hostmaster",
    "info",
    "login",
    "logout",
    "mail",
    "me",
    "moderator",
    "nobody",
    "noreply",
    "no-reply",
    "null",
    "official",
    "postmaster",
    "profile",
    "register",
    "root",
    "search",
    "security",
    "settings",
    "signin",
    "signup",
    "staff",
    "super_admin",
    "superadmin",
    "support",
    "sysadmin",
    "system",
    "team",
    "undefined",
    "user",
    "users",
    "webmaster",
    "www",
];

impl UserName {
    /// The name as its user writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is the same for two names that are: the name in lower case.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for UserName {
    type Err = UserNameError;

    fn from_str(text: &str) -> Result<Self, UserNameError> {
        let text = text.trim();
        let is_sound = (3..=30).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
            && text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && text.ends_with(|letter: char| letter.is_ascii_alphanumeric());
        if !is_sound {
            return Err(UserNameError::Form);
        }
        let key = text.to_ascii_lowercase();
        if RESERVED.contains(&key.as_str()) {
            return Err(UserNameError::Reserved);
        }
        Ok(Self { text: text.into(), key: key.into() })
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for UserName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for UserName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for UserName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "UserName".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_auth::UserName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 3, "maxLength": 30, "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_without_case() {
        let one: UserName = " Ada_99 ".parse().unwrap();
        assert_eq!((one.as_str(), one.key()), ("Ada_99", "ada_99"));
    }

    #[test]
    fn refuses_what_deceives_or_is_none() {
        for text in [
            "",
            "ab",
            "a b c",
            "-abc",
            "abc-",
            ".abc",
            "аdа",
            "a\u{200b}bc",
            "abc\n\nd",
            &"a".repeat(31),
            "a@b.c",
            "a/b",
            "a%b",
        ] {
            assert_eq!(text.parse::<UserName>(), Err(UserNameError::Form), "{text:?}");
        }
        for text in ["Admin", "ROOT", "search", "no-reply"] {
            assert_eq!(text.parse::<UserName>(), Err(UserNameError::Reserved), "{text:?}");
        }
        assert!(RESERVED.is_sorted_by(|a, b| a != b));
    }
}
