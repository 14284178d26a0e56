//! [`Script`]: Lua that the server runs as one step.

use std::fmt;
use std::sync::OnceLock;

/// Lua that the server runs as one step, nothing else happening in between.
///
/// It is sent once and called by its hash from then on; where the server has forgotten it, it is sent again.
///
/// ```
/// use gravity_core::redis::Script;
///
/// static TAKE: Script = Script::new("return redis.call('GETDEL', KEYS[1])");
/// ```
pub struct Script {
    text: &'static str,
    hashed: OnceLock<::redis::Script>,
}

impl Script {
    /// A script of this text.
    pub const fn new(text: &'static str) -> Self {
        Self { text, hashed: OnceLock::new() }
    }

    pub(super) fn hashed(&self) -> &::redis::Script {
        self.hashed.get_or_init(|| ::redis::Script::new(self.text))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&self.text).finish()
    }
}
