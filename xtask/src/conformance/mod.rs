//! `cargo xtask conformance`: the sample service is what its OpenAPI document says, on every host.
//!
//! An independent validator reads the document; a fuzzer makes requests from it, good ones and bad ones,
//! and looks for server errors and for answers that the document does not know.

mod sample;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::ci::Outcome;
use crate::python::Python;
use crate::workspace::Workspace;
use crate::{process, progress};
use sample::{HOSTS, Sample};

/// The validator and the fuzzer.
const REQUIREMENTS: &str = "gravity-core/tests/conformance/requirements.txt";
/// How the fuzzer judges.
const CONFIG: &str = "gravity-core/tests/conformance/schemathesis.toml";
/// The key that the sample service lets in.
const KEY: &str = "x-api-key: sample-key";

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
    let sample = Sample::build(&workspace)?;
    validate(&python, &sample, &home)?;
    let mut failed = Vec::new();
    for host in
        HOSTS.into_iter().filter(|host| args.host.is_empty() || args.host.iter().any(|one| one == host))
    {
        progress::line(&format!("fuzzing the sample service on {host}"));
        let server = sample.serve(host)?;
        if let Err(error) = process::run(&mut fuzzer(&workspace, &python, &server.address, args, &home)) {
            progress::line(&format!("{host}: {error:#}"));
            failed.push(host);
        }
        if crate::signals::interrupted() {
            bail!("stopped");
        }
    }
    if !failed.is_empty() {
        bail!("the fuzzer found faults on {}", failed.join(" and "));
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
    let sample = Sample::build(&Workspace::load()?)?;
    println!("{}", sample.document()?);
    Ok(())
}

fn validate(python: &Python, sample: &Sample, home: &Path) -> Result<()> {
    let file = home.join("openapi.json");
    std::fs::write(&file, sample.document()?).with_context(|| format!("cannot write {}", file.display()))?;
    process::run(python.program("openapi-spec-validator").arg(&file))
}

fn fuzzer(workspace: &Workspace, python: &Python, address: &str, args: &Args, home: &Path) -> Command {
    let mut command = python.program("schemathesis");
    command
        .arg("--config-file")
        .arg(workspace.path(CONFIG))
        .arg("run")
        .arg(format!("{address}/openapi.json"));
    command
        .args(["--checks", "all", "--continue-on-failure", "--no-color", "--header", KEY])
        .args(["--max-examples", &args.examples.to_string(), "--seed", &args.seed.to_string()])
        // It leaves what it has found beside where it runs.
        .current_dir(home);
    command
}
