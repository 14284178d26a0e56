//! Recovery codes: ten single uses of an account whose second factor is lost.
//!
//! A store keeps the MAC of each code, and takes it away by compare-and-delete when it is used.
//!
//! ```
//! use gravity_auth::domain::UserId;
//! use gravity_auth::totp::recovery;
//! use gravity_core::security::mac::MacKeys;
//! use gravity_core::security::{Key, KeyRing};
//! use gravity_core::Clock;
//!
//! let keys = MacKeys::new(&KeyRing::new(Key::generate("2026-01").unwrap()));
//! let user = UserId::new(&Clock::system());
//! let codes = recovery::generate(&keys, user);
//! let (shown, kept) = (codes[0].shown(), codes[0].kept());
//!
//! // Somebody types it, in their own way.
//! let candidates = recovery::lookup(&keys, user, &shown.expose().to_lowercase()).unwrap();
//! assert!(candidates.contains(kept));
//! ```

use gravity_core::SecretString;
use gravity_core::security::mac::{Mac, MacKeys};
use gravity_core::security::token::Code;
use zeroize::Zeroizing;

use crate::domain::UserId;

/// How many codes there are at a time.
pub const COUNT: usize = 10;

/// How many symbols a code has: 50 random bits.
const LENGTH: usize = 10;

const CONTEXT: &str = "auth.recovery_code";

/// A new recovery code. It never prints.
#[derive(Debug, Clone)]
pub struct RecoveryCode {
    code: Code,
    mac: Mac,
}

impl RecoveryCode {
    /// The code as its owner sees it, once: `7QK2M-XR94T`.
    pub fn shown(&self) -> SecretString {
        self.code.grouped(LENGTH / 2)
    }

    /// What is kept in its place.
    pub const fn kept(&self) -> &Mac {
        &self.mac
    }
}

/// Ten new codes of a user, which void those before.
pub fn generate(keys: &MacKeys, user: UserId) -> Vec<RecoveryCode> {
    let one = |_| {
        let code = Code::letters(LENGTH);
        let mac = keys.sign(CONTEXT, &*bound(user, &code));
        RecoveryCode { code, mac }
    };
    (0..COUNT).map(one).collect()
}

/// What a store may keep for the code that this user has typed, under each key; `None` where it can be no code.
///
/// Letters are read in any case, those that look like digits as digits; spaces and hyphens are passed over.
pub fn lookup(keys: &MacKeys, user: UserId, typed: &str) -> Option<Vec<Mac>> {
    let code = Code::typed(typed).filter(|code| code.expose().len() == LENGTH)?;
    Some(keys.lookup_values(CONTEXT, &*bound(user, &code)))
}

/// The code of one user is not that of another.
fn bound(user: UserId, code: &Code) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 + LENGTH));
    bytes.extend_from_slice(user.uuid().as_bytes());
    bytes.extend_from_slice(code.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gravity_core::Clock;
    use gravity_core::security::{Key, KeyRing};
    use proptest::prelude::*;

    use super::*;

    fn keys() -> MacKeys {
        MacKeys::new(&KeyRing::new(Key::new("k", &[1; 32]).unwrap()))
    }

    #[test]
    fn ten_that_differ_and_do_not_print() {
        let user = UserId::new(&Clock::system());
        let codes = generate(&keys(), user);
        let shown: BTreeSet<String> = codes.iter().map(|code| code.shown().expose().clone()).collect();
        assert_eq!(shown.len(), COUNT);
        for text in &shown {
            assert_eq!(text.len(), 11);
            assert!(!text.contains(['I', 'L', 'O', 'U']), "{text}");
            assert!(!format!("{codes:?}").contains(text.as_str()));
            assert!(!format!("{codes:?}").contains(&text.replace('-', "")));
        }
    }

    #[test]
    fn is_known_however_it_is_typed_and_for_its_user_only() {
        let (user, other) = (UserId::new(&Clock::system()), UserId::new(&Clock::system()));
        let code = &generate(&keys(), user)[0];
        let shown = code.shown();
        let typed = shown.expose().to_lowercase().replace('0', "o").replace('1', "l").replace('-', " ");
        assert!(lookup(&keys(), user, &typed).unwrap().contains(code.kept()));
        assert!(!lookup(&keys(), other, &typed).unwrap().contains(code.kept()));
        let strangers = MacKeys::new(&KeyRing::new(Key::new("k", &[2; 32]).unwrap()));
        assert!(!lookup(&strangers, user, &typed).unwrap().contains(code.kept()));
    }

    #[test]
    fn is_found_after_the_keys_were_replaced() {
        let user = UserId::new(&Clock::system());
        let code = &generate(&keys(), user)[0];
        let ring = KeyRing::new(Key::generate("new").unwrap())
            .with_earlier(Key::new("k", &[1; 32]).unwrap())
            .unwrap();
        let candidates = lookup(&MacKeys::new(&ring), user, code.shown().expose()).unwrap();
        assert_eq!(candidates.len(), 2);
        assert!(candidates.contains(code.kept()));
    }

    proptest! {
        #[test]
        fn what_can_be_no_code_is_not_looked_up(typed: String) {
            let user = UserId::new(&Clock::system());
            let symbols = typed.chars().filter(char::is_ascii_alphanumeric).count();
            prop_assert!(symbols == LENGTH || lookup(&keys(), user, &typed).is_none());
        }
    }
}
