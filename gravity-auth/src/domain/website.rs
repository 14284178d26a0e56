//! [`Website`]: an address in the web.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address in the web: `http` or `https`, a host, no password, at most 500 bytes. Nothing that a browser would
/// run, such as `javascript:`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Website(Box<str>);

/// A text is no address in the web.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address that begins with `https://` or `http://`, of at most 500 characters")]
pub struct WebsiteError;

impl Website {
    /// The most bytes an address has.
    pub const MAX_BYTES: usize = 500;

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Website {
    type Err = WebsiteError;

    fn from_str(text: &str) -> Result<Self, WebsiteError> {
        let text = text.trim();
        if text.len() > Self::MAX_BYTES || text.contains(['\\', '<', '>', '"', '\'', '`']) {
            return Err(WebsiteError);
        }
        let uri: http::Uri = text.parse().map_err(|_| WebsiteError)?;
        let is_web = matches!(uri.scheme_str(), Some("https" | "http"))
            && uri.authority().is_some_and(|host| !host.as_str().contains('@') && !host.host().is_empty());
        if is_web { Ok(Self(text.into())) } else { Err(WebsiteError) }
    }
}

impl Serialize for Website {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Website {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Website {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Website".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_auth::Website".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": Self::MAX_BYTES, "pattern": "^\\s*[Hh][Tt][Tt][Pp][Ss]?://" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_in_the_web_only() {
        for text in ["https://ada.example", "http://ada.example:8080/a?b=c", " HTTPS://ADA.example "] {
            assert!(text.parse::<Website>().is_ok(), "{text:?}");
        }
        let long = format!("https://ada.example/{}", "a".repeat(500));
        for text in [
            "",
            "ada.example",
            "//ada.example",
            "javascript:alert(1)",
            "javascript://ada.example/%0aalert(1)",
            "data:text/html,x",
            "ftp://ada.example",
            "https://",
            "https:///x",
            "https://me:secret@ada.example",
            "https://ada.example/\"><script>",
            "https://ada.example\\@evil.example",
            "https://ada.example/a b",
            &long,
        ] {
            assert_eq!(text.parse::<Website>(), Err(WebsiteError), "{text:?}");
        }
    }
}
