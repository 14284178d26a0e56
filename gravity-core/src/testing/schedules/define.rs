//! Schedules of a program's code, and those that are added while it runs.

use std::time::Duration;

use super::sample::{Ring, cron, every, moments, noon, on, time};
use crate::schedules::{Error, Recurrence, Schedule, ScheduleStore, Undefined};

const VANISHES: Undefined = Undefined::Vanishes;

pub(super) async fn definitions_take_effect_at_once<S: ScheduleStore>(store: S) {
    let clock = noon();
    let schedules = on(&store, &clock);
    schedules.define("shop", vec![every("a", "1h")], VANISHES).await.unwrap();
    let first = schedules.get("a").await.unwrap();
    assert_eq!(first.next, Some(time("2026-03-01T13:00:00Z")));
    // The same again changes nothing, not even the revision.
    clock.advance(Duration::from_mins(5));
    schedules.define("shop", vec![every("a", "1h")], VANISHES).await.unwrap();
    assert_eq!(schedules.get("a").await.unwrap(), first);
    // Another job, at the same times: what is due stays due.
    clock.advance(Duration::from_mins(55));
    let other = Ring { bell: "other".into() };
    let changed = Schedule::new("a", Recurrence::every("1h").unwrap(), other).unwrap();
    schedules.define("shop", vec![changed], VANISHES).await.unwrap();
    assert_eq!(schedules.get("a").await.unwrap().next, first.next);
    assert_eq!(schedules.fire_due().await.unwrap().len(), 1);
    // Other times hold at once, and fire no tick again.
    schedules.define("shop", vec![every("a", "10m")], VANISHES).await.unwrap();
    assert_eq!(schedules.get("a").await.unwrap().next, Some(time("2026-03-01T13:10:00Z")));
    // Who paused it has paused it.
    schedules.pause("a").await.unwrap();
    schedules.define("shop", vec![every("a", "1m")], VANISHES).await.unwrap();
    let paused = schedules.get("a").await.unwrap();
    assert_eq!((paused.is_paused, paused.next), (true, None));
    clock.advance(Duration::from_hours(1));
    assert_eq!(schedules.fire_due().await.unwrap(), []);
    assert_eq!(moments(&store).await, ["2026-03-01T13:00:00Z"]);
}

pub(super) async fn undefined_ones_vanish_or_stay<S: ScheduleStore>(store: S) {
    let schedules = on(&store, &noon());
    schedules.define("shop", vec![every("a", "1h"), every("b", "1h")], VANISHES).await.unwrap();
    schedules.define("bank", vec![every("c", "1h")], VANISHES).await.unwrap();
    schedules.add(every("d", "1h")).await.unwrap();
    let names = async || {
        let states = schedules.list(None, 10).await.unwrap();
        states.into_iter().map(|state| state.name).collect::<Vec<_>>()
    };
    schedules.define("shop", vec![every("b", "1h")], Undefined::Stays).await.unwrap();
    assert_eq!(names().await, ["a", "b", "c", "d"]);
    schedules.define("shop", vec![every("b", "1h")], VANISHES).await.unwrap();
    assert_eq!(names().await, ["b", "c", "d"]);
    schedules.define("shop", vec![], VANISHES).await.unwrap();
    assert_eq!(names().await, ["c", "d"]);
}

pub(super) async fn names_belong_to_who_had_them_first<S: ScheduleStore>(store: S) {
    let schedules = on(&store, &noon());
    schedules.define("shop", vec![every("a", "1h")], VANISHES).await.unwrap();
    let taken = schedules.define("bank", vec![every("a", "1m")], VANISHES).await;
    assert!(matches!(taken, Err(Error::Taken)));
    assert!(matches!(schedules.add(every("a", "1m")).await, Err(Error::Taken)));
    let twice = schedules.define("bank", vec![every("b", "1m"), every("b", "1h")], VANISHES).await;
    assert!(matches!(twice, Err(Error::Invalid { .. })));
    for never in [cron("b", "0 0 30 2 *", "UTC"), once("b", "2026-03-01T12:00:00Z")] {
        assert!(matches!(schedules.add(never.clone()).await, Err(Error::Invalid { what: "recurrence", .. })));
        assert!(schedules.define("bank", vec![never], VANISHES).await.is_err());
    }
    for name in ["", "A", "a b", "é", "a@b", &"a".repeat(101)] {
        let refused = Schedule::new(name, Recurrence::every("1h").unwrap(), Ring { bell: String::new() });
        assert!(matches!(refused, Err(Error::Invalid { what: "name", .. })), "{name}");
    }
    assert_eq!(schedules.list(None, 10).await.unwrap().len(), 1);
}

fn once(name: &str, at: &str) -> Schedule {
    Schedule::new(name, Recurrence::once(time(at)), Ring { bell: "once".into() }).unwrap()
}

pub(super) async fn many_nodes_define_at_once<S: ScheduleStore>(store: S) {
    let clock = noon();
    let nodes = (0..12).map(|node| {
        let schedules = on(&store, &clock);
        tokio::spawn(async move {
            let spans = ["1h", "30m"];
            let all = ["a", "b", "c"].map(|name| every(name, spans[node % 2]));
            schedules.define("shop", all.to_vec(), VANISHES).await
        })
    });
    for node in nodes.collect::<Vec<_>>() {
        node.await.unwrap().unwrap();
    }
    assert_eq!(on(&store, &clock).list(None, 10).await.unwrap().len(), 3);
}

pub(super) async fn added_ones_are_changed_and_removed<S: ScheduleStore>(store: S) {
    let clock = noon();
    let schedules = on(&store, &clock);
    schedules.add(once("a", "2026-03-01T12:30:00Z")).await.unwrap();
    let changed = schedules.change(once("a", "2026-03-01T12:20:00Z")).await.unwrap();
    assert_eq!((changed.next, changed.revision), (Some(time("2026-03-01T12:20:00Z")), 2));
    assert!(matches!(schedules.change(once("b", "2026-03-02T00:00:00Z")).await, Err(Error::NotFound)));
    schedules.define("shop", vec![every("c", "1h")], VANISHES).await.unwrap();
    assert!(matches!(schedules.change(every("c", "1m")).await, Err(Error::Invalid { .. })));
    clock.advance(Duration::from_mins(20));
    assert_eq!(schedules.fire_due().await.unwrap().len(), 1);
    // It was once, and is not deleted: it shows that it was.
    let over = schedules.get("a").await.unwrap();
    assert_eq!((over.next, over.fired, over.last_tick), (None, 1, Some(clock.now())));
    schedules.remove("a").await.unwrap();
    schedules.remove("a").await.unwrap();
    assert!(matches!(schedules.get("a").await, Err(Error::NotFound)));
}
