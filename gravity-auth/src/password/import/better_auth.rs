//! better-auth: scrypt, as salt and hash in hexadecimal.

use data_encoding::HEXLOWER_PERMISSIVE;
use gravity_core::security::constant_time_eq;
use gravity_core::security::password::PasswordError;
use scrypt::Params;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// 2 to the power of this is N; the settings are always these.
const LOG_N: u8 = 14;
const R: u32 = 16;
const P: u32 = 1;

/// A hash of better-auth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BetterAuth {
    /// The text is the salt, not the bytes that it stands for.
    salt: Box<str>,
    hash: [u8; 64],
}

impl BetterAuth {
    pub(super) fn read(text: &str) -> Result<Self, PasswordError> {
        Self::parts(text).ok_or(PasswordError::Malformed)
    }

    fn parts(text: &str) -> Option<Self> {
        let (salt, hash) = text.split_once(':')?;
        let is_salt = salt.len() == 32 && salt.bytes().all(|byte| byte.is_ascii_hexdigit());
        let hash = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok()?.try_into().ok()?;
        is_salt.then(|| Self { salt: salt.into(), hash })
    }

    pub(super) fn matches(&self, password: &str) -> bool {
        // Held to the most that normalisation can need, so that no copy is left behind when it grows.
        let mut normal = Zeroizing::new(String::with_capacity(11 * password.len()));
        normal.extend(password.nfkc());
        let mut hash = Zeroizing::new([0; 64]);
        let made = Params::new(LOG_N, R, P).is_ok_and(|params| {
            scrypt::scrypt(normal.as_bytes(), self.salt.as_bytes(), &params, &mut *hash).is_ok()
        });
        made && constant_time_eq(*hash, self.hash)
    }
}
