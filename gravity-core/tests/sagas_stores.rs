//! The suite of sagas on every store, and random plans of failures and killed nodes.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_core::testing::db::each;
use gravity_core::testing::sagas::{Fate, MemoryBench, Plan, SqlBench, StepPlan, run_plan, suite};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    suite(|| async { MemoryBench::new() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases() {
    each(async |db| suite(|| SqlBench::new(&db)).await).await;
}

fn plan() -> impl Strategy<Value = Plan> {
    let failures = || prop_oneof![4 => Just(0), 2 => 1..3_u32, 1 => Just(3)];
    let undo_failures = prop_oneof![5 => Just(0), 2 => 1..3_u32, 1 => Just(3)];
    let step = (any::<bool>(), failures(), prop::option::weighted(0.8, undo_failures))
        .prop_map(|(is_in_tx, failures, undo_failures)| StepPlan { is_in_tx, failures, undo_failures });
    let fate = prop_oneof![
        2 => Just(Fate::Whole),
        2 => (0..40_usize).prop_map(Fate::Killed),
        1 => Just(Fate::Unsettled),
    ];
    (prop::collection::vec(step, 1..=6), prop::collection::vec(fate, 0..24))
        .prop_map(|(steps, fates)| Plan { steps, fates })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn plans_end_as_the_model_says_in_memory(plan in plan()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run_plan(MemoryBench::new(), &plan));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_end_as_the_model_says_in_databases() {
    let mut runner = TestRunner::deterministic();
    let plans: Vec<_> = (0..60).map(|_| plan().new_tree(&mut runner).unwrap().current()).collect();
    each(async |db| {
        for plan in &plans {
            run_plan(SqlBench::new(&db).await, plan).await;
        }
    })
    .await;
}

/// A saga that goes all the way and back, with a node killed after each checkpoint and at each moment of the
/// second of its jobs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_every_point() {
    let step = |is_in_tx, failures| StepPlan { is_in_tx, failures, undo_failures: Some(0) };
    let steps = vec![step(true, 0), step(false, 0), step(true, 0), step(true, 3)];
    each(async |db| {
        let every_time = Plan { steps: steps.clone(), fates: vec![Fate::Unsettled; 18] };
        run_plan(SqlBench::new(&db).await, &every_time).await;
        for job in 0..8 {
            for polls in 0..25 {
                let mut fates = vec![Fate::Whole; job];
                fates.push(Fate::Killed(polls));
                run_plan(SqlBench::new(&db).await, &Plan { steps: steps.clone(), fates }).await;
            }
        }
    })
    .await;
}
