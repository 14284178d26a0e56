//! What a new password has to be.
//!
//! By NIST SP 800-63B: long enough, not among those that attackers try first, not made of what everybody knows about its
//! user; and no rules about which characters it has. How it is hashed is for
//! [`gravity_core::security::password`].

mod breached;
mod guesses;
mod import;
mod rules;

pub use breached::{BreachedPasswords, HashPrefix, NoBreaches};
pub use import::{ImportedHash, verify};
pub use rules::{PasswordRules, WeakPassword};
