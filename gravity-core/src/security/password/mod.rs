//! Passwords: Argon2id, behind a pool that keeps a rush of sign-ins from taking all memory.

mod config;
mod error;
mod hasher;
mod memory;
mod phc;
mod pool;
mod text;

pub use config::{PasswordConfig, PasswordConfigError};
pub use error::PasswordError;
pub use hasher::{PasswordHasher, Verdict};
pub use pool::PoolLoad;
pub use text::normal;
