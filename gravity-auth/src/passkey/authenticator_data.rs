//! What an authenticator says and signs (WebAuthn, section 6.1).

use super::cbor::{self, Value};
use super::credential::CredentialId;
use super::{CredentialKey, PasskeyError};

const MALFORMED: PasskeyError = PasskeyError::Malformed("the authenticator data");

/// The longest that is read.
pub(super) const LONGEST: usize = 4_096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthenticatorData {
    pub(super) site: [u8; 32],
    flags: u8,
    pub(super) counter: u32,
    pub(super) attested: Option<Attested>,
}

/// The credential that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attested {
    pub(super) aaguid: [u8; 16],
    pub(super) id: CredentialId,
    pub(super) key: CredentialKey,
}

impl AuthenticatorData {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PasskeyError> {
        if bytes.len() > LONGEST {
            return Err(MALFORMED);
        }
        let (site, rest) = bytes.split_first_chunk().ok_or(MALFORMED)?;
        let (flags, rest) = rest.split_first().ok_or(MALFORMED)?;
        let (counter, mut rest) = rest.split_first_chunk().ok_or(MALFORMED)?;
        let mut data =
            Self { site: *site, flags: *flags, counter: u32::from_be_bytes(*counter), attested: None };
        // What is backed up was fit to be.
        if data.is_backed_up() && !data.is_backup_eligible() {
            return Err(MALFORMED);
        }
        if flags & 0x40 != 0 {
            let (aaguid, after) = rest.split_first_chunk().ok_or(MALFORMED)?;
            let (length, after) = after.split_first_chunk().ok_or(MALFORMED)?;
            let (id, after) =
                after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(MALFORMED)?;
            let (key, after) = CredentialKey::first(after)?;
            data.attested = Some(Attested { aaguid: *aaguid, id: CredentialId::from_bytes(id)?, key });
            rest = after;
        }
        if flags & 0x80 != 0 {
            let (extensions, after) = cbor::first(rest)?;
            if !matches!(extensions, Value::Map(_)) {
                return Err(MALFORMED);
            }
            rest = after;
        }
        if rest.is_empty() { Ok(data) } else { Err(MALFORMED) }
    }

    pub(super) const fn is_present(&self) -> bool {
        self.flags & 0x01 != 0
    }

    pub(super) const fn is_verified(&self) -> bool {
        self.flags & 0x04 != 0
    }

    pub(super) const fn is_backup_eligible(&self) -> bool {
        self.flags & 0x08 != 0
    }

    pub(super) const fn is_backed_up(&self) -> bool {
        self.flags & 0x10 != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(flags: u8, tail: &[u8]) -> Vec<u8> {
        [&[7; 32][..], &[flags], &[0, 0, 1, 2], tail].concat()
    }

    #[test]
    fn flags_and_counter() {
        let data = AuthenticatorData::read(&bytes(0x1d, &[])).unwrap();
        assert_eq!((data.site, data.counter), ([7; 32], 258));
        assert!(data.is_present() && data.is_verified() && data.is_backup_eligible() && data.is_backed_up());
        assert!(!AuthenticatorData::read(&bytes(0, &[])).unwrap().is_present());
        assert!(AuthenticatorData::read(&bytes(0x81, &[0xa0])).is_ok());
    }

    #[test]
    fn what_is_cut_off_or_too_much_is_refused() {
        let good = bytes(0x01, &[]);
        for length in 0..good.len() {
            assert!(AuthenticatorData::read(&good[..length]).is_err(), "{length}");
        }
        for (flags, tail) in [
            (0x01, &[0][..]),     // something behind it
            (0x10, &[]),          // backed up, and not fit to be
            (0x41, &[]),          // no credential
            (0x41, &[0; 18]),     // a credential without an id
            (0x81, &[]),          // no extensions
            (0x81, &[0x01]),      // extensions that are no map
            (0x81, &[0xa0, 0x0]), // something behind them
        ] {
            assert!(AuthenticatorData::read(&bytes(flags, tail)).is_err(), "{flags:x} {tail:?}");
        }
        assert!(AuthenticatorData::read(&vec![0; 1 << 20]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(flags: u8, tail in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = AuthenticatorData::read(&bytes(flags, &tail));
            let _ = AuthenticatorData::read(&tail);
        }
    }
}
