//! Stored hashes: PHC strings of Argon2, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.

use std::fmt;
use std::str::FromStr;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::memory::Memory;
use super::{PasswordConfig, PasswordError};
use crate::random;
use crate::security::constant_time_eq;

pub(super) const MOST_PASSES: u32 = 32;
pub(super) const MOST_LANES: u32 = 16;

/// The longest string that is looked at.
const LONGEST: usize = 256;
const SALT_LENGTH: usize = 16;
const HASH_LENGTH: usize = 32;

/// What was hashed how, with the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phc {
    recipe: Recipe,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Recipe {
    algorithm: Algorithm,
    version: Version,
    memory: u32,
    passes: u32,
    lanes: u32,
    hash_length: usize,
}

impl Recipe {
    fn of(config: &PasswordConfig) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            memory: config.memory,
            passes: config.passes,
            lanes: config.lanes,
            hash_length: HASH_LENGTH,
        }
    }

    fn run(self, password: &[u8], salt: &[u8], memory: &Memory) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
        let params = Params::new(self.memory, self.passes, self.lanes, Some(self.hash_length))
            .map_err(|_| PasswordError::Malformed)?;
        let count = params.block_count();
        let mut hash = Zeroizing::new(vec![0; self.hash_length]);
        let argon2 = Argon2::new(self.algorithm, self.version, params);
        let hashed = memory
            .with(count, |blocks| argon2.hash_password_into_with_memory(password, salt, &mut hash, blocks))?;
        match hashed {
            Ok(()) => Ok(hash),
            Err(argon2::Error::OutOfMemory) => Err(PasswordError::Interrupted),
            Err(_) => Err(PasswordError::Malformed),
        }
    }
}

impl Phc {
    /// Hashes a password with a new salt.
    pub(super) fn hash(
        config: &PasswordConfig,
        password: &[u8],
        memory: &Memory,
    ) -> Result<Self, PasswordError> {
        let mut salt = vec![0; SALT_LENGTH];
        random::fill(&mut salt);
        let recipe = Recipe::of(config);
        let hash = recipe.run(password, &salt, memory)?.to_vec();
        Ok(Self { recipe, salt, hash })
    }

    /// What no password matches, and yet takes as long to verify as one that was hashed just now.
    pub(super) fn of_nobody(config: &PasswordConfig) -> Self {
        let mut salt = vec![0; SALT_LENGTH];
        let mut hash = vec![0; HASH_LENGTH];
        random::fill(&mut salt);
        random::fill(&mut hash);
        Self { recipe: Recipe::of(config), salt, hash }
    }

    pub(super) fn matches(&self, password: &[u8], memory: &Memory) -> Result<bool, PasswordError> {
        let hash = self.recipe.run(password, &self.salt, memory)?;
        Ok(constant_time_eq(&*hash, &self.hash))
    }

    /// Whether a new hash would be made in another way.
    pub(super) fn is_outdated(&self, config: &PasswordConfig) -> bool {
        self.recipe != Recipe::of(config) || self.salt.len() < SALT_LENGTH
    }

    /// Refuses what would take more than any hash of ours, before it has taken anything.
    pub(super) fn check_cost(&self, config: &PasswordConfig) -> Result<(), PasswordError> {
        let recipe = self.recipe;
        let is_payable =
            recipe.memory <= config.most_memory && recipe.passes <= MOST_PASSES && recipe.lanes <= MOST_LANES;
        if is_payable { Ok(()) } else { Err(PasswordError::Excessive) }
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut parts = text.strip_prefix('$')?.split('$').peekable();
        let algorithm = match parts.next()? {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            "argon2d" => Algorithm::Argon2d,
            _ => return None,
        };
        // The first strings of Argon2 had no version in them.
        let version = match parts.next_if(|part| part.starts_with("v=")) {
            Some("v=19") => Version::V0x13,
            Some("v=16") | None => Version::V0x10,
            Some(_) => return None,
        };
        let mut costs = parts.next()?.split(',');
        let memory = number(costs.next()?.strip_prefix("m=")?)?;
        let passes = number(costs.next()?.strip_prefix("t=")?)?;
        let lanes = number(costs.next()?.strip_prefix("p=")?)?;
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let is_sound = costs.next().is_none()
            && parts.next().is_none()
            && (8..=64).contains(&salt.len())
            && (16..=64).contains(&hash.len())
            && passes >= 1
            && lanes >= 1
            && u64::from(memory) >= 8 * u64::from(lanes);
        let recipe = Recipe { algorithm, version, memory, passes, lanes, hash_length: hash.len() };
        is_sound.then_some(Self { recipe, salt, hash })
    }
}

/// A number as PHC strings have it: digits, and no zero in front.
fn number(text: &str) -> Option<u32> {
    let is_sound = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    is_sound.then(|| text.parse().ok()).flatten()
}

impl FromStr for Phc {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        Self::read(text).ok_or(PasswordError::Malformed)
    }
}

impl fmt::Display for Phc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recipe { algorithm, version, memory, passes, lanes, .. } = self.recipe;
        write!(
            f,
            "${}$v={}$m={memory},t={passes},p={lanes}${}${}",
            algorithm.as_str(),
            u32::from(version),
            STANDARD_NO_PAD.encode(&self.salt),
            STANDARD_NO_PAD.encode(&self.hash),
        )
    }
}

#[cfg(test)]
mod tests {
    use argon2::{AssociatedData, ParamsBuilder};
    use proptest::prelude::*;

    use super::*;

    /// RFC 9106, section 5.3. It takes a secret and associated data, which no string of ours has.
    #[test]
    fn argon2id_by_its_published_vector() {
        let params = ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        assert_eq!(tag[..16], 0x0d64_0df5_8d78_766c_08c0_37a3_4a8b_53c9_u128.to_be_bytes());
        assert_eq!(tag[16..], 0xd01e_f045_2d75_b65e_b525_20e9_6b01_e659_u128.to_be_bytes());
    }

    /// From the tests of the reference implementation.
    #[test]
    fn strings_of_the_reference_implementation() {
        let memory = Memory::new(256, std::sync::Arc::new(super::super::pool::Pool::new(1, 0)));
        for text in [
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
        ] {
            let phc: Phc = text.parse().unwrap();
            assert_eq!(phc.to_string(), text);
            assert!(phc.matches(b"password", &memory).unwrap(), "{text}");
            assert!(!phc.matches(b"Password", &memory).unwrap(), "{text}");
            assert!(phc.is_outdated(&PasswordConfig::weak_for_tests()));
        }
    }

    const GOOD: &str =
        "$argon2id$v=19$m=64,t=1,p=1$c29tc2FsdHNvbWVzYWx0$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

    #[test]
    fn refuses_what_is_no_string_of_argon2() {
        assert!(GOOD.parse::<Phc>().is_ok());
        for (from, to) in [
            ("$argon2id", "argon2id"),
            ("argon2id", "argon2"),
            ("argon2id", "bcrypt"),
            ("v=19", "v=20"),
            ("v=19", "v=019"),
            ("m=64", "m=064"),
            ("m=64", "m=+64"),
            ("m=64", "m="),
            ("m=64", "m=99999999999"),
            ("m=64", "m=7"),
            ("m=64,t=1", "t=1,m=64"),
            ("t=1", "t=0"),
            ("p=1", "p=0"),
            ("p=1", "p=9"),
            ("p=1", "p=1,x=1"),
            ("c29tc2FsdHNvbWVzYWx0", "c29t"),
            ("c29tc2FsdHNvbWVzYWx0", "!!!!"),
            ("i/4", "i/5"),
            ("i/4", "i/4="),
            ("i/4", "i/4$"),
            ("nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", ""),
        ] {
            assert_eq!(
                GOOD.replacen(from, to, 1).parse::<Phc>(),
                Err(PasswordError::Malformed),
                "{from} {to}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, at in 0..90_usize, other: char) {
            let _ = text.parse::<Phc>();
            let _ = format!("$argon2id$v=19${text}").parse::<Phc>();
            let changed = format!("{}{other}{}", &GOOD[..at], &GOOD[at + 1..]);
            if let Ok(phc) = changed.parse::<Phc>() {
                prop_assert_eq!(phc.to_string(), changed);
            }
        }
    }
}
