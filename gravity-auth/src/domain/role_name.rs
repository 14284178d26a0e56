//! [`RoleName`]: what a role is called.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a role is called: 1 to 50 of `a-z`, digits and `_`, and a letter first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleName(Cow<'static, str>);

/// A text is no name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is called by 1 to 50 of a-z, digits and `_`, and a letter first")]
pub struct RoleNameError;

impl RoleName {
    /// May do everything. There is always somebody who has this role, once there was.
    pub const SUPER_ADMIN: Self = Self(Cow::Borrowed("super_admin"));
    /// Runs the application: users, orders, products.
    pub const ADMIN: Self = Self(Cow::Borrowed("admin"));
    /// Runs the shop.
    pub const MANAGER: Self = Self(Cow::Borrowed("manager"));
    /// Everybody else: what a new user is.
    pub const CUSTOMER: Self = Self(Cow::Borrowed("customer"));

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleName {
    type Err = RoleNameError;

    fn from_str(text: &str) -> Result<Self, RoleNameError> {
        let is_sound = (1..=50).contains(&text.len())
            && text.starts_with(|letter: char| letter.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if is_sound { Ok(Self(Cow::Owned(text.to_owned()))) } else { Err(RoleNameError) }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RoleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RoleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for RoleName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "RoleName".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_auth::RoleName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9_]{0,49}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_of_roles_only() {
        for name in ["a", "super_admin", "tier2"] {
            assert_eq!(name.parse::<RoleName>().unwrap().as_str(), name);
        }
        for text in ["", "Admin", "2nd", "_a", "a-b", "a b", "\u{430}dmin", &"a".repeat(51)] {
            assert_eq!(text.parse::<RoleName>(), Err(RoleNameError), "{text:?}");
        }
        assert_eq!("super_admin".parse::<RoleName>().unwrap(), RoleName::SUPER_ADMIN);
    }
}
