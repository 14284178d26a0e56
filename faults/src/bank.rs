//! The load: a bank whose every payment is a row, an event and two jobs, and in time an effect of each
//! subscriber and worker, of the holder of a lock, and of another bank that hears of it by Redis. Bells ring meanwhile.

mod bells;
mod books;
mod far;
mod jobs;
mod keep;
mod publish;
mod schema;
mod subscribe;
mod work;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub(crate) use bells::{silence, unrung};
pub(crate) use books::{Settled, books, idle, left};
pub(crate) use schema::prepare;
pub(crate) use work::work;

/// The points at which workers can be struck.
pub(crate) const POINTS: [&str; 6] = ["publish", "acknowledge", "handle", "effect", "relay", "keep"];

/// What workers are told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Where the database is; `{database}` stands for the address of the worker's own line to it.
    pub(crate) url: String,
    /// Where the other bank's database is, and `{redis}`, by which it hears of this one.
    pub(crate) far: Option<Far>,
    /// The lease of what a worker holds, in milliseconds.
    pub(crate) lease: u64,
    pub(crate) sabotage: Option<Sabotage>,
}

/// Another bank, with a database of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Far {
    pub(crate) url: String,
    pub(crate) redis: String,
    /// Before all keys of the round.
    pub(crate) prefix: String,
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
    /// One who has lost a lock writes all the same
    Unfenced,
}
