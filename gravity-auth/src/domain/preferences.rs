//! [`Preferences`] and [`Privacy`]: what somebody likes, and who sees what of them.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What somebody likes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Preferences {
    /// In which language they read.
    pub language: Language,
    /// In which time zone they live.
    pub timezone: ZoneName,
    /// How pages look.
    pub theme: Theme,
    /// Whether news comes by mail. What an account cannot do without comes in any case.
    pub email_notifications: bool,
    /// Whether news comes as text messages.
    pub sms_notifications: bool,
    /// Whether news comes to their devices.
    pub push_notifications: bool,
    /// Who sees what of them.
    pub privacy: Privacy,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: Language("en".into()),
            timezone: ZoneName("UTC".into()),
            theme: Theme::Light,
            email_notifications: true,
            sms_notifications: false,
            push_notifications: true,
            privacy: Privacy::default(),
        }
    }
}

/// Who sees what of somebody. Oneself and those who may read all users see everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Privacy {
    /// Who sees the profile.
    pub profile: Visibility,
    /// Whether those who are signed in and see the profile see the address.
    pub show_email: bool,
    /// Whether they see the day of birth.
    pub show_birth_date: bool,
    /// Whether those who see the profile see first and last name.
    pub show_names: bool,
    /// Whether they see where somebody is.
    pub show_location: bool,
    /// Whether they see what somebody does.
    pub show_activity: bool,
    /// Whether they see who follows whom, and how many.
    pub show_follows: bool,
}

impl Default for Privacy {
    fn default() -> Self {
        Self {
            profile: Visibility::Public,
            show_email: false,
            show_birth_date: false,
            show_names: false,
            show_location: true,
            show_activity: true,
            show_follows: true,
        }
    }
}

/// Who sees a profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// Those who follow, and only those who were let in do. Others see by what name and picture to ask.
    Followers,
    /// Nobody. To others there is no such user.
    Private,
}

impl Visibility {
    /// It as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Followers => "followers",
            Self::Private => "private",
        }
    }
}

/// How pages look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
    /// As the device has it.
    System,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $error:ident($text:literal), $sound:ident, $schema:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(Box<str>);

        #[doc = concat!("A text is no [`", stringify!($name), "`].")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error($text)]
        pub struct $error;

        impl $name {
            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                if $sound(text) { Ok(Self(text.into())) } else { Err($error) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!("gravity_auth::", stringify!($name)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

names! {
    /// A language, as BCP 47 writes it: `en`, `pt-BR`, `zh-Hant-TW`.
    Language, LanguageError("must be a language such as `en` or `pt-BR`"), is_language,
        json_schema!({ "type": "string", "maxLength": 35, "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$" });
    /// A time zone by its name in the database of time zones: `UTC`, `Europe/Berlin`.
    ZoneName, ZoneNameError("must be a time zone such as `Europe/Berlin`"), is_zone,
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z][A-Za-z0-9_+/-]*$" });
}

fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    text.len() <= 35
        && (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn is_zone(text: &str) -> bool {
    let is_name = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-/".contains(&byte));
    is_name && jiff::tz::TimeZone::get(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for text in ["en", "pt-BR", "zh-Hant-TW", "gsw"] {
            assert!(text.parse::<Language>().is_ok(), "{text}");
        }
        for text in ["", "e", "english", "en_US", "en-", "-en", "en-\u{e9}\u{e9}", "en-toolongpart"] {
            assert_eq!(text.parse::<Language>(), Err(LanguageError), "{text}");
        }
        for text in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"] {
            assert!(text.parse::<ZoneName>().is_ok(), "{text}");
        }
        for text in ["", "Mars/Olympus", "../etc/passwd", "Europe/Berlin\0", "+02:00"] {
            assert_eq!(text.parse::<ZoneName>(), Err(ZoneNameError), "{text}");
        }
    }

    #[test]
    fn who_has_chosen_nothing_gets_this() {
        let preferences: Preferences = serde_json::from_str("{}").unwrap();
        assert_eq!(preferences, Preferences::default());
        assert_eq!((preferences.language.as_str(), preferences.timezone.as_str()), ("en", "UTC"));
        assert_eq!(preferences.theme, Theme::Light);
        assert!(preferences.email_notifications, "mail comes");
        assert!(!preferences.sms_notifications, "text messages do not");
        assert!(preferences.push_notifications, "news to devices does");
    }

    #[test]
    fn what_is_not_said_is_not_shown() {
        let privacy: Privacy = serde_json::from_str("{}").unwrap();
        assert!(!privacy.show_email && !privacy.show_birth_date && !privacy.show_names);
    }
}
