//! What can go wrong, each with a code that clients may rely on.

/// An error of the service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum {{Type}}Error {
    /// A setting makes no sense.
    #[error("bad configuration: {reason}")]
    Config {
        /// Which, and why.
        reason: &'static str,
    },
}

impl {{Type}}Error {
    /// The code of this error: it never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config { .. } => "{{snake}}.config",
        }
    }
}
