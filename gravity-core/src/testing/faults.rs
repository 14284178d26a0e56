#![doc = include_str!("faults/faults.md")]

mod check;
mod dice;
mod ledger;
mod plan;
mod process;
mod report;
mod server;
mod stage;
mod worker;

pub use check::{Books, Consumer, Effect, Fact, Findings, check};
pub use dice::Dice;
pub use ledger::{Entry, Ledger, Note, Tail};
pub use plan::{Crash, Fault, LineFault, Moment, Plan, Shape, Strike};
pub use report::Report;
pub use server::Server;
pub use stage::Stage;
pub use worker::Worker;
