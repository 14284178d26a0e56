//! Every chore of this repository, as `cargo xtask NAME`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks on its terminal")]

mod bench;
mod breached;
mod ci;
mod conformance;
mod coverage;
mod faults;
mod fuzz;
mod install;
mod new_service;
mod process;
mod progress;
mod python;
mod servers;
mod signals;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The chores of the Gravity repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run all tests on all back ends, starting throw-away PostgreSQL and Redis servers when none are given
    Test(test::Args),
    /// Run everything that a change must pass, and print a table of the outcomes
    Ci(ci::Args),
    /// Run the tests and print which lines they reach, by file and in total
    Coverage(coverage::Args),
    /// Run the benchmarks of `bench/`
    Bench(bench::Args),
    /// Run every fuzz target for a while
    Fuzz(fuzz::Args),
    /// Kill, stop and cut off real processes while they publish and handle events, and count what got lost
    Faults(faults::Args),
    /// Validate the OpenAPI document of the sample service, and fuzz the service on every host by it
    Conformance(conformance::Args),
    /// Make the built-in list of breached passwords of a text with one a line
    Breached(breached::Args),
    /// Print the OpenAPI document of the sample service
    Openapi,
    /// Stamp out a service crate of the standard shape
    NewService(new_service::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if signals::interrupted() => {
            progress::line(&format!("interrupted: {error:#}"));
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    progress::start();
    signals::listen()?;
    match cli.command {
        Command::Test(args) => test::run(&args),
        Command::Ci(args) => ci::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Faults(args) => faults::run(&args),
        Command::Conformance(args) => conformance::run(&args),
        Command::Breached(args) => breached::run(&args),
        Command::Openapi => conformance::print(),
        Command::NewService(args) => new_service::run(&args),
    }
}
