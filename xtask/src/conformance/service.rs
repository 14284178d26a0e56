//! The services that are fuzzed: each built once, served by each host on a free port.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{self, Guarded, Signal, cargo};
use crate::workspace::Workspace;

/// The hosts that serve each of them.
pub(super) const HOSTS: [&str; 3] = ["hyper", "axum", "actix"];

/// A service, as an example of its crate serves it.
pub(super) struct Service {
    pub(super) name: &'static str,
    package: &'static str,
    example: &'static str,
    /// How the fuzzer judges it.
    pub(super) config: &'static str,
    /// What the fuzzer does not look at.
    pub(super) unchecked: &'static [&'static str],
    /// How many of the requests that are asked for are made for each operation: one in so many.
    pub(super) share: u32,
}

/// All of them.
pub(super) const SERVICES: [Service; 2] = [
    Service {
        name: "the sample",
        package: "gravity-core",
        example: "sample",
        config: "gravity-core/tests/conformance/schemathesis.toml",
        unchecked: &[],
        share: 1,
    },
    Service {
        name: "sign-in",
        package: "gravity-auth",
        example: "conformance",
        config: "gravity-auth/tests/conformance/schemathesis.toml",
        // What a schema allows may still be refused: a weak password, a link that does not hold, two credentials at
        // once. And of several ways to say who calls the fuzzer leaves out one, while the header that it was told to
        // send stays.
        unchecked: &["positive_data_acceptance", "ignored_auth"],
        // It has ten times as many operations.
        share: 8,
    },
];

/// A service that is built.
pub(super) struct Built {
    name: &'static str,
    program: PathBuf,
}

/// The service, as long as this is kept.
pub(super) struct Server {
    /// Where it is, such as `http://127.0.0.1:4711`.
    pub(super) address: String,
    /// The header that says who calls.
    pub(super) header: String,
    _process: Guarded,
}

impl Service {
    pub(super) fn build(&self, workspace: &Workspace) -> Result<Built> {
        process::run(&mut cargo([
            "build",
            "--quiet",
            "--package",
            self.package,
            "--example",
            self.example,
            "--all-features",
        ]))?;
        let program = workspace.target.join("debug/examples").join(self.example);
        Ok(Built { name: self.name, program })
    }
}

impl Built {
    /// The document, as it would be served.
    pub(super) fn document(&self) -> Result<String> {
        process::output(Command::new(&self.program).arg("--print-openapi"))
    }

    /// Starts it; it says where it is once it can be called.
    pub(super) fn serve(&self, host: &str) -> Result<Server> {
        let name = format!("{} on {host}", self.name);
        let mut command = Command::new(&self.program);
        command.args(["--host", host]).stdout(Stdio::piped());
        let mut process = Guarded::spawn(&name, &mut command, Signal::TERM)?;
        let output = process.output().context("it has no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let (Some(address), Some(header)) = (lines.next().transpose()?, lines.next().transpose()?) else {
            bail!("{name} did not start");
        };
        Ok(Server { address, header, _process: process })
    }
}
