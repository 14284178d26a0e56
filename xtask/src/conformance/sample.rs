//! The sample service: built once, served by each host on a free port.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{self, Guarded, Signal, cargo};
use crate::workspace::Workspace;

/// The hosts that the sample can be served by.
pub(super) const HOSTS: [&str; 3] = ["hyper", "axum", "actix"];

/// The built service.
pub(super) struct Sample(PathBuf);

/// The service, as long as this is kept.
pub(super) struct Server {
    /// Where it is, such as `http://127.0.0.1:4711`.
    pub(super) address: String,
    _process: Guarded,
}

impl Sample {
    pub(super) fn build(workspace: &Workspace) -> Result<Self> {
        process::run(&mut cargo([
            "build",
            "--quiet",
            "--package",
            "gravity-core",
            "--example",
            "sample",
            "--all-features",
        ]))?;
        Ok(Self(workspace.target.join("debug/examples/sample")))
    }

    /// The document, as it would be served.
    pub(super) fn document(&self) -> Result<String> {
        process::output(Command::new(&self.0).arg("--print-openapi"))
    }

    /// Starts it; it says where it is once it can be called.
    pub(super) fn serve(&self, host: &str) -> Result<Server> {
        let name = format!("the sample on {host}");
        let mut command = Command::new(&self.0);
        command.args(["--host", host, "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut process = Guarded::spawn(&name, &mut command, Signal::TERM)?;
        let output = process.output().context("the sample has no standard output")?;
        let mut address = String::new();
        BufReader::new(output).read_line(&mut address)?;
        if address.is_empty() {
            bail!("{name} did not start");
        }
        Ok(Server { address: address.trim().to_owned(), _process: process })
    }
}
