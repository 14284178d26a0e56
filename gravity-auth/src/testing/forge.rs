//! [`sign_anything`].

use gravity_core::SecretString;

use crate::jwt::{SigningKey, sign_parts};

/// A token with this header and these claims, whatever they say, and a signature that holds: to see that
/// it is refused all the same.
///
/// # Panics
/// When the system gives no random bytes.
pub fn sign_anything(key: &SigningKey, header: &[u8], claims: &[u8]) -> SecretString {
    sign_parts(key, header, claims).unwrap()
}
