//! Days on which clocks change, and clocks that are wrong.

use std::time::Duration;

use super::sample::{cron, every, moments, noon, on, ticks, time};
use crate::TestClock;
use crate::schedules::{Missed, ScheduleStore};

pub(super) async fn days_on_which_clocks_change<S: ScheduleStore>(store: S) {
    let schedules = [
        ("fixed", "30 2 * * *", "Europe/Berlin"),
        ("hourly", "0 * * * *", "Europe/Berlin"),
        ("half", "15 2 * * *", "Australia/Lord_Howe"),
    ];
    for (day, counts) in [
        ("2026-03-28T12:00:00Z", [2, 48, 2]),
        ("2026-10-24T12:00:00Z", [2, 48, 2]),
        ("2026-10-03T00:00:00Z", [2, 48, 2]),
        ("2026-04-04T00:00:00Z", [2, 48, 2]),
    ] {
        let clock = TestClock::at(time(day));
        let on = on(&store, &clock);
        for (name, expression, zone) in schedules {
            on.remove(name).await.unwrap();
            on.add(cron(name, expression, zone)).await.unwrap();
        }
        let before = ticks(&store).await.len();
        let mut fired = Vec::new();
        for _ in 0..48 * 6 {
            clock.advance(Duration::from_mins(10));
            fired.extend(on.fire_due().await.unwrap());
        }
        for ((name, _, _), count) in schedules.iter().zip(counts) {
            let found = fired.iter().filter(|tick| tick.schedule == *name).count();
            assert_eq!(found, count, "{name} from {day}");
        }
        assert_eq!(ticks(&store).await.len() - before, fired.len());
        let fixed: Vec<_> =
            fired.iter().filter(|tick| tick.schedule == "fixed").map(|tick| tick.at).collect();
        if day.starts_with("2026-03") {
            assert_eq!(fixed, [time("2026-03-29T01:00:00Z"), time("2026-03-30T00:30:00Z")]);
        }
        if day == "2026-10-24T12:00:00Z" {
            assert_eq!(fixed, [time("2026-10-25T00:30:00Z"), time("2026-10-26T01:30:00Z")]);
        }
    }
}

pub(super) async fn missed_ticks_go_by_their_policy<S: ScheduleStore>(store: S) {
    let clock = noon();
    let schedules = on(&store, &clock);
    let tolerance = Duration::from_mins(15);
    for (name, missed) in
        [("skip", Missed::Skip), ("once", Missed::Once), ("each", Missed::Each { limit: 3 })]
    {
        schedules.add(every(name, "10m").missed(missed).tolerating(tolerance)).await.unwrap();
    }
    // Nobody is there for an hour and five minutes: 12:50 and 13:00 are on time still.
    clock.advance(Duration::from_mins(65));
    schedules.fire_due().await.unwrap();
    let fired = ticks(&store).await;
    let of = |name: &str| {
        let ticks = fired.iter().filter(|tick| tick.schedule == name);
        ticks.map(|tick| tick.at.to_string()[11..16].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("skip"), ["12:50", "13:00"]);
    assert_eq!(of("once"), ["12:40", "12:50", "13:00"]);
    assert_eq!(of("each"), ["12:20", "12:30", "12:40", "12:50", "13:00"]);
    let state = schedules.get("each").await.unwrap();
    assert_eq!((state.fired, state.missed), (5, 4));
    assert_eq!(state.next, Some(time("2026-03-01T13:10:00Z")));
    // So many on time that they take several transactions.
    schedules.remove("skip").await.unwrap();
    schedules.add(every("dense", "1s").tolerating(Duration::from_hours(1))).await.unwrap();
    clock.advance(Duration::from_secs(250));
    let dense = schedules.fire_due().await.unwrap();
    for _ in 0..2 {
        schedules.fire_due().await.unwrap();
    }
    assert!(dense.len() >= 100);
    assert_eq!(schedules.get("dense").await.unwrap().fired, 250);
}

pub(super) async fn a_clock_that_jumps_fires_nothing_twice<S: ScheduleStore>(store: S) {
    let clock = noon();
    let schedules = on(&store, &clock);
    schedules.add(every("a", "10m").missed(Missed::Skip)).await.unwrap();
    for at in [
        "2026-03-01T12:10:00Z",
        // Back by an hour and forward again, then back by a little, then far forward.
        "2026-03-01T11:10:00Z",
        "2026-03-01T12:10:30Z",
        "2026-03-01T12:20:00Z",
        "2026-03-01T12:19:59Z",
        "2026-03-01T12:20:00Z",
        "2026-03-02T12:20:30Z",
        "2026-03-02T12:30:00Z",
    ] {
        clock.set(time(at));
        schedules.fire_due().await.unwrap();
    }
    let expected =
        ["2026-03-01T12:10:00Z", "2026-03-01T12:20:00Z", "2026-03-02T12:20:00Z", "2026-03-02T12:30:00Z"];
    assert_eq!(moments(&store).await, expected);
}

pub(super) async fn what_a_wrong_clock_fired_is_mended_by_hand<S: ScheduleStore>(store: S) {
    let clock = noon();
    let schedules = on(&store, &clock);
    schedules.add(every("a", "10m").missed(Missed::Skip)).await.unwrap();
    clock.set(time("2036-03-01T12:00:00Z"));
    assert_eq!(schedules.fire_due().await.unwrap().len(), 1);
    clock.set(time("2026-03-01T12:00:00Z"));
    // It shows where it is, ten years ahead, and fires nothing until then.
    assert_eq!(schedules.get("a").await.unwrap().next, Some(time("2036-03-01T12:10:00Z")));
    clock.advance(Duration::from_hours(1));
    assert_eq!(schedules.fire_due().await.unwrap(), []);
    schedules.resume("a").await.unwrap();
    clock.advance(Duration::from_mins(10));
    assert_eq!(schedules.fire_due().await.unwrap().len(), 1);
    assert_eq!(moments(&store).await, ["2026-03-01T13:10:00Z", "2036-03-01T12:00:00Z"]);
}
