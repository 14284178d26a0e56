//! What a decision of the limiter in memory costs, in time and in space.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use gravity_core::limits::{Action, MemoryLimiter, Quota};

const KEYS: usize = 1_000_000;
const DECISIONS: usize = 5_000_000;

/// Prints nanoseconds a decision with few keys and with a million, and bytes a key.
pub(crate) fn run() -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "| keys | threads | ns a decision | bytes a key |\n|---:|---:|---:|---:|")?;
    for (keys, threads) in [(1000, 1), (KEYS, 1), (KEYS, 2)] {
        // An hour for a unit: all keys stay alive.
        let limiter = MemoryLimiter::new(Quota::per_hour(1000).with_burst(1_000_000));
        let names: Vec<String> =
            (0..keys).map(|key| format!("address:10.{}.{}.{}", key >> 16, key >> 8 & 255, key & 255)).collect();
        for name in &names {
            let _ = limiter.act_now(name, Action::Check, 1);
        }
        let began = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let (limiter, names) = (&limiter, &names);
                scope.spawn(move || {
                    // A step without a common divisor leads through all of them, out of order.
                    let mut at = thread * 7919;
                    for _ in 0..DECISIONS {
                        at = (at + 611_953) % keys;
                        let _ = black_box(limiter.act_now(&names[at], Action::Check, 1));
                    }
                });
            }
        });
        let nanoseconds = began.elapsed().as_nanos() / DECISIONS as u128 / threads as u128;
        writeln!(out, "| {keys} | {threads} | {nanoseconds} | {} |", limiter.bytes() / keys)?;
    }
    Ok(())
}
