//! Passwords that others have lost: those of the [built-in list](built_in), and those that a [port](BreachedPasswords) knows.

mod built_in;
mod port;

pub(super) use built_in::is_listed;
pub(super) use port::is_breached;
pub use port::{BreachedPasswords, HashPrefix, NoBreaches};
