//! The program, as somebody who starts it meets it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chores;
mod program;
mod starts;
mod way;
