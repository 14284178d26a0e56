//! From ticks to jobs.

use std::collections::BTreeSet;
use std::time::Duration;

use super::sample::{cron, every, jobs, moments, noon, on, ring, ticks, time};
use crate::jobs::{JobDraft, Unique};
use crate::schedules::{Error, Recurrence, Schedule, ScheduleNode, ScheduleStore, Schedules, Tick};
use crate::testing::wait::until;
use crate::{Metrics, TestClock};

pub(super) async fn a_tick_becomes_a_job_that_knows_it<S: ScheduleStore>(store: S) {
    let (clock, metrics) = (noon(), Metrics::new());
    let schedules = on(&store, &clock).with_metrics(metrics.clone());
    let draft = JobDraft::new(ring())
        .in_queue("bells")
        .with_priority(7)
        .delayed(Duration::from_secs(90))
        .keyed("tower")
        .with_max_attempts(3)
        .with_timeout(Duration::from_secs(5));
    let hourly = Schedule::new("hourly", Recurrence::every("1h").unwrap(), draft).unwrap();
    schedules.add(hourly).await.unwrap();
    assert_eq!(schedules.fire_due().await.unwrap(), []);
    clock.advance(Duration::from_secs(3_620));
    let tick = Tick { schedule: "hourly".into(), at: time("2026-03-01T13:00:00Z") };
    assert_eq!(schedules.fire_due().await.unwrap(), std::slice::from_ref(&tick));
    assert_eq!(schedules.fire_due().await.unwrap(), []);

    let jobs = jobs(&store).await;
    let [job] = jobs.as_slice() else { panic!("{jobs:?}") };
    assert_eq!((job.queue.as_str(), job.kind.as_str(), job.priority), ("bells", "bell.ring", 7));
    assert_eq!((job.key.as_deref(), job.max_attempts), (Some("tower"), 3));
    assert_eq!(serde_json::from_str::<super::Ring>(&job.payload).unwrap(), ring());
    assert_eq!(job.correlation.as_ref().unwrap().parse(), Ok(tick.clone()));
    assert_eq!(job.unique_key, Some(tick.to_string()));
    assert_eq!(job.run_at, time("2026-03-01T13:01:30Z"));

    let state = schedules.get("hourly").await.unwrap();
    assert_eq!((state.next, state.last_tick), (Some(time("2026-03-01T14:00:00Z")), Some(tick.at)));
    assert_eq!((state.last_fired_at, state.fired, state.missed), (Some(clock.now()), 1, 0));
    assert!(metrics.render().contains("schedules_fired_total 1\n"), "{}", metrics.render());
}

pub(super) async fn of_sixteen_who_fire_one_does<S: ScheduleStore>(store: S) {
    let start = noon();
    for name in ["a", "b", "c"] {
        on(&store, &start).add(every(name, "10s")).await.unwrap();
    }
    // Their clocks differ by seconds, and each goes on in steps of its own.
    let nodes = (0..16_u64).map(|node| {
        let clock = TestClock::at(start.now().checked_add(Duration::from_millis(node * 300)).unwrap());
        let schedules = on(&store, &clock);
        tokio::spawn(async move {
            let mut fired = Vec::new();
            for step in 0..30 {
                clock.advance(Duration::from_millis(5_000 + (node * 37 + step * 113) % 900));
                fired.extend(schedules.fire_due().await.unwrap());
            }
            (fired, clock.now())
        })
    });
    let (mut fired, mut last) = (Vec::new(), start.now());
    for node in nodes.collect::<Vec<_>>() {
        let (ticks, now) = node.await.unwrap();
        fired.extend(ticks);
        last = last.max(now);
    }
    fired.sort_by_key(|tick| (tick.at, tick.schedule.clone()));
    assert_eq!(fired, ticks(&store).await);
    let count = usize::try_from(last.saturating_since(start.now()).as_secs() / 10).unwrap() * 3;
    assert_eq!(fired.len(), count);
    assert_eq!(fired.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), count);
}

pub(super) async fn who_is_killed_loses_and_doubles_nothing<S: ScheduleStore>(store: S) {
    let clock = noon();
    for name in ["a", "b"] {
        on(&store, &clock).add(every(name, "1s")).await.unwrap();
    }
    for round in 0..40_u32 {
        clock.advance(Duration::from_secs(1));
        let victims: Vec<_> = (0..2)
            .map(|_| {
                let schedules = on(&store, &clock);
                tokio::spawn(async move { schedules.fire_due().await })
            })
            .collect();
        for _ in 0..round % 20 {
            tokio::task::yield_now().await;
        }
        for victim in victims {
            victim.abort();
            let _ = victim.await;
        }
    }
    on(&store, &clock).fire_due().await.unwrap();
    let ticks = ticks(&store).await;
    assert_eq!(ticks.len(), 80);
    assert_eq!(ticks.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), 80);
}

pub(super) async fn a_job_of_its_own_key_keeps_the_next_out<S: ScheduleStore>(store: S) {
    let clock = noon();
    let schedules = on(&store, &clock);
    let draft = JobDraft::new(ring()).unique("one at a time", Unique::WhileOpen);
    schedules.add(Schedule::new("a", Recurrence::every("1m").unwrap(), draft).unwrap()).await.unwrap();
    for _ in 0..3 {
        clock.advance(Duration::from_mins(1));
        assert_eq!(schedules.fire_due().await.unwrap().len(), 1);
    }
    assert_eq!(moments(&store).await, ["2026-03-01T12:01:00Z"]);
}

pub(super) async fn pauses_and_runs_by_hand<S: ScheduleStore>(store: S) {
    let clock = noon();
    let schedules = on(&store, &clock);
    schedules.add(cron("a", "0 * * * *", "UTC")).await.unwrap();
    let preview = schedules.preview("a", 3).await.unwrap();
    assert_eq!(preview, ["13", "14", "15"].map(|hour| time(&format!("2026-03-01T{hour}:00:00Z"))));
    schedules.pause("a").await.unwrap();
    assert_eq!(schedules.preview("a", 3).await.unwrap(), preview);
    clock.advance(Duration::from_mins(150));
    assert_eq!(schedules.fire_due().await.unwrap(), []);
    assert!(schedules.run_now("a").await.unwrap().is_new);
    assert!(!schedules.run_now("a").await.unwrap().is_new, "twice in the same moment");
    // What passed in the pause was not missed.
    let resumed = schedules.resume("a").await.unwrap();
    assert_eq!((resumed.is_paused, resumed.next), (false, Some(time("2026-03-01T15:00:00Z"))));
    assert_eq!(resumed, schedules.get("a").await.unwrap());
    clock.advance(Duration::from_mins(30));
    assert_eq!(schedules.fire_due().await.unwrap().len(), 1);
    // A node whose clock is a little behind does not fire it again.
    clock.set(time("2026-03-01T14:59:50Z"));
    schedules.resume("a").await.unwrap();
    clock.advance(Duration::from_secs(20));
    assert_eq!(schedules.fire_due().await.unwrap(), []);
    assert_eq!(moments(&store).await, ["2026-03-01T14:30:00Z", "2026-03-01T15:00:00Z"]);
    for result in [schedules.pause("b").await, schedules.resume("b").await, schedules.get("b").await] {
        assert!(matches!(result, Err(Error::NotFound)));
    }
    assert!(matches!(schedules.run_now("b").await, Err(Error::NotFound)));
    assert!(matches!(schedules.preview("b", 1).await, Err(Error::NotFound)));
}

pub(super) async fn a_node_fires_when_it_is_time<S: ScheduleStore>(store: S) {
    let clock = noon();
    let schedules: Schedules<S> = on(&store, &clock);
    schedules.add(every("a", "1h")).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let node = ScheduleNode::new(schedules.clone());
    let node = tokio::spawn(async move {
        node.run_until(async {
            let _ = stopped.await;
        })
        .await;
    });
    // It sleeps until the next look and the next tick.
    clock.wait_for_sleepers(2).await;
    clock.advance(Duration::from_hours(1));
    until("the tick is fired", async || moments(&store).await.len() == 1).await;
    // One that is added meanwhile is found by looking.
    clock.wait_for_sleepers(2).await;
    schedules.add(every("b", "2s")).await.unwrap();
    until("the new one is fired", async || {
        clock.advance(Duration::from_millis(500));
        moments(&store).await.len() >= 3
    })
    .await;
    stop.send(()).unwrap();
    node.await.unwrap();
}
