//! Passwords, keys, tokens and masks: what keeps secrets secret.
//!
//! | To | take |
//! |---|---|
//! | keep a password | [`password::PasswordHasher`] |
//! | keep a token that is looked up later | [`mac::MacKeys`] |
//! | make a token or a code | [`token::Token`], [`token::TokenKind`], [`token::Code`] |
//! | keep a column that is read back | [`envelope::Vault`] |
//! | show or log what may hold secrets | [`mask::Masker`] |

pub mod envelope;
pub mod key;
pub mod mac;
pub mod mask;
pub mod password;
pub mod token;

mod compare;

pub use compare::constant_time_eq;
pub use key::{Key, KeyId, KeyRing};
