//! Sign-ins a second, beside what Argon2 alone does with the same parameters on as many threads.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use argon2::{Algorithm, Argon2, Params, Version};

use super::contestants::{Ask, Contestant, PASSWORD, Person};
use super::load;

/// The parameters that gravity-auth has by default.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// As many threads as gravity-auth hashes on by default.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Hashes a second of Argon2 alone.
pub(super) fn raw(time: Duration) -> Result<f64> {
    let argon2 = || -> Result<_> {
        let params =
            Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    };
    let begin = Instant::now() + time / 3;
    let end = begin + time;
    let count = AtomicU64::new(0);
    thread::scope(|scope| {
        let hashing: Vec<_> = (0..threads())
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let argon2 = argon2()?;
                    let mut hash = [0; 32];
                    loop {
                        let done = argon2.hash_password_into(PASSWORD.as_bytes(), &[7; 16], &mut hash);
                        ensure!(done.is_ok(), "Argon2 failed");
                        black_box(&hash);
                        let now = Instant::now();
                        if now >= end {
                            return Ok(());
                        }
                        count.fetch_add(u64::from(now >= begin), Ordering::Relaxed);
                    }
                })
            })
            .collect();
        hashing
            .into_iter()
            .try_for_each(|one| one.join().unwrap_or_else(|_| anyhow::bail!("a thread panicked")))
    })?;
    Ok(rate(count.load(Ordering::Relaxed), time))
}

/// Sign-ins a second of gravity-auth.
pub(super) async fn ours(address: SocketAddr, people: &mut Vec<Person>, time: Duration) -> Result<f64> {
    let count = load::answers(Contestant::GravityAuth, Ask::Login, address, people, time).await?;
    Ok(rate(count, time))
}

#[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
pub(super) fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
