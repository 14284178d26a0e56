//! The load: a bank whose every payment is a row, an event and two jobs, and in time an effect of each
//! subscriber and worker.

mod books;
mod jobs;
mod publish;
mod schema;
mod subscribe;
mod work;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub(crate) use books::{books, left};
pub(crate) use schema::prepare;
pub(crate) use work::work;

/// The points at which workers can be struck.
pub(crate) const POINTS: [&str; 5] = ["publish", "acknowledge", "handle", "effect", "relay"];

/// What workers are told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Where the database is; `{line}` stands for the address of the worker's own line to it.
    pub(crate) url: String,
    /// The lease of what a worker holds, in milliseconds.
    pub(crate) lease: u64,
    pub(crate) sabotage: Option<Sabotage>,
}

/// How workers cheat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub(crate) enum Sabotage {
    /// Now and then an event is said to be handled, and nothing was done
    Skip,
    /// Now and then it is done twice
    Double,
    /// Now and then the next is done first
    Swap,
    /// One event is never handled
    Stick,
    /// Now and then a commit is told of that was none
    Forget,
    /// Now and then something is done that nobody asked for
    Ghost,
    /// Effects are written beside the transaction, so that nobody refuses them to one who was overtaken
    Beside,
}
