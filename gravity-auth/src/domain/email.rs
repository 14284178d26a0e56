//! [`EmailAddress`]: an address as it is written, and what makes two of them the same.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

/// An e-mail address, brought into one form before anything is asked of it.
///
/// White space around it goes, unicode is composed (NFC) and the domain becomes lower-case ASCII (IDNA). So two
/// spellings that a mail server cannot tell apart are one address here, in every check, limit and lookup. What
/// providers make of dots and tags is left alone: it is theirs to change.
///
/// Not taken: quoted local parts, comments, domains without a dot, addresses of machines, and anything that is
/// invisible or turns the direction of writing.
///
/// ```
/// use gravity_auth::domain::EmailAddress;
///
/// let address: EmailAddress = " Ada@BÜCHER.example ".parse().unwrap();
/// assert_eq!(address.as_str(), "Ada@xn--bcher-kva.example");
/// assert_eq!(address.key(), "ada@xn--bcher-kva.example");
/// assert!("ada@localhost".parse::<EmailAddress>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    text: Box<str>,
    key: Box<str>,
}

/// A text is no e-mail address that is taken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an e-mail address")]
pub struct EmailError;

impl EmailAddress {
    /// The most bytes an address has (RFC 5321).
    pub const MAX_BYTES: usize = 254;

    /// What stands where somebody's address would, of about the length that addresses have.
    pub(crate) fn nobodys() -> Self {
        let text = "nobody@nobody.invalid";
        Self { text: text.into(), key: text.into() }
    }

    /// The address as mail is sent to it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is the same for two addresses that are: the address in lower case.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The address with most of it hidden, for those who shall recognise it but not learn it: `a***@example.org`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.text.rsplit_once('@').unwrap_or((&self.text, ""));
        format!("{}***@{domain}", local.chars().next().unwrap_or_default())
    }
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        // Far above what can become an address, and far below what costs anything.
        if text.len() > 4 * Self::MAX_BYTES {
            return Err(EmailError);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let local: String = local.nfc().collect();
        let domain = ascii_domain(domain)?;
        if !is_local_part(&local) || local.len() + 1 + domain.len() > Self::MAX_BYTES {
            return Err(EmailError);
        }
        // Compatibility forms (full-width letters, ligatures) look like what they stand for.
        let folded: String = local.nfkc().flat_map(char::to_lowercase).nfkc().collect();
        if !is_local_part(&folded) {
            return Err(EmailError);
        }
        Ok(Self { text: format!("{local}@{domain}").into(), key: format!("{folded}@{domain}").into() })
    }
}

/// The domain in lower-case ASCII, by IDNA with the rules of host names.
fn ascii_domain(domain: &str) -> Result<Cow<'_, str>, EmailError> {
    use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map_err(|_| EmailError)?;
    let top = ascii.rsplit('.').next().unwrap_or_default();
    // An address of a machine is no domain, however it is spelt.
    let is_host = ascii.contains('.') && !top.is_empty() && !top.bytes().all(|byte| byte.is_ascii_digit());
    if is_host { Ok(ascii) } else { Err(EmailError) }
}

/// The dot-atom of RFC 5321, with letters of all scripts as RFC 6531 allows.
fn is_local_part(local: &str) -> bool {
    (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|letter| match letter {
            '!' | '#'..='\'' | '*' | '+' | '-' | '.' | '/' | '=' | '?' | '^'..='`' | '{'..='~' => true,
            letter => letter.is_alphanumeric() && !is_deceiving(letter),
        })
}

/// Letters by name that show nothing.
const fn is_deceiving(letter: char) -> bool {
    matches!(letter, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{00ad}' | '\u{200b}'..='\u{200f}')
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An address is personal: what is printed for debugging hides most of it.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for EmailAddress {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "EmailAddress".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_auth::EmailAddress".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "idn-email", "minLength": 3, "maxLength": Self::MAX_BYTES })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<String> {
        text.parse::<EmailAddress>().ok().map(|address| address.key().to_owned())
    }

    #[test]
    fn spellings_of_one_address_have_one_key() {
        for spellings in [
            &[
                "ada@example.org",
                "  ADA@Example.ORG\n",
                "Ada@example.org",
                "ada@EXAMPLE.org",
                "ada@example。org",
            ][..],
            &["jos\u{e9}@example.org", "JOSE\u{301}@example.org"],
            &[
                "a@b\u{fc}cher.example",
                "a@bu\u{308}cher.example",
                "A@xn--bcher-kva.example",
                "a@XN--BCHER-KVA.example",
            ],
            &["ada@example.org", "\u{ff41}da@example.org"],
        ] {
            let keys: Vec<_> = spellings.iter().map(|text| key(text)).collect();
            assert!(
                keys[0].is_some() && keys.iter().all(|other| *other == keys[0]),
                "{spellings:?}: {keys:?}"
            );
        }
    }

    #[test]
    fn addresses_that_differ_stay_apart() {
        let keys: std::collections::HashSet<_> = [
            "a.b@example.org",
            "ab@example.org",
            "a+b@example.org",
            "ab@example.com",
            "\u{456}a@example.org",
            "ia@example.org",
        ]
        .map(|text| key(text).unwrap())
        .into();
        assert_eq!(keys.len(), 6);
    }

    #[test]
    fn refuses_what_is_no_address() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("{}@{}.org", "a".repeat(64), vec!["b".repeat(60); 4].join("."));
        for text in [
            "",
            "@",
            "a@",
            "@b.c",
            "a",
            "a@b",
            "a@localhost",
            "a b@c.de",
            "a@b c.de",
            "a@@b.de",
            "a@b@c.de",
            ".a@b.de",
            "a.@b.de",
            "a..b@c.de",
            "\"a\"@b.de",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@1.2",
            "a@-b.de",
            "a@b-.de",
            "a@b..de",
            "a@b.de.",
            "a@.de",
            "a\0@b.de",
            "a\n@b.de",
            "a\u{200b}@b.de",
            "a\u{202e}@b.de",
            "\u{3164}@b.de",
            "a@b_c.de",
            "<a@b.de>",
            "a@b.de, c@d.de",
            "a(c)@b.de",
            "a@xn--a.de",
            &long,
            &longer,
        ] {
            assert_eq!(key(text), None, "{text:?}");
        }
    }

    #[test]
    fn reading_what_was_written_changes_nothing() {
        for text in [
            "Ada@example.org",
            "J\u{d6}rg@b\u{fc}cher.example",
            "o'neil+tag@a.co",
            "\u{7528}\u{6237}@\u{4f8b}\u{5b50}.\u{6d4b}\u{8bd5}",
        ] {
            let address: EmailAddress = text.parse().unwrap();
            assert_eq!(address.as_str().parse::<EmailAddress>().unwrap(), address);
            assert_eq!(key(address.key()).as_deref(), Some(address.key()));
        }
    }

    #[test]
    fn debug_hides_it() {
        let address: EmailAddress = "ada.lovelace@example.org".parse().unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(a***@example.org)");
    }
}
