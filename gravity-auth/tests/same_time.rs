//! Whether an address is known is not told by the time that an answer takes. What is behind it, count by count, is in
//! `same_work.rs`.
//!
//! No time is expected here, neither long nor short: times of known and unknown visitors are taken in turns, in random
//! order, and compared with one another, as are those of two who are both known. A comparison asks how often the one is
//! slower than the other (the statistic of Mann and Whitney): half the time if nothing can be told, whatever else the
//! machine does meanwhile. What is that clear and not a trifle either is a fault: a hash that is left out, or something
//! that is done for some only. The trifles are a matter of `same_work.rs`, which overlooks none.
#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it saw"
)]

mod visitors;

use std::time::{Duration, Instant};

use gravity_auth::Auth;
use gravity_core::testing::Random;
use visitors::{PROBES, Site, Visitor};

/// How often each visitor comes.
const ROUNDS: usize = 100;
/// How far from a half the one may be slower than the other. By chance it is off by 0.041 (one standard deviation of
/// 100 against 100), so this is six of them.
const TOLERANCE: f64 = 0.25;
/// By how much of the whole the times in the middle have to differ, too: less is what a row costs that is read or changed,
/// beside one that is not there, where a database is in memory and a build is not optimised.
const TRIFLE: f64 = 0.25;
/// How often what looks like a difference is looked at again: one that is there is there each time.
const LOOKS: usize = 3;

const VISITORS: [Visitor; 3] = [Visitor::Known, Visitor::Other, Visitor::Nobody];

/// What each visitor's answers took.
type Times = [Vec<Duration>; 3];

/// Times of all three, in random order.
async fn times(random: &Random, ask: impl AsyncFn(Visitor, usize)) -> Times {
    let mut times = Times::default();
    for round in 0..ROUNDS {
        let mut order = [0, 1, 2];
        for at in (1..order.len()).rev() {
            order.swap(at, usize::try_from(random.below(at as u64 + 1)).unwrap());
        }
        for at in order {
            let began = Instant::now();
            ask(VISITORS[at], round).await;
            times[at].push(began.elapsed());
        }
    }
    times
}

/// How often the one is slower than the other.
fn slower(one: &[Duration], other: &[Duration]) -> f64 {
    let wins: f64 =
        one.iter().map(|one| other.iter().map(|other| half_points(*one, *other)).sum::<f64>()).sum();
    #[expect(clippy::cast_precision_loss, reason = "they are few")]
    let pairs = (one.len() * other.len()) as f64;
    wins / pairs
}

fn half_points(one: Duration, other: Duration) -> f64 {
    match one.cmp(&other) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    }
}

/// The time in the middle.
fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// Whether a visitor who is nobody can be told from one who is known, better than two can who are both known.
async fn can_be_told(name: &str, random: &Random, ask: impl AsyncFn(Visitor, usize)) -> bool {
    for look in 1..=LOOKS {
        let [known, other, nobody] = times(random, &ask).await;
        let (control, found) = (slower(&other, &known) - 0.5, slower(&nobody, &known) - 0.5);
        let (one, other) = (middle(nobody), middle(known));
        let shift = one / other - 1.0;
        eprintln!(
            "{name}, look {look}: unknown against known {found:+.3} (by {:+.1} %), known against known {control:+.3}",
            shift * 100.0,
        );
        if found.abs() - control.abs() < TOLERANCE || shift.abs() < TRIFLE {
            return false;
        }
    }
    true
}

async fn nothing_can_be_told(site: &Site) {
    let random = Random::new(7);
    for probe in PROBES {
        for round in 0..10 {
            site.ask(probe, Visitor::Known, round).await;
        }
        let ask = async |visitor, round| drop(site.ask(probe, visitor, round).await);
        assert!(!can_be_told(probe.name, &random, ask).await, "{}: the time tells who is known", probe.name);
    }
}

#[tokio::test]
async fn memory() {
    nothing_can_be_told(&Site::new(async |config| Auth::in_memory(config).await.unwrap()).await).await;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[tokio::test(flavor = "multi_thread")]
async fn every_database() {
    gravity_core::testing::db::each(async |db| {
        nothing_can_be_told(&Site::new(async |config| Auth::new(db.clone(), config).await.unwrap()).await)
            .await;
    })
    .await;
}

/// A site that answers at once where nobody is known, and one that does a little more for whoever is.
#[tokio::test]
async fn faults_that_are_planted_are_found() {
    let site = Site::new(async |config| Auth::in_memory(config).await.unwrap()).await;
    let random = Random::new(7);
    let [password, _, _, forgotten, ..] = PROBES else { panic!("there are more") };
    let early = async |visitor, round| {
        // No password is hashed for nobody.
        if visitor == Visitor::Nobody {
            drop(site.ask(forgotten, visitor, round).await);
        } else {
            drop(site.ask(password, visitor, round).await);
        }
    };
    assert!(can_be_told("an early return", &random, early).await);
    let more = async |visitor, round| {
        drop(site.ask(forgotten, visitor, round).await);
        if visitor != Visitor::Nobody {
            drop(site.ask(forgotten, visitor, round).await);
        }
    };
    assert!(can_be_told("mail that is prepared for who is known", &random, more).await);
    let alike = async |visitor, round| drop(site.ask(password, visitor, round).await);
    assert!(!can_be_told("no fault", &random, alike).await);
}
