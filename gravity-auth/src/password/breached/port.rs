//! [`BreachedPasswords`]: passwords that others have lost, asked for without telling which one is meant.

use std::fmt::Write as _;

use async_trait::async_trait;
use gravity_core::{Error, SecretString};
use sha1::{Digest, Sha1};

/// Knows passwords that were in breaches, by the first characters of their hash (k-anonymity).
///
/// It is told five hexadecimal digits of the SHA-1 of a password and returns how all hashes go on that begin so: 35
/// digits each, in upper case. Hundreds of them do, so whoever answers does not learn the password. That is the
/// interface of the well-known service for it; a file of one's own does as well.
#[async_trait]
pub trait BreachedPasswords: Send + Sync + 'static {
    /// How the hashes go on that begin so.
    async fn suffixes(&self, prefix: &HashPrefix) -> Result<Vec<String>, Error>;
}

/// Knows none. [`PasswordRules`](crate::password::PasswordRules) refuses the most common ones by itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBreaches;

#[async_trait]
impl BreachedPasswords for NoBreaches {
    async fn suffixes(&self, _: &HashPrefix) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }
}

/// The first five hexadecimal digits of the SHA-1 of a password, in upper case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashPrefix(String);

impl HashPrefix {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a password is known to have been in a breach.
pub(in crate::password) async fn is_breached(
    known: &dyn BreachedPasswords,
    password: &SecretString,
) -> Result<bool, Error> {
    let (prefix, suffix) = split(password);
    let suffixes = known.suffixes(&prefix).await?;
    Ok(suffixes.iter().any(|other| other.eq_ignore_ascii_case(&suffix)))
}

fn split(password: &SecretString) -> (HashPrefix, String) {
    let mut hex = String::with_capacity(40);
    for byte in Sha1::digest(password.expose().as_bytes()) {
        // Writing to a text does not fail.
        let _ = write!(hex, "{byte:02X}");
    }
    let suffix = hex.split_off(5);
    (HashPrefix(hex), suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_split_where_the_service_splits_it() {
        // FIPS 180, as everybody knows it: SHA-1 of "password".
        let (prefix, suffix) = split(&"password".into());
        assert_eq!((prefix.as_str(), suffix.as_str()), ("5BAA6", "1E4C9B93F3F0682250B6CF8331B7EE68FD8"));
    }
}
