//! [`TokenKind`]: tokens that say what they are, and whether they were copied right.

use zeroize::Zeroizing;

use super::Token;
use crate::random;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 43 symbols of 62 hold 256 bits.
const RANDOM_LENGTH: usize = 43;

/// 6 symbols of 62 hold the 32 bits of a CRC.
const CHECK_LENGTH: usize = 6;

/// A kind of token, by its prefix: `grv_pat_` and 49 letters and digits, the last 6 a checksum.
///
/// The prefix lets people and secret scanners see what they have found, and the checksum tells a token
/// from a typing error or an invention before the database is asked. It is no signature.
///
/// ```
/// use gravity_core::security::token::TokenKind;
///
/// const ACCESS: TokenKind = TokenKind::new("grv_pat");
///
/// let token = ACCESS.generate();
/// assert!(token.expose().starts_with("grv_pat_"));
/// assert_eq!(ACCESS.parse(token.expose()).unwrap(), token);
/// assert!(ACCESS.parse("grv_pat_nonsense").is_err());
/// ```
///
/// ```compile_fail
/// # use gravity_core::security::token::TokenKind;
/// const WRONG: TokenKind = TokenKind::new("Grv-");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenKind {
    prefix: &'static str,
}

/// A prefix that is none: 1 to 32 of `a-z 0-9 _`, with a letter or digit at either end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token's prefix has 1 to 32 of a-z, 0-9 and, inside, _")]
pub struct TokenKindError;

/// A text that is no token of this kind: another prefix, another length, or a checksum that is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no such token")]
pub struct WrongToken;

impl TokenKind {
    /// The kind with this prefix; one that may not be fails to compile, in a constant.
    ///
    /// # Panics
    /// If the prefix is not 1 to 32 of `a-z 0-9 _`, with a letter or digit at either end.
    pub const fn new(prefix: &'static str) -> Self {
        match Self::try_new(prefix) {
            Ok(kind) => kind,
            Err(_) => panic!("a token's prefix has 1 to 32 of a-z, 0-9 and, inside, _"),
        }
    }

    /// The kind with this prefix.
    pub const fn try_new(prefix: &'static str) -> Result<Self, TokenKindError> {
        let bytes = prefix.as_bytes();
        if bytes.is_empty() || bytes.len() > 32 || bytes[0] == b'_' || bytes[bytes.len() - 1] == b'_' {
            return Err(TokenKindError);
        }
        let mut at = 0;
        while at < bytes.len() {
            if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_') {
                return Err(TokenKindError);
            }
            at += 1;
        }
        Ok(Self { prefix })
    }

    /// What tokens of this kind begin with, before the `_`.
    pub const fn prefix(self) -> &'static str {
        self.prefix
    }

    /// A new token, of 256 random bits.
    pub fn generate(self) -> Token {
        let secret = Zeroizing::new(random::text(BASE62, RANDOM_LENGTH));
        let mut text = String::with_capacity(self.prefix.len() + 1 + RANDOM_LENGTH + CHECK_LENGTH);
        text.push_str(self.prefix);
        text.push('_');
        text.push_str(&secret);
        let check = checksum(&text);
        text.push_str(&check);
        Token::of(text)
    }

    /// Reads a token, white space around it forgiven. Whether it was ever given out is for a store to say.
    pub fn parse(self, text: &str) -> Result<Token, WrongToken> {
        let text = text.trim();
        let rest =
            text.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(WrongToken)?;
        let is_sound = rest.len() == RANDOM_LENGTH + CHECK_LENGTH
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text.ends_with(&checksum(&text[..text.len() - CHECK_LENGTH]));
        if is_sound { Ok(Token::of(text.to_owned())) } else { Err(WrongToken) }
    }
}

fn checksum(text: &str) -> String {
    let mut left = crc32fast::hash(text.as_bytes());
    let mut symbols = [b'0'; CHECK_LENGTH];
    for symbol in symbols.iter_mut().rev() {
        *symbol = BASE62[(left % 62) as usize];
        left /= 62;
    }
    symbols.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KIND: TokenKind = TokenKind::new("grv_test");

    #[test]
    fn is_checked_before_any_store_is_asked() {
        let token = KIND.generate();
        let text = token.expose();
        assert_eq!(KIND.parse(&format!(" {text}\n")).unwrap(), token);
        assert_ne!(KIND.generate(), token);
        assert!(TokenKind::new("grv").parse(text).is_err());
        assert!(TokenKind::new("grv_tes").parse(text).is_err());
        for bad in ["", "grv_test", "grv_test_", &text[1..], &text[..text.len() - 1], &format!("{text}0")] {
            assert!(KIND.parse(bad).is_err(), "{bad}");
        }
        assert!(KIND.parse(&format!("grv_test_{}", "ä".repeat(24) + "0")).is_err());
        assert!(KIND.parse(&format!("grv_test_0{}", "ä".repeat(24))).is_err());
    }

    #[test]
    fn a_prefix_is_checked() {
        for bad in ["", "_a", "a_", "A", "a-b", "ä", "a b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(TokenKind::try_new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_checksum_is_crc_32() {
        // 0xCBF43926, the check value of the catalogue, in base 62.
        assert_eq!(checksum("123456789"), "3jZRME");
    }

    proptest! {
        #[test]
        fn one_wrong_symbol_shows(at in 0..43 + 6_usize, other in "[0-9A-Za-z]") {
            let text = KIND.generate().expose().to_owned();
            let at = "grv_test_".len() + at;
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            prop_assert_eq!(KIND.parse(&changed).is_ok(), changed == text);
        }

        #[test]
        fn two_symbols_the_wrong_way_round_show(at in 0..42 + 6_usize) {
            let text = KIND.generate().expose().to_owned();
            let at = "grv_test_".len() + at;
            let mut bytes = text.clone().into_bytes();
            bytes.swap(at, at + 1);
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(KIND.parse(&changed).is_ok(), changed == text);
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            prop_assert!(KIND.parse(&text).is_err());
            let prefixed = format!("grv_test_{text}");
            prop_assert!(KIND.parse(&prefixed).is_err());
        }
    }
}
