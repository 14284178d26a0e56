//! [`Token`].

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::random;
use crate::secret::SecretString;

/// A random text that opens something to whoever has it.
///
/// It prints as `[secret]`, and compares in constant time. Keep its [`Mac`](crate::security::mac::Mac)
/// and not itself.
///
/// ```
/// use gravity_core::security::token::Token;
///
/// let token = Token::generate(32);
/// assert_eq!(token.expose().len(), 43);
/// assert_eq!(format!("{token:?}"), "Token([secret])");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(SecretString);

impl Token {
    /// So many random bytes, at least 16, as base64url without padding.
    ///
    /// 16 bytes cannot be guessed; 32 cannot be guessed by anyone for as long as anyone may care.
    pub fn generate(bytes: usize) -> Self {
        let mut random = Zeroizing::new(vec![0; bytes.max(16)]);
        random::fill(&mut random);
        Self(SecretString::new(URL_SAFE_NO_PAD.encode(&*random)))
    }

    pub(super) fn of(text: String) -> Self {
        Self(SecretString::new(text))
    }

    /// The text. Each call is a place to ask where it goes from there.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl AsRef<[u8]> for Token {
    fn as_ref(&self) -> &[u8] {
        self.expose().as_bytes()
    }
}
