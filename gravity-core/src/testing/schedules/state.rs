//! What a store keeps.

use super::sample::{cron, every, noon, on, time};
use crate::schedules::{ScheduleState, ScheduleStore};

pub(super) async fn what_is_kept_comes_back<S: ScheduleStore>(store: S) {
    let schedules = on(&store, &noon());
    let added = schedules.add(cron("a", "*/7 9-17 L * MON", "America/New_York")).await.unwrap();
    let kept = store.get("a").await.unwrap().unwrap();
    assert_eq!(kept, added);
    let changed = ScheduleState {
        last_tick: Some(time("2026-03-01T11:00:00.123456Z")),
        last_fired_at: Some(time("2026-03-01T11:00:01Z")),
        fired: 7,
        missed: 3,
        is_paused: true,
        next: None,
        defined_by: Some("shop".into()),
        ..kept
    };
    assert!(store.replace(1, &changed, &[]).await.unwrap());
    assert_eq!(store.get("a").await.unwrap().unwrap(), ScheduleState { revision: 2, ..changed });
    assert!(!store.insert(&added).await.unwrap());
    assert_eq!(store.get("b").await.unwrap(), None);
}

pub(super) async fn of_all_who_saw_a_revision_one_changes_it<S: ScheduleStore>(store: S) {
    let schedules = on(&store, &noon());
    let seen = schedules.add(every("a", "1m")).await.unwrap();
    let race = (0..32_i64).map(|fired| {
        let (store, state) = (store.clone(), ScheduleState { fired, ..seen.clone() });
        tokio::spawn(async move { store.replace(1, &state, &[]).await.unwrap().then_some(fired) })
    });
    let mut won = Vec::new();
    for racer in race.collect::<Vec<_>>() {
        won.extend(racer.await.unwrap());
    }
    let held = store.get("a").await.unwrap().unwrap();
    assert_eq!((won, held.revision), (vec![held.fired], 2));
    assert!(!store.remove("a", 1).await.unwrap());
    assert!(store.remove("a", 2).await.unwrap());
    assert!(!store.remove("a", 2).await.unwrap());
    assert!(!store.replace(2, &held, &[]).await.unwrap());
}

pub(super) async fn lists_and_what_is_due_are_in_order<S: ScheduleStore>(store: S) {
    let clock = noon();
    let schedules = on(&store, &clock);
    assert_eq!(store.next().await.unwrap(), None);
    for (name, span) in [("b_1", "30m"), ("b-1", "10m"), ("a", "1h"), ("b.1", "20m"), ("b", "10m")] {
        schedules.add(every(name, span)).await.unwrap();
    }
    schedules.add(every("c", "5m").paused()).await.unwrap();
    let names = |states: Vec<ScheduleState>| states.into_iter().map(|state| state.name).collect::<Vec<_>>();
    assert_eq!(names(store.list(None, 3).await.unwrap()), ["a", "b", "b-1"]);
    assert_eq!(names(store.list(Some("b-1"), 9).await.unwrap()), ["b.1", "b_1", "c"]);
    assert_eq!(store.next().await.unwrap(), Some(time("2026-03-01T12:10:00Z")));
    assert_eq!(names(store.due(clock.now(), 9).await.unwrap()), [""; 0]);
    let later = time("2026-03-01T12:30:00Z");
    assert_eq!(names(store.due(later, 9).await.unwrap()), ["b", "b-1", "b.1", "b_1"]);
    assert_eq!(names(store.due(later, 2).await.unwrap()), ["b", "b-1"]);
}
