//! What can be asked of the program.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The platform in one process. Without a command it serves.
#[derive(Parser)]
#[command(name = "gravity", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Where settings and data are. Each stands above what the file and the environment say.
#[derive(Args, Default)]
pub(crate) struct Place {
    /// Where to listen [`GRAVITY_LISTEN`; 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// The folder of all that is kept [`GRAVITY_DATA`; ./gravity-data]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// A file of settings, TOML [`GRAVITY_CONFIG`; gravity.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve until told to stop
    Serve,
    /// Bring the tables up to this release, or show what would be done
    Migrate {
        /// Change nothing: list the steps, and which were applied
        #[arg(long)]
        status: bool,
    },
    /// Make an administrator who may do everything
    CreateAdmin {
        /// The address to sign in with
        #[arg(long)]
        email: String,
        /// Read the password from standard input. Without it one is made and printed
        #[arg(long)]
        password_stdin: bool,
    },
    /// Fill an empty installation with users to play with
    Seed {
        /// How many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        users: u32,
    },
    /// Print the OpenAPI document
    Openapi,
    /// Read all settings, say what is wrong and where each comes from
    CheckConfig {
        /// Print everything that can be set, as a table
        #[arg(long)]
        reference: bool,
    },
    /// Check the audit log from its beginning
    VerifyAudit,
    /// Look after jobs
    Jobs {
        #[command(subcommand)]
        action: JobsAction,
    },
}

#[derive(Subcommand)]
pub(crate) enum JobsAction {
    /// List jobs, the newest first
    List {
        /// Those in this state
        #[arg(long, value_enum)]
        state: Option<State>,
        /// Those of this queue
        #[arg(long)]
        queue: Option<String>,
        /// Those of this kind
        #[arg(long)]
        kind: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
        limit: u16,
    },
    /// Count jobs by queue and state
    Count,
    /// Run a job again, or at once
    Retry {
        /// Its id
        id: String,
    },
    /// Cancel a job
    Cancel {
        /// Its id
        id: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum State {
    Scheduled,
    Waiting,
    Ready,
    Running,
    Done,
    Dead,
    Cancelled,
}
