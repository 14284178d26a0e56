//! What a decision of the limiter in memory costs, in time and in space.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;

use anyhow::{Context, Result};
use gravity_core::limits::{Action, MemoryLimiter, Quota};

use crate::table::Table;

const DECISIONS: u64 = 5_000_000;

/// Prints nanoseconds a decision with few keys and with a million, and bytes a key.
pub(crate) fn run(table: &mut Table) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "| keys | ns a decision | bytes a key |\n|---:|---:|---:|")?;
    for keys in [1, 1000, 1_000_000] {
        // An hour for a thousand units: all keys stay alive.
        let limiter = MemoryLimiter::new(Quota::per_hour(1000).with_burst(1_000_000));
        for key in 0..keys {
            with_key(key, |key| drop(black_box(limiter.act_now(key, Action::Check, 1))));
        }
        let ask = |key: &str| drop(black_box(limiter.act_now(key, Action::Check, 1)));
        let (both, keys_alone) = (time(keys, ask)?, time(keys, |key| _ = black_box(key))?);
        let nanoseconds = both.saturating_sub(keys_alone) / DECISIONS;
        writeln!(out, "| {keys} | {nanoseconds} | {} |", limiter.bytes() as u64 / keys)?;
        let what = format!("ns of a decision of the limiter, keys in turn: {keys}");
        table.add("limits", what, [&nanoseconds, &""], "", "at most 100");
    }
    Ok(())
}

fn with_key(key: u64, ask: impl FnOnce(&str)) {
    let mut name = String::with_capacity(32);
    // Writing into a string cannot fail.
    let _ = write!(name, "address:10.{}.{}.{}", key >> 16, key >> 8 & 255, key & 255);
    ask(&name);
}

/// Nanoseconds of this thread on a processor, whatever else the machine does.
fn time(keys: u64, ask: impl Fn(&str)) -> Result<u64> {
    let before = on_processor()?;
    let mut key = 0;
    for _ in 0..DECISIONS {
        // A step without a common divisor leads through all of them, out of order.
        key = (key + 611_953) % keys;
        with_key(key, &ask);
    }
    Ok(on_processor()? - before)
}

fn on_processor() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("this runs on Linux only")?;
    text.split(' ').next().context("schedstat is empty")?.parse().context("schedstat has no number")
}
