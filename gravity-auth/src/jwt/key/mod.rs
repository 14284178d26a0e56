//! Keys that sign, and keys that verify.

mod error;
mod pem;
mod remembered;
mod signing;
#[cfg(test)]
mod vectors;
mod verifying;

pub use error::KeyError;
pub use signing::SigningKey;
pub use verifying::VerifyingKey;
