//! Cron expressions.

mod days;
mod error;
mod expression;
mod field;
mod item;
mod parse;
mod ticks;
mod times;

pub use error::{CronError, CronField};
pub use expression::Cron;
