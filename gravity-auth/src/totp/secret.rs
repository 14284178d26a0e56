//! [`TotpSecret`].

use data_encoding::BASE32_NOPAD;
use gravity_core::{Secret, SecretString};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::TotpAlgorithm;

/// How many bytes a secret has at least (RFC 4226, section 4) and at most.
const LEAST: usize = 16;
const MOST: usize = 128;

/// What an authenticator app and the server share. It never prints, and is wiped when it is dropped.
///
/// Both sides compute with it, so it cannot be hashed: keep it sealed
/// ([`Vault`](gravity_core::security::envelope::Vault)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpSecret(Secret<Vec<u8>>);

/// Why something is no secret of an authenticator app. It never says what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TotpSecretError {
    /// It has not 16 to 128 bytes.
    #[error("a secret has {LEAST} to {MOST} bytes")]
    Length,
    /// The text is not base 32.
    #[error("the secret is not written in base 32")]
    Base32,
    /// The system gives no random bytes.
    #[error("the secret could not be made")]
    Failed,
}

impl TotpSecret {
    /// A new secret, as long as the hash.
    pub fn generate(algorithm: TotpAlgorithm) -> Result<Self, TotpSecretError> {
        let mut bytes = Zeroizing::new(vec![0; algorithm.secret_length()]);
        SystemRandom::new().fill(&mut bytes).map_err(|_| TotpSecretError::Failed)?;
        Ok(Self(Secret::new(std::mem::take(&mut *bytes))))
    }

    /// The secret of these bytes, 16 to 128.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TotpSecretError> {
        if !(LEAST..=MOST).contains(&bytes.len()) {
            return Err(TotpSecretError::Length);
        }
        Ok(Self(Secret::new(bytes.to_vec())))
    }

    /// Reads base 32 (RFC 4648) as people type it: in any case, with spaces, hyphens and padding or without.
    pub fn from_base32(text: &str) -> Result<Self, TotpSecretError> {
        if text.len() > 4 * MOST {
            return Err(TotpSecretError::Length);
        }
        // Held to its room from the start, so that no copy is left behind when it grows.
        let mut symbols = Zeroizing::new(Vec::with_capacity(text.len()));
        let is_passed_over = |byte: &u8| matches!(byte, b' ' | b'-');
        let text = text.trim().trim_end_matches('=');
        symbols
            .extend(text.bytes().filter(|byte| !is_passed_over(byte)).map(|byte| byte.to_ascii_uppercase()));
        let mut bytes = Zeroizing::new(vec![0; symbols.len()]);
        let room = BASE32_NOPAD.decode_len(symbols.len()).map_err(|_| TotpSecretError::Base32)?;
        let target = bytes.get_mut(..room).ok_or(TotpSecretError::Base32)?;
        let length = BASE32_NOPAD.decode_mut(&symbols, target).map_err(|_| TotpSecretError::Base32)?;
        Self::from_bytes(bytes.get(..length).unwrap_or_default())
    }

    /// The secret in base 32, for an app that cannot read the QR code.
    pub fn to_base32(&self) -> SecretString {
        SecretString::new(BASE32_NOPAD.encode(self.expose()))
    }

    /// The bytes. Each call is a place to ask where they go from there.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn base_32_by_its_published_vectors() {
        // RFC 4648, section 10, doubled until it is long enough to be a secret.
        let secret = TotpSecret::from_bytes(b"foobarfoobarfoobarfo").unwrap();
        let text = secret.to_base32();
        assert_eq!(text.expose(), "MZXW6YTBOJTG633CMFZGM33PMJQXEZTP");
        for typed in [
            "mzxw6ytbojtg633cmfzgm33pmjqxeztp",
            " MZXW 6YTB OJTG 633C MFZG M33P MJQX EZTP ",
            "mzxw-6ytb-ojtg-633c-mfzg-m33p-mjqx-eztp",
            "MZXW6YTBOJTG633CMFZGM33PMJQXEZTP======",
        ] {
            assert_eq!(TotpSecret::from_base32(typed).unwrap(), secret, "{typed}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        use TotpSecretError::{Base32, Length};
        for (text, error) in [
            (String::new(), Length),
            ("MZXW6YTBOJTG633CMFZGM33P".into(), Length),
            ("A".repeat(1 << 20), Length),
            ("A".repeat(216), Length),
            ("MZXW6YTBOJTG633CMFZGM33PMJQXEZT1".into(), Base32),
            ("MZXW6YTBOJTG633CMFZGM33PMJQXEZTä".into(), Base32),
            ("MZXW6YTBOJTG633CMFZGM33PMJQXEZTP\0".into(), Base32),
            ("MZXW6YTBOJTG633CMFZGM33PMJQ=XEZTP".into(), Base32),
            // Bits that belong to no byte.
            ("MZXW6YTBOJTG633CMFZGM33PMJR".into(), Base32),
        ] {
            assert_eq!(TotpSecret::from_base32(&text), Err(error), "{text:.40}");
        }
        assert_eq!(TotpSecret::from_bytes(&[0; 15]), Err(Length));
        assert_eq!(TotpSecret::from_bytes(&[0; 129]), Err(Length));
    }

    #[test]
    fn a_new_one_is_as_long_as_the_hash_and_does_not_print() {
        for (algorithm, length) in
            [(TotpAlgorithm::Sha1, 20), (TotpAlgorithm::Sha256, 32), (TotpAlgorithm::Sha512, 64)]
        {
            let secret = TotpSecret::generate(algorithm).unwrap();
            assert_eq!(secret.expose().len(), length);
            assert_ne!(secret, TotpSecret::generate(algorithm).unwrap());
            assert_eq!(format!("{secret:?}"), "TotpSecret([secret])");
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(bytes in prop::collection::vec(any::<u8>(), LEAST..=MOST)) {
            let secret = TotpSecret::from_bytes(&bytes).unwrap();
            prop_assert_eq!(TotpSecret::from_base32(secret.to_base32().expose()), Ok(secret));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = TotpSecret::from_base32(&text);
        }
    }
}
