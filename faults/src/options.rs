//! What the rig is asked to do.

use clap::{Parser, ValueEnum};

use crate::bank::Sabotage;

/// Kills, stops and cuts off processes that publish and handle events, and counts what they did.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask faults", bin_name = "cargo xtask faults")]
pub(crate) struct Options {
    /// How many rounds; when left out 500, one with --seed, and with --minutes as many as there is time for
    #[arg(long)]
    pub(crate) rounds: Option<u64>,
    /// Begin no further round after so many minutes
    #[arg(long)]
    pub(crate) minutes: Option<u64>,
    /// Where the events live
    #[arg(long, value_enum, default_value_t = On::Both)]
    pub(crate) backend: On,
    /// The seed of the first round; each further round has the next one
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// How many rounds at once
    #[arg(long)]
    pub(crate) lanes: Option<usize>,
    /// How many faults a round has at least
    #[arg(long, default_value_t = 1)]
    pub(crate) least_faults: usize,
    /// How many faults a round has at most
    #[arg(long, default_value_t = 4)]
    pub(crate) most_faults: usize,
    /// Let the workers cheat, which the rig has to find out
    #[arg(long, value_enum)]
    pub(crate) sabotage: Option<Sabotage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum On {
    Postgres,
    Sqlite,
    /// One round on the one, the next on the other
    Both,
}

impl Options {
    pub(crate) fn rounds(&self) -> u64 {
        self.rounds.unwrap_or(match (self.seed, self.minutes) {
            (_, Some(_)) => u64::MAX,
            (Some(_), None) => 1,
            (None, None) => 500,
        })
    }
}
