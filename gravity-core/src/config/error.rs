//! [`ConfigError`]: everything that is wrong with the settings.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The application's defaults.
    Defaults,
    /// A line of the file; 0 stands for the file as a whole.
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A variable of the environment, or the file that one names.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => f.write_str("the defaults"),
            Self::File { path, line: 0 } => write!(f, "{}", path.display()),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong with the settings. It never holds what was given, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigFault {
    /// Which setting, such as `http.listen`; empty for the settings as a whole.
    pub key: String,
    /// Where it was given; `None` if nowhere.
    pub origin: Option<Origin>,
    /// What is wrong, for programs: the codes of [`validate`](crate::validate), `unreadable`, `syntax`
    /// and the like.
    pub code: Cow<'static, str>,
    /// What is wrong, for people.
    pub detail: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.origin, self.key.is_empty()) {
            (None, true) => write!(f, "{}", self.detail),
            (None, false) => write!(f, "{}: {}", self.key, self.detail),
            (Some(origin), true) => write!(f, "{origin}: {}", self.detail),
            (Some(origin), false) => write!(f, "{} ({origin}): {}", self.key, self.detail),
        }
    }
}

/// Everything that is wrong with the settings; printed, a line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    faults: Vec<ConfigFault>,
}

impl ConfigError {
    pub(super) const fn new(faults: Vec<ConfigFault>) -> Self {
        Self { faults }
    }

    /// What is wrong; never empty.
    pub fn faults(&self) -> &[ConfigFault] {
        &self.faults
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => f.write_str("a setting is wrong:")?,
            count => write!(f, "{count} settings are wrong:")?,
        }
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigError {}
