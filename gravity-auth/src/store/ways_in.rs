//! [`WaysIn`]: what lets people in who have no password.

/// What lets people in besides a password, as far as the application has it. One of them, or a password, has to be left
/// when another goes: mail alone is none, for an address may be the provider's and go together with the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaysIn {
    /// The providers whose accounts do.
    pub providers: Vec<String>,
    /// Whether passkeys do.
    pub passkeys: bool,
}
