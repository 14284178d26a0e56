//! The Python tools, in an environment of their own inside the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{install, process, progress};

const REQUIREMENTS: &str = "gravity-core/tests/conformance/requirements.txt";

/// An environment with what the requirements name.
pub(super) struct Python {
    bin: PathBuf,
}

impl Python {
    /// Makes the environment, unless it is there and has what is wanted.
    pub(super) fn prepare(workspace: &Workspace, home: &Path) -> Result<Self> {
        let wanted = workspace.path(REQUIREMENTS);
        let text = std::fs::read_to_string(&wanted).with_context(|| format!("cannot read {REQUIREMENTS}"))?;
        let venv = home.join("venv");
        let bin = venv.join("bin");
        let stamp = venv.join("requirements.txt");
        if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == text) {
            return Ok(Self { bin });
        }
        progress::line("installing the validator and the fuzzer from PyPI");
        // One that was left half made does no good.
        let make = || process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
        if make().is_err() {
            install::apt(&["python3", "python3-venv"])?;
            make()?;
        }
        let this = Self { bin };
        process::run(this.program("pip").args(["install", "--quiet", "--requirement"]).arg(&wanted))?;
        std::fs::write(stamp, text)?;
        Ok(this)
    }

    /// A program of the environment.
    pub(super) fn program(&self, name: &str) -> Command {
        Command::new(self.bin.join(name))
    }
}
