//! [`Who`]: a user in a path.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::AuthError;
use crate::domain::UserId;
use crate::service::{Authority, Viewer};

/// A user in a path: an id, or `me` for who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Me,
    User(UserId),
}

impl Who {
    pub(super) const fn of(self, by: &Authority) -> UserId {
        match self {
            Self::Me => by.caller.user,
            Self::User(id) => id,
        }
    }

    /// The same for who may be nobody, and then is nobody's `me`.
    pub(super) fn seen_by(self, viewer: &Viewer) -> Result<UserId, AuthError> {
        match (self, &viewer.0) {
            (Self::User(id), _) => Ok(id),
            (Self::Me, Some(by)) => Ok(by.caller.user),
            (Self::Me, None) => Err(AuthError::UserNotFound),
        }
    }
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        if text == "me" {
            return Ok(Self::Me);
        }
        text.parse().map(Self::User).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Who {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Who".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(me|user_[0-7][0-9a-hjkmnp-tv-z]{25})$" })
    }
}
