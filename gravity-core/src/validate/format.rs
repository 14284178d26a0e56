//! The formats of strings that are checked; any other format is but a remark.

use std::net::{Ipv4Addr, Ipv6Addr};

use uuid::Uuid;

use crate::time::is_rfc3339;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    DateTime,
    Date,
    Uuid,
    Email,
    Uri,
    Ipv4,
    Ipv6,
}

impl Format {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "date-time" => Self::DateTime,
            "date" => Self::Date,
            "uuid" => Self::Uuid,
            "email" => Self::Email,
            "uri" => Self::Uri,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            _ => return None,
        })
    }

    pub(super) fn matches(self, text: &str) -> bool {
        match self {
            Self::DateTime => is_rfc3339(text),
            Self::Date => is_date(text),
            Self::Uuid => text.len() == 36 && Uuid::try_parse(text).is_ok(),
            Self::Email => is_email(text),
            Self::Uri => is_uri(text),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
        }
    }

    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::DateTime => "a date and time such as `2026-03-01T09:30:00Z`",
            Self::Date => "a date such as `2026-03-01`",
            Self::Uuid => "a UUID with hyphens",
            Self::Email => "an email address",
            Self::Uri => "a URI with a scheme",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
        }
    }
}

fn is_date(text: &str) -> bool {
    let shape = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    shape && text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// An address as mail systems take it: dot-separated words, `@`, a host name. Quoted words and
/// addresses without a host are refused; letters of any script are not.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let local_is_sound = local.len() <= 64
        && local.split('.').all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|letter| letter.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter))
        });
    let domain_is_sound = domain.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    });
    text.len() <= 254 && local_is_sound && domain_is_sound
}

/// A URI by the characters of RFC 3986: a scheme, and no byte that must be escaped.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let scheme_is_sound = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    if !scheme_is_sound {
        return false;
    }
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    are_uri_bytes(authority, b":@[]") && are_uri_bytes(path, b":@/?#") && {
        // A fragment begins once.
        path.matches('#').count() <= 1
    }
}

fn are_uri_bytes(text: &str, more: &[u8]) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte) || more.contains(byte),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        for (format, good, bad) in [
            ("date", vec!["2024-02-29"], vec!["2023-02-29", "2024-2-1", "+002024-02-29", "20240229"]),
            ("date-time", vec!["2026-03-01T09:30:00Z"], vec!["2026-03-01 09:30:00Z", "2026-03-01"]),
            (
                "uuid",
                vec!["01890a5d-ac96-774b-bcce-b302099a8057"],
                vec!["01890a5dac96774bbcceb302099a8057", "", "01890a5d-ac96-774b-bcce-b302099a805g"],
            ),
            (
                "email",
                vec!["a@b", "jo.e+x@example.com", "jöe@exämple.de", "a@xn--bcher-kva.example"],
                vec!["a", "@b", "a@", "a..b@c", ".a@b", "a@b@c", "a b@c", "a@-b.c", "a@b..c", "a@b\n"],
            ),
            (
                "uri",
                vec!["https://a.b/c?d=e#f", "mailto:a@b", "urn:isbn:1", "http://[::1]:80/", "a:", "x:%20"],
                vec![
                    "",
                    "a",
                    "//a",
                    "/a",
                    "http://a b",
                    "1a:b",
                    "http://a/%zz",
                    "http://a/#b#c",
                    "http://ä",
                    "a:<b>",
                ],
            ),
            ("ipv4", vec!["127.0.0.1"], vec!["127.0.0.01", "256.0.0.1", "1.2.3", "::1"]),
            ("ipv6", vec!["::1", "2001:db8::"], vec!["1.2.3.4", "12345::", "::1%eth0", ":"]),
        ] {
            let format = Format::named(format).unwrap();
            for text in good {
                assert!(format.matches(text), "{format:?} {text}");
            }
            for text in bad {
                assert!(!format.matches(text), "{format:?} {text}");
            }
        }
    }
}
