//! [`Identity`].

use serde_json::Value;

use crate::domain::EmailAddress;

/// The longest name that is taken over, in characters.
const LONGEST_NAME: usize = 100;

/// Whose account it is at a provider.
///
/// An account is known by provider, issuer and subject, and by nothing else: addresses and names change hands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The provider's name here.
    pub provider: String,
    /// The issuer: one of several where the provider has many, such as Microsoft's tenants.
    pub issuer: String,
    /// The name of the account there, which never changes: 1 to 255 bytes.
    pub subject: String,
    /// The address of the account.
    pub email: Option<EmailAddress>,
    /// Whether the provider says that the address is the account's owner's. Where it says nothing it is not.
    pub email_verified: bool,
    /// What its owner is called.
    pub name: Option<String>,
    /// A picture of its owner, at an address of `https`. It is the provider's word, or its user's: fetch it by an
    /// outgoing client only.
    pub avatar_url: Option<String>,
}

/// Whether this is a subject: 1 to 255 bytes (OpenID Connect Core, section 2), none of them a control character.
pub(super) fn subject(text: &str) -> Option<String> {
    let is_fit = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
    is_fit.then(|| text.to_owned())
}

/// A name without what could hurt, and not too long; `None` for an empty one.
pub(super) fn name(text: &str) -> Option<String> {
    let clean: String = text.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

/// An address of a picture.
pub(super) fn avatar_url(text: &str) -> Option<String> {
    let is_fit = text.len() <= 2_048 && text.starts_with("https://") && text.parse::<http::Uri>().is_ok();
    is_fit.then(|| text.to_owned())
}

/// An address, and whether it is verified: `true`, or the text that Apple writes for it.
pub(super) fn email(address: Option<&str>, verified: Option<&Value>) -> (Option<EmailAddress>, bool) {
    let email: Option<EmailAddress> = address.and_then(|address| address.parse().ok());
    let verified = email.is_some() && is_true(verified);
    (email, verified)
}

pub(super) fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_verified_only_if_it_says_so() {
        for (verified, expected) in [
            (Some(json!(true)), true),
            (Some(json!("true")), true),
            (Some(json!(false)), false),
            (Some(json!("false")), false),
            (Some(json!("TRUE")), false),
            (Some(json!(1)), false),
            (Some(json!(null)), false),
            (None, false),
        ] {
            assert_eq!(email(Some("ada@example.org"), verified.as_ref()).1, expected, "{verified:?}");
        }
        assert_eq!(email(Some("no address"), Some(&json!(true))), (None, false));
        assert_eq!(email(None, Some(&json!(true))), (None, false));
    }

    #[test]
    fn texts_of_the_provider_are_bounded() {
        assert_eq!(name(" \u{7}Ada\0 Lovelace\n"), Some("Ada Lovelace".to_owned()));
        assert_eq!(name(&"ä".repeat(1_000)).unwrap().chars().count(), 100);
        assert_eq!(name(" \n"), None);
        assert_eq!(subject(""), None);
        assert_eq!(subject("a\0"), None);
        assert_eq!(subject(&"x".repeat(256)), None);
        for url in ["http://a/b", "javascript:alert(1)", "https://a b", "data:image/png;base64,AAAA", "//a/b"]
        {
            assert_eq!(avatar_url(url), None, "{url}");
        }
        assert!(avatar_url("https://example.org/a.png?size=1").is_some());
    }
}
