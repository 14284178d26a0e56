//! Random histories, on a store and on the one in memory at once: whatever can be seen is the same.

use std::collections::BTreeMap;
use std::time::Duration;

use super::bench::{Bench, MemoryBench};
use super::claims::{Hand, add};
use crate::jobs::{Claimed, Failure, JobFilter, JobId, JobStore as _, JobView, Keep, Outcome, Unique};
use crate::testing::Random;

/// Does what chance says, so many steps, to the bench and to a model, and compares them after each.
///
/// # Panics
///
/// When they differ.
pub async fn run_history<B: Bench>(bench: B, seed: u64, steps: usize) {
    let dice = Random::new(seed);
    let hand = Hand::new(bench).await;
    let model = Hand::at(MemoryBench::new(), hand.clock.clone()).await;
    let mut held = BTreeMap::<JobId, (Claimed, Claimed)>::new();
    let mut known = Vec::<JobId>::new();
    for step in 0..steps {
        let at = format!("step {step} of seed {seed}");
        match dice.below(12) {
            0..=2 => {
                let mut draft = add(i64::try_from(step).unwrap());
                if dice.once_in(2) {
                    draft = draft.keyed(dice.below(3));
                }
                match dice.below(6) {
                    0 => draft = draft.unique(dice.below(3), Unique::WhileOpen),
                    1 => draft = draft.unique(dice.below(3), Unique::Within(Duration::from_secs(9))),
                    _ => {}
                }
                if dice.once_in(4) {
                    draft = draft.delayed(Duration::from_secs(dice.below(9)));
                }
                draft = draft.with_priority(i16::try_from(dice.below(3)).unwrap());
                // The same ids, which come from the one's clock.
                let job = hand.jobs.prepare(draft.with_max_attempts(3)).unwrap();
                let jobs = [job];
                let one = hand.jobs.enqueue_all(&jobs).await.unwrap();
                assert_eq!(one, model.jobs.enqueue_all(&jobs).await.unwrap(), "{at}");
                known.extend(one.iter().filter(|job| job.is_new).map(|job| job.id));
            }
            3..=4 => {
                let (one, two) = (hand.claim(200).await, model.claim(200).await);
                let shown =
                    |jobs: &[Claimed]| jobs.iter().map(|job| (job.id, job.attempt())).collect::<Vec<_>>();
                assert_eq!(shown(&one), shown(&two), "{at}");
                held.extend(one.into_iter().zip(two).map(|(one, two)| (one.id, (one, two))));
            }
            5..=8 => {
                let ids: Vec<JobId> = held.keys().copied().collect();
                if ids.is_empty() {
                    continue;
                }
                let id = *dice.pick(&ids);
                // Now and then a claim is used twice.
                let (one, two) = if dice.once_in(5) { held[&id].clone() } else { held.remove(&id).unwrap() };
                let outcome = match dice.below(8) {
                    0..=1 => Outcome::Done(Keep::Not),
                    2 => Outcome::Done(Keep::ForATime),
                    3..=4 => hand.fail(&one, Failure::new("no")),
                    5 => hand.fail(&one, Failure::snooze(Duration::from_secs(dice.below(4)))),
                    6 => Outcome::GivenBack,
                    _ => hand.fail(&one, Failure::new("never").give_up()),
                };
                let written = hand.settle(&one, outcome.clone()).await;
                assert_eq!(written, model.settle(&two, outcome).await, "{at}");
            }
            9 => {
                if known.is_empty() {
                    continue;
                }
                let id = *dice.pick(&known);
                let (one, two) = if dice.once_in(2) {
                    (hand.jobs.cancel(id).await, model.jobs.cancel(id).await)
                } else {
                    (hand.jobs.retry(id).await, model.jobs.retry(id).await)
                };
                let text = |result: Result<(), crate::jobs::Error>| result.map_err(|error| error.to_string());
                assert_eq!(text(one), text(two), "{at}");
            }
            10 => match dice.below(3) {
                0 => {
                    let (one, two) = (hand.bench.store(), model.bench.store());
                    one.leave(hand.node, hand.now()).await.unwrap();
                    two.leave(model.node, hand.now()).await.unwrap();
                    one.join(hand.node).await.unwrap();
                    two.join(model.node).await.unwrap();
                }
                1 => {
                    let (one, two) = (hand.bench.store(), model.bench.store());
                    let now = hand.now();
                    let replayed = one.replay("default", 2, now).await.unwrap();
                    assert_eq!(replayed, two.replay("default", 2, now).await.unwrap(), "{at}");
                }
                _ => {
                    let before = hand.now().saturating_sub(Duration::from_secs(20));
                    let deleted = hand.bench.store().retain(before, before).await.unwrap();
                    assert_eq!(deleted, model.bench.store().retain(before, before).await.unwrap(), "{at}");
                }
            },
            _ => hand.clock.advance(Duration::from_secs(dice.below(6))),
        }
        let all = JobFilter::new();
        let one: Vec<JobView> = hand.jobs.list(&all, None, 1_000).await.unwrap();
        let two = model.jobs.list(&all, None, 1_000).await.unwrap();
        assert_eq!(one, two, "{at}");
    }
}
