//! [`RefreshTokens`]: tokens that a session is renewed by, of which nothing secret is kept.

use std::fmt;

use gravity_core::security::KeyRing;
use gravity_core::security::mac::{Mac, MacKeys};
use gravity_core::{Secret, SecretString};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::base64url;

const PREFIX: &str = "gvr_";
const CONTEXT: &str = "auth.refresh_token";

/// The form of what follows the prefix.
const VERSION: u8 = 1;

/// The version, a session, a generation; behind it a MAC and a checksum.
const HEAD: usize = 1 + 16 + 4;
const CHECK: usize = 4;

/// The MAC has the length of its key's name, the name (1 to 32) and 32 bytes.
const LONGEST: usize = HEAD + 1 + 32 + 32 + CHECK;

/// Makes and verifies refresh tokens.
///
/// A token is `gvr_` and, in base64url, the session, its generation, and the MAC of both and of the session's
/// random seed. The session's row holds the seed and the current generation. So every generation of a session is
/// known to be genuine without a table of old tokens, and neither the rows alone nor the keys alone make one.
///
/// It decides nothing: whether a genuine token is the current one, the one before, or was used before and
/// means theft, the session's row says.
///
/// ```
/// use gravity_auth::jwt::{RefreshToken, RefreshTokens};
/// use gravity_core::security::{Key, KeyRing};
/// use gravity_core::{Clock, Secret};
///
/// let tokens = RefreshTokens::new(&KeyRing::new(Key::generate("2026-01").unwrap()));
/// let (seed, session) = (RefreshTokens::seed(), Clock::system().uuid());
///
/// let text = tokens.make(&seed, session, 3);
/// let token = RefreshToken::parse(text.expose()).unwrap();
/// assert_eq!((token.session(), token.generation()), (session, 3));
/// assert!(tokens.verify(&seed, &token));
/// assert!(!tokens.verify(&Secret::new([0; 32]), &token));
/// ```
#[derive(Clone, Debug)]
pub struct RefreshTokens {
    keys: MacKeys,
}

/// A text that has the form of a refresh token, and its checksum. Whether it is genuine
/// [`RefreshTokens::verify`] says, with the seed of its session.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    session: Uuid,
    generation: u32,
    mac: Mac,
}

/// A text that is no refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no refresh token")]
pub struct WrongRefreshToken;

impl RefreshTokens {
    /// Tokens by the keys of a ring: the newest makes them, all verify.
    pub fn new(ring: &KeyRing) -> Self {
        Self { keys: MacKeys::new(ring) }
    }

    /// The seed of a new session: 32 random bytes.
    ///
    /// # Panics
    /// When the system gives no random bytes.
    #[expect(clippy::expect_used, reason = "without randomness from the system no session is safe: stop")]
    pub fn seed() -> Secret<[u8; 32]> {
        let mut seed = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(&mut *seed).expect("the system gives random bytes");
        Secret::new(*seed)
    }

    /// The token of this generation of a session. The same again, as long as the newest key is the same.
    pub fn make(&self, seed: &Secret<[u8; 32]>, session: Uuid, generation: u32) -> SecretString {
        let mut bytes = Vec::with_capacity(LONGEST);
        bytes.push(VERSION);
        bytes.extend(session.as_bytes());
        bytes.extend(generation.to_be_bytes());
        bytes.extend(self.keys.sign(CONTEXT, message(seed, session, generation).expose()).to_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        let mut text = String::with_capacity(PREFIX.len() + bytes.len() / 3 * 4 + 4);
        text.push_str(PREFIX);
        base64url::encode_onto(bytes, &mut text);
        SecretString::new(text)
    }

    /// Whether this token was made for a session with this seed, by one of the keys. In constant time.
    pub fn verify(&self, seed: &Secret<[u8; 32]>, token: &RefreshToken) -> bool {
        let message = message(seed, token.session, token.generation);
        self.keys.verify(CONTEXT, message.expose(), &token.mac)
    }
}

/// All parts have a fixed length, so no two messages are the same bytes.
fn message(seed: &Secret<[u8; 32]>, session: Uuid, generation: u32) -> Secret<Vec<u8>> {
    let parts = [seed.expose().as_slice(), session.as_bytes(), &generation.to_be_bytes()];
    Secret::new(parts.concat())
}

impl RefreshToken {
    /// Reads a token, white space around it forgiven. What is cut short, mistyped or made up is refused before
    /// any row is looked for.
    pub fn parse(text: &str) -> Result<Self, WrongRefreshToken> {
        let mut room = [0; LONGEST + 3];
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(WrongRefreshToken)?;
        let bytes = base64url::decode_into(encoded, &mut room).ok_or(WrongRefreshToken)?;
        Self::read(bytes).ok_or(WrongRefreshToken)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (body, check) = bytes.split_last_chunk::<CHECK>()?;
        if crc32fast::hash(body).to_be_bytes() != *check {
            return None;
        }
        let (version, rest) = body.split_first()?;
        let (session, rest) = rest.split_first_chunk::<16>()?;
        let (generation, mac) = rest.split_first_chunk::<4>()?;
        (*version == VERSION).then_some(())?;
        Some(Self {
            session: Uuid::from_bytes(*session),
            generation: u32::from_be_bytes(*generation),
            mac: Mac::from_bytes(mac).ok()?,
        })
    }

    /// The session it says it is of.
    pub const fn session(&self) -> Uuid {
        self.session
    }

    /// The generation it says it is.
    pub const fn generation(&self) -> u32 {
        self.generation
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken")
            .field("session", &self.session)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use gravity_core::security::Key;
    use proptest::prelude::*;

    use super::*;

    fn tokens(byte: u8) -> RefreshTokens {
        RefreshTokens::new(&KeyRing::new(Key::new("k", &[byte; 32]).unwrap()))
    }

    fn seed(byte: u8) -> Secret<[u8; 32]> {
        Secret::new([byte; 32])
    }

    #[test]
    fn a_replaced_key_still_verifies_and_a_removed_one_does_not() {
        let (old, new) = (Key::new("old", &[1; 32]).unwrap(), Key::new("new", &[2; 32]).unwrap());
        let text = RefreshTokens::new(&KeyRing::new(old.clone())).make(&seed(7), Uuid::max(), u32::MAX);
        let token = RefreshToken::parse(text.expose()).unwrap();
        let ring = KeyRing::new(new.clone());
        assert!(RefreshTokens::new(&ring.clone().with_earlier(old).unwrap()).verify(&seed(7), &token));
        assert!(!RefreshTokens::new(&ring).verify(&seed(7), &token));
        assert_ne!(RefreshTokens::seed(), RefreshTokens::seed());
        assert_ne!(RefreshTokens::seed(), seed(0));
        assert!(!format!("{token:?} {text:?}").contains(&text.expose()[20..]));
    }

    #[test]
    fn the_longest_name_of_a_key_fits() {
        let ring = KeyRing::new(Key::generate(&"k".repeat(32)).unwrap());
        let tokens = RefreshTokens::new(&ring);
        let text = tokens.make(&seed(1), Uuid::nil(), 0);
        assert!(tokens.verify(&seed(1), &RefreshToken::parse(text.expose()).unwrap()));
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was_made(session: u128, generation: u32, byte: u8) {
            let session = Uuid::from_u128(session);
            let text = tokens(1).make(&seed(byte), session, generation);
            let token = RefreshToken::parse(&format!(" {}\n", text.expose())).unwrap();
            prop_assert_eq!((token.session(), token.generation()), (session, generation));
            prop_assert!(tokens(1).verify(&seed(byte), &token));
            prop_assert!(!tokens(2).verify(&seed(byte), &token));
            prop_assert!(!tokens(1).verify(&seed(byte.wrapping_add(1)), &token));
            prop_assert_eq!(tokens(1).make(&seed(byte), session, generation), text);
        }

        #[test]
        fn says_nothing_that_was_not_signed(session: u128, generation in 0..u32::MAX, at in 0..21_usize, bit in 0..8) {
            let text = tokens(1).make(&seed(3), Uuid::from_u128(session), generation);
            let mut bytes = base64url::decode(&text.expose()[4..]).unwrap();
            bytes[at] ^= 1_u8 << bit;
            let body = bytes.len() - CHECK;
            let check = crc32fast::hash(&bytes[..body]).to_be_bytes();
            bytes[body..].copy_from_slice(&check);
            // With a checksum that fits it may be read, and is genuine for nobody.
            if let Ok(token) = RefreshToken::parse(&format!("gvr_{}", base64url::encode(&bytes))) {
                prop_assert!(!tokens(1).verify(&seed(3), &token));
            }
        }

        #[test]
        fn one_wrong_symbol_shows(session: u128, at in 4..80_usize, other in "[0-9A-Za-z_-]") {
            let text = tokens(1).make(&seed(3), Uuid::from_u128(session), 1).expose().to_owned();
            let at = at.min(text.len() - 1);
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            prop_assert_eq!(RefreshToken::parse(&changed).is_ok(), changed == text);
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            prop_assert!(RefreshToken::parse(&text).is_err());
            let prefixed = format!("gvr_{text}");
            prop_assert!(RefreshToken::parse(&prefixed).is_err());
        }
    }
}
