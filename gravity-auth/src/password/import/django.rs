//! Django: PBKDF2 by HMAC with SHA-256, as `pbkdf2_sha256$passes$salt$hash`.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gravity_core::security::password::PasswordError;
use ring::pbkdf2;

/// The most passes that are worked on: some seconds.
const MOST: u32 = 4_000_000;

/// A hash of Django.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Django {
    passes: NonZeroU32,
    salt: Box<str>,
    hash: [u8; 32],
}

impl Django {
    /// Reads what follows the algorithm's name.
    pub(super) fn read(text: &str) -> Result<Self, PasswordError> {
        let hash = Self::parts(text).ok_or(PasswordError::Malformed)?;
        if hash.passes.get() > MOST { Err(PasswordError::Excessive) } else { Ok(hash) }
    }

    fn parts(text: &str) -> Option<Self> {
        let mut parts = text.split('$');
        let (passes, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let is_sound = parts.next().is_none()
            && !salt.is_empty()
            && passes.bytes().all(|byte| byte.is_ascii_digit())
            && !passes.starts_with('0');
        let hash = STANDARD.decode(hash).ok()?.try_into().ok()?;
        is_sound.then_some(Self { passes: passes.parse().ok()?, salt: salt.into(), hash })
    }

    pub(super) fn matches(&self, password: &str) -> bool {
        let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
        pbkdf2::verify(algorithm, self.passes, self.salt.as_bytes(), password.as_bytes(), &self.hash).is_ok()
    }
}
