//! Tools of Python, in an environment of their own inside the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{install, process, progress};

/// An environment with what a file of requirements names.
pub(crate) struct Python {
    bin: PathBuf,
}

impl Python {
    /// Makes the environment below `home`, unless it is there and has what is wanted.
    pub(crate) fn prepare(requirements: &Path, home: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(requirements)
            .with_context(|| format!("cannot read {}", requirements.display()))?;
        let venv = home.join("venv");
        let bin = venv.join("bin");
        let stamp = venv.join("requirements.txt");
        if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == text) {
            return Ok(Self { bin });
        }
        progress::line(&format!("installing from PyPI what {} names", requirements.display()));
        // One that was left half made does no good.
        let make = || process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
        if make().is_err() {
            install::apt(&["python3", "python3-venv"])?;
            make()?;
        }
        let this = Self { bin };
        process::run(this.program("pip").args(["install", "--quiet", "--requirement"]).arg(requirements))?;
        std::fs::write(stamp, text)?;
        Ok(this)
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> Command {
        Command::new(self.bin.join(name))
    }
}
