//! bcrypt: `$2b$12$`, 22 symbols of salt and 31 of hash.

use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use blowfish::Blowfish;
use gravity_core::security::constant_time_eq;
use gravity_core::security::password::PasswordError;
use zeroize::Zeroizing;

/// Bits that belong to no byte are not looked at: old implementations filled them at random.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The highest cost that is worked on: some seconds.
const HIGHEST: u32 = 15;

/// How much of a password counts.
const MOST: usize = 72;

/// A hash of bcrypt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bcrypt {
    cost: u32,
    salt: [u8; 16],
    hash: [u8; 23],
}

impl Bcrypt {
    pub(super) fn read(text: &str) -> Result<Self, PasswordError> {
        Self::parts(text)
            .ok_or(PasswordError::Malformed)
            .and_then(|hash| if hash.cost > HIGHEST { Err(PasswordError::Excessive) } else { Ok(hash) })
    }

    fn parts(text: &str) -> Option<Self> {
        let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|start| text.strip_prefix(start))?;
        let (cost, encoded) = rest.split_once('$')?;
        let is_cost = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
        let cost = is_cost.then(|| cost.parse().ok()).flatten().filter(|cost| (4..=31).contains(cost))?;
        let (salt, hash) = encoded.split_at_checked(22)?;
        let decode = |text: &str| BASE64.decode(text).ok();
        Some(Self { cost, salt: decode(salt)?.try_into().ok()?, hash: decode(hash)?.try_into().ok()? })
    }

    pub(super) fn matches(&self, password: &str) -> bool {
        // To implementations in C a password ends there.
        if password.contains('\0') {
            return false;
        }
        let mut key = Zeroizing::new(Vec::with_capacity(MOST));
        key.extend(password.bytes().chain([0]).take(MOST));
        constant_time_eq(&self.run(&key)[..23], self.hash)
    }

    fn run(&self, key: &[u8]) -> [u8; 24] {
        let mut state: Blowfish = Blowfish::bc_init_state();
        state.salted_expand_key(&self.salt, key);
        for _ in 0..1_u32 << self.cost {
            state.bc_expand_key(key);
            state.bc_expand_key(&self.salt);
        }
        let mut hash = [0; 24];
        for (block, text) in hash.chunks_exact_mut(8).zip(b"OrpheanBeholderScryDoubt".chunks_exact(8)) {
            let word = |at: usize| u32::from_be_bytes([text[at], text[at + 1], text[at + 2], text[at + 3]]);
            let both = (0..64).fold([word(0), word(4)], |both, _| state.bc_encrypt(both));
            block[..4].copy_from_slice(&both[0].to_be_bytes());
            block[4..].copy_from_slice(&both[1].to_be_bytes());
        }
        hash
    }
}
