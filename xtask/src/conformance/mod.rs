//! `cargo xtask conformance`: services are what their OpenAPI documents say, on every host.
//!
//! An independent validator reads the document; a fuzzer makes requests from it, good ones and bad ones,
//! and looks for server errors and for answers that the document does not know.

mod service;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::ci::Outcome;
use crate::python::Python;
use crate::workspace::Workspace;
use crate::{process, progress};
use service::{Built, HOSTS, SERVICES, Server, Service};

/// The validator and the fuzzer.
const REQUIREMENTS: &str = "gravity-core/tests/conformance/requirements.txt";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fuzz through these hosts only
    #[arg(long, value_delimiter = ',', value_parser = HOSTS)]
    host: Vec<String>,
    /// How many requests to make up for each operation, at most, in each phase
    #[arg(long, default_value_t = 60)]
    examples: u32,
    /// Where the fuzzer's chance begins; the same seed makes the same requests
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let workspace = Workspace::load()?;
    let home = workspace.target.join("conformance");
    std::fs::create_dir_all(&home)?;
    let python = Python::prepare(&workspace.path(REQUIREMENTS), &home)?;
    let hosts: Vec<&str> = HOSTS
        .into_iter()
        .filter(|host| args.host.is_empty() || args.host.iter().any(|one| one == host))
        .collect();
    let mut failed = Vec::new();
    for service in &SERVICES {
        let built = service.build(&workspace)?;
        validate(&python, &built, &home)?;
        for host in &hosts {
            progress::line(&format!("fuzzing {} on {host}", service.name));
            let server = built.serve(host)?;
            if let Err(error) = process::run(&mut fuzzer(&workspace, &python, service, &server, args, &home))
            {
                progress::line(&format!("{} on {host}: {error:#}", service.name));
                failed.push(format!("{} on {host}", service.name));
            }
            if crate::signals::interrupted() {
                bail!("stopped");
            }
        }
    }
    if !failed.is_empty() {
        bail!("the fuzzer found faults: {}", failed.join(", "));
    }
    Ok(())
}

/// The step of `cargo xtask ci`.
pub(crate) fn step() -> Result<Outcome> {
    run(&Args { host: Vec::new(), examples: 60, seed: 1 })?;
    Ok(Outcome::passed().note(HOSTS.join(", ")))
}

/// `cargo xtask openapi`: prints the document of the sample service.
pub(crate) fn print() -> Result<()> {
    let [sample, ..] = &SERVICES;
    let sample = sample.build(&Workspace::load()?)?;
    println!("{}", sample.document()?);
    Ok(())
}

fn validate(python: &Python, service: &Built, home: &Path) -> Result<()> {
    let file = home.join("openapi.json");
    std::fs::write(&file, service.document()?).with_context(|| format!("cannot write {}", file.display()))?;
    process::run(python.program("openapi-spec-validator").arg(&file))
}

fn fuzzer(
    workspace: &Workspace,
    python: &Python,
    service: &Service,
    server: &Server,
    args: &Args,
    home: &Path,
) -> Command {
    let examples = (args.examples / service.share).max(1);
    let mut command = python.program("schemathesis");
    command
        .arg("--config-file")
        .arg(workspace.path(service.config))
        .arg("run")
        .arg(format!("{}/openapi.json", server.address));
    command
        .args(["--checks", "all", "--continue-on-failure", "--no-color", "--header", &server.header])
        .args(["--max-examples", &examples.to_string(), "--seed", &args.seed.to_string()])
        // It leaves what it has found beside where it runs.
        .current_dir(home);
    if !service.unchecked.is_empty() {
        command.args(["--exclude-checks", &service.unchecked.join(",")]);
    }
    command
}
