//! `gravity`: the platform in one process.
#![allow(clippy::print_stderr, reason = "a command talks to who runs it")]

mod chores;
mod cli;
mod first_admin;
mod folder;
mod greeting;
mod installation;
mod nodes;
mod pages;
mod platform;
mod routes;
mod say;
mod serve;
mod settings;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Some(Command::CheckConfig { reference }) => chores::check_config(&cli.place, reference),
        command => block_on(run(cli.place, command.unwrap_or(Command::Serve))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gravity: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn run(place: cli::Place, command: Command) -> anyhow::Result<()> {
    let settings = settings::Settings::load(&place)?.value;
    match command {
        Command::Serve => serve::serve(settings).await,
        Command::Migrate { status } => chores::migrate(settings, status).await,
        Command::CreateAdmin { email, password_stdin } => {
            chores::create_admin(settings, &email, password_stdin).await
        }
        Command::Seed { users } => chores::seed(settings, users).await,
        Command::Openapi => chores::openapi(settings).await,
        Command::VerifyAudit => chores::verify_audit(settings).await,
        Command::Jobs { action } => chores::jobs(settings, action).await,
        Command::CheckConfig { reference } => chores::check_config(&place, reference),
    }
}
