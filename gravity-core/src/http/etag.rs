//! [`ETag`]: the name of one version of a resource.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use sha2::{Digest, Sha256};

/// The name of one version of a resource (RFC 9110, section 8.8.3).
///
/// A strong one changes with every byte; a weak one only when the meaning does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag {
    weak: bool,
    tag: Box<str>,
}

impl ETag {
    /// A strong tag: its text stands between quotes on the wire. `None` where the text holds a quote, a
    /// space, a control character or anything outside ASCII.
    pub fn strong(tag: &str) -> Option<Self> {
        tag.bytes().all(allowed).then(|| Self { weak: false, tag: tag.into() })
    }

    /// A weak tag.
    pub fn weak(tag: &str) -> Option<Self> {
        Self::strong(tag).map(Self::weakened)
    }

    /// The strong tag of these bytes: 128 bits of their SHA-256.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let tag = URL_SAFE_NO_PAD.encode(digest.get(..16).unwrap_or_default());
        Self { weak: false, tag: tag.into() }
    }

    /// The strong tag of a version number, such as a row keeps one.
    pub fn of_version(version: u64) -> Self {
        Self { weak: false, tag: format!("v{version}").into() }
    }

    /// The weak form of this tag.
    #[must_use]
    pub fn weakened(self) -> Self {
        Self { weak: true, ..self }
    }

    /// Whether it is weak.
    pub fn is_weak(&self) -> bool {
        self.weak
    }

    /// Reads `"tag"` or `W/"tag"`.
    pub fn parse(text: &str) -> Option<Self> {
        let (weak, quoted) = text.strip_prefix("W/").map_or((false, text), |quoted| (true, quoted));
        let tag = quoted.strip_prefix('"')?.strip_suffix('"')?;
        tag.bytes().all(allowed).then(|| Self { weak, tag: tag.into() })
    }

    /// Whether both name the same bytes: neither is weak.
    pub fn same_bytes(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.tag == other.tag
    }

    /// Whether both name the same meaning.
    pub fn same_meaning(&self, other: &Self) -> bool {
        self.tag == other.tag
    }

    /// As a header carries it.
    pub(crate) fn header(&self) -> HeaderValue {
        // Every constructor admits visible ASCII only, which a header value may hold.
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

fn allowed(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"'
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\"{}\"", if self.weak { "W/" } else { "" }, self.tag)
    }
}
