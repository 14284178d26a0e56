//! The fault rig of this repository: `cargo xtask faults` starts it with servers of its own.
//!
//! A process that the rig has started is a worker (`bank`); any other is the rig.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks on its terminal")]

mod bank;
mod options;
mod round;
mod run;
mod servers;

use std::process::ExitCode;

use clap::Parser as _;
use gravity_core::testing::faults::Worker;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    if let Some(worker) = Worker::from_env() {
        return bank::work(worker).await;
    }
    match run::run(options::Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
