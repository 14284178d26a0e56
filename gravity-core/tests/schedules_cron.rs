//! Cron expressions: what is read, and when their ticks come, against a model that looks at every minute.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gravity_core::Timestamp;
use gravity_core::schedules::{Cron, CronError, CronField, Zone};
use jiff::civil::{Date, DateTime};
use proptest::prelude::*;

fn cron(text: &str) -> Cron {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next ticks as the clocks of the zone show them.
fn ticks(text: &str, name: &str, after: &str, count: usize) -> Vec<String> {
    let (cron, zone) = (cron(text), zone(name));
    let shown = |tick: Timestamp| {
        let zoned = tick.to_jiff().to_zoned(zone.time_zone().clone());
        zoned.strftime("%a %Y-%m-%dT%H:%M:%S%:z").to_string()
    };
    cron.after(time(after), &zone).take(count).map(shown).collect()
}

#[test]
fn forms_and_their_one_way_to_be_written() {
    for (text, written) in [
        ("* * * * *", "* * * * *"),
        ("  0\t12 *  * 1 ", "0 12 * * 1"),
        ("0 0 12 * * *", "0 12 * * *"),
        ("*/10 * * * * *", "*/10 * * * * *"),
        ("0 9 * jan-MAR Mon-Fri", "0 9 * 1-3 1-5"),
        ("0 9 * * FRI-SUN", "0 9 * * 5-7"),
        ("0 9 * * 0,7", "0 9 * * 0,7"),
        ("5/20 * * * *", "5-59/20 * * * *"),
        ("0 0 * * 2/2", "0 0 * * 2-6/2"),
        ("0 0 L,L-3,15w,lw * *", "0 0 L,L-3,15W,LW * *"),
        ("0 0 * * fri#2,5L,7#1", "0 0 * * 5#2,5L,0#1"),
        ("1,2-4,5-10/5 0 1 1 *", "1,2-4,5-10/5 0 1 1 *"),
        ("@daily", "0 0 * * *"),
        ("@Yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
    ] {
        let read = cron(text);
        assert_eq!(read.to_string(), written);
        assert_eq!(cron(written), read);
        assert_eq!(serde_json::to_value(&read).unwrap(), written);
    }
}

#[test]
fn errors_name_the_field_and_the_part() {
    use CronField::{DayOfMonth, DayOfWeek, Hour, Minute, Month, Second};
    for (text, field, part, says) in [
        ("60 * * * *", Minute, "60", "lies outside 0 to 59"),
        ("* 24 * * *", Hour, "24", "lies outside 0 to 23"),
        ("* * 0 * *", DayOfMonth, "0", "lies outside 1 to 31"),
        ("* * 32 * *", DayOfMonth, "32", "lies outside 1 to 31"),
        ("* * * 13 *", Month, "13", "lies outside 1 to 12"),
        ("* * * * 8", DayOfWeek, "8", "lies outside 0 to 7"),
        ("61 * * * * *", Second, "61", "lies outside 0 to 59"),
        ("* * * * 99999999999", DayOfWeek, "99999999999", "lies outside 0 to 7"),
        ("1,,2 * * * *", Minute, "", "is empty"),
        ("* 9-5 * * *", Hour, "9-5", "ends before it begins"),
        ("* * * * SAT-MON", DayOfWeek, "SAT-MON", "ends before it begins"),
        ("*/0 * * * *", Minute, "*/0", "has a step"),
        ("*/-1 * * * *", Minute, "*/-1", "has a step"),
        ("*/1/2 * * * *", Minute, "*/1/2", "has a step"),
        ("*/256 * * * *", Minute, "*/256", "has a step"),
        ("+1 * * * *", Minute, "+1", "is no number"),
        ("1-2-3 * * * *", Minute, "1-2-3", "is no number"),
        ("- * * * *", Minute, "-", "is no number"),
        ("** * * * *", Minute, "**", "is no number"),
        ("* MON * * *", Hour, "MON", "is no number"),
        ("* * * MON *", Month, "MON", "is no month"),
        ("* * * * JAN", DayOfWeek, "JAN", "is no day"),
        ("* * ? * *", DayOfMonth, "?", "is no day"),
        ("* * 32W * *", DayOfMonth, "32W", "lies outside"),
        ("* * L-31 * *", DayOfMonth, "L-31", "counts back"),
        ("* * L/2 * *", DayOfMonth, "L/2", "is no day"),
        ("* * * * L", DayOfWeek, "L", "says not which day"),
        ("* * * * 5#6", DayOfWeek, "5#6", "from 1 to 5"),
        ("* * * * 5#0", DayOfWeek, "5#0", "from 1 to 5"),
        ("* * * * 8#1", DayOfWeek, "8#1", "lies outside"),
        ("１ * * * *", Minute, "１", "is no number"),
        ("* * * * ＭＯＮ", DayOfWeek, "ＭＯＮ", "is no day"),
    ] {
        let error = text.parse::<Cron>().unwrap_err();
        let CronError::Field { field: of, part: named, reason } = &error else { panic!("{text}: {error}") };
        assert_eq!((*of, named.as_str()), (field, part), "{text}");
        assert!(reason.contains(says), "{text}: {reason}");
        assert!(error.to_string().starts_with(&format!("the {field} field: `{part}` ")), "{error}");
    }
    for (text, count) in [("", 0), ("* * * *", 4), ("* * * * * * *", 7), ("*\u{a0}* * * *", 4)] {
        assert_eq!(text.parse::<Cron>(), Err(CronError::FieldCount(count)));
    }
    assert_eq!("@reboot".parse::<Cron>(), Err(CronError::Alias("@reboot".into())));
    let long = format!("{} * * * *", vec!["1"; 300].join(","));
    assert_eq!(long.parse::<Cron>(), Err(CronError::TooLong));
    let part = format!("{} * * * *", "x".repeat(300));
    assert!(part.parse::<Cron>().unwrap_err().to_string().len() < 120);
}

#[test]
fn days_by_either_field_unless_one_is_a_star() {
    let after = "2026-02-01T00:00:00Z";
    assert_eq!(
        ticks("0 0 13 * FRI", "UTC", after, 5),
        [
            "Fri 2026-02-06T00:00:00+00:00",
            "Fri 2026-02-13T00:00:00+00:00",
            "Fri 2026-02-20T00:00:00+00:00",
            "Fri 2026-02-27T00:00:00+00:00",
            "Fri 2026-03-06T00:00:00+00:00",
        ]
    );
    assert_eq!(
        ticks("0 0 */2 * MON", "UTC", after, 3),
        ["Mon 2026-02-09T00:00:00+00:00", "Mon 2026-02-23T00:00:00+00:00", "Mon 2026-03-09T00:00:00+00:00"]
    );
    assert_eq!(ticks("0 0 13 * */1", "UTC", after, 1), ["Fri 2026-02-13T00:00:00+00:00"]);
}

#[test]
fn days_told_by_their_place() {
    let after = "2026-01-31T12:00:00Z";
    for (text, expected) in [
        ("0 0 L * *", ["Sat 2026-02-28", "Tue 2026-03-31", "Thu 2026-04-30"]),
        ("0 0 L-1 * *", ["Fri 2026-02-27", "Mon 2026-03-30", "Wed 2026-04-29"]),
        ("0 0 LW * *", ["Fri 2026-02-27", "Tue 2026-03-31", "Thu 2026-04-30"]),
        ("0 0 15W * *", ["Mon 2026-02-16", "Mon 2026-03-16", "Wed 2026-04-15"]),
        ("0 0 1W * *", ["Mon 2026-02-02", "Mon 2026-03-02", "Wed 2026-04-01"]),
        ("0 0 28W * *", ["Fri 2026-02-27", "Fri 2026-03-27", "Tue 2026-04-28"]),
        ("0 0 31W * *", ["Tue 2026-03-31", "Fri 2026-05-29", "Fri 2026-07-31"]),
        ("0 0 * * FRI#2", ["Fri 2026-02-13", "Fri 2026-03-13", "Fri 2026-04-10"]),
        ("0 0 * * 1#5", ["Mon 2026-03-30", "Mon 2026-06-29", "Mon 2026-08-31"]),
        ("0 0 * * SUNL", ["Sun 2026-02-22", "Sun 2026-03-29", "Sun 2026-04-26"]),
        ("0 0 L-30 * *", ["Sun 2026-03-01", "Fri 2026-05-01", "Wed 2026-07-01"]),
    ] {
        let found: Vec<String> = ticks(text, "UTC", after, 3).iter().map(|tick| tick[..14].into()).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn rare_and_impossible_days_end() {
    assert_eq!(ticks("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1), ["Fri 2104-02-29T00:00:00+00:00"]);
    // Fifth Mondays of Februaries are 40 years apart where a century has no leap day.
    assert_eq!(ticks("0 0 * 2 1#5", "UTC", "2072-03-01T00:00:00Z", 1), ["Mon 2112-02-29T00:00:00+00:00"]);
    for zone in ["UTC", "Europe/Berlin", "Africa/Casablanca"] {
        for text in ["0 0 30 2 *", "* * 31 2,4,6,9,11 *", "0 0 31W 2 *", "* * L-29 2 *", "* * L-30 4 *"] {
            assert_eq!(ticks(text, zone, "1800-01-01T00:00:00Z", 1), [] as [&str; 0], "{text}");
        }
    }
}

#[test]
fn the_ends_of_time() {
    let (every, berlin) = (cron("* * * * *"), zone("Europe/Berlin"));
    assert_eq!(every.next(Timestamp::MAX, &berlin), None);
    assert_eq!(cron("0 3 * * *").next(Timestamp::MAX, &berlin), None);
    assert_eq!(every.next(Timestamp::MIN, &Zone::UTC), Some(time("0001-01-01T00:01:00Z")));
    assert!(every.next(Timestamp::MIN, &zone("America/New_York")).is_some());
    assert!(cron("0 3 * * *").next(Timestamp::MIN, &zone("America/New_York")).is_some());
    assert_eq!(
        ticks("0 3 1 1 *", "America/New_York", "9998-06-01T00:00:00Z", 1),
        ["Fri 9999-01-01T03:00:00-05:00"]
    );
    // Sub-seconds before a tick, and on it.
    assert_eq!(every.next(time("2026-01-01T00:00:59.999999Z"), &berlin), Some(time("2026-01-01T00:01:00Z")));
    assert_eq!(every.next(time("2026-01-01T00:01:00Z"), &berlin), Some(time("2026-01-01T00:02:00Z")));
    assert_eq!(every.next(time("1969-12-31T23:59:59.5Z"), &berlin), Some(time("1970-01-01T00:00:00Z")));
}

#[test]
fn times_of_a_day_across_clock_changes() {
    assert_eq!(
        ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
        ["Sun 2026-10-25T02:30:00+02:00", "Mon 2026-10-26T02:30:00+01:00"]
    );
    // All of them lie in the gap, and come as one; so does the one that lies at its end.
    assert_eq!(
        ticks("*/15 2-3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3),
        ["Sun 2026-03-29T03:00:00+02:00", "Sun 2026-03-29T03:15:00+02:00", "Sun 2026-03-29T03:30:00+02:00"]
    );
    // From within the second pass nothing is shown again.
    assert_eq!(
        ticks("*/20 1-2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1),
        ["Mon 2026-10-26T01:00:00+01:00"]
    );
    assert_eq!(
        ticks("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T10:00:00Z", 2),
        ["Sun 2026-10-04T02:30:00+11:00", "Mon 2026-10-05T02:15:00+11:00"]
    );
    assert_eq!(
        ticks("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T10:00:00Z", 2),
        ["Sun 2026-04-05T01:45:00+11:00", "Mon 2026-04-06T01:45:00+10:30"]
    );
    assert_eq!(
        ticks("0 9 * * *", "Pacific/Apia", "2011-12-29T19:00:01Z", 3),
        ["Sat 2011-12-31T00:00:00+14:00", "Sat 2011-12-31T09:00:00+14:00", "Sun 2012-01-01T09:00:00+14:00"]
    );
    // The clocks of Berlin were put forward by 6 min 32 s at the end of March 1893.
    assert_eq!(
        ticks("3 0 1 4 *", "Europe/Berlin", "1893-01-01T00:00:00Z", 1),
        ["Sat 1893-04-01T00:06:32+01:00"]
    );
}

#[test]
fn what_goes_by_the_clock_goes_on() {
    let hours = |text, name, after: &str| {
        let (cron, zone) = (cron(text), zone(name));
        let ticks: Vec<_> = cron.after(time(after), &zone).take(6).collect();
        ticks.windows(2).map(|two| two[1].saturating_since(two[0]).as_secs()).collect::<Vec<_>>()
    };
    for after in ["2026-03-28T22:00:00Z", "2026-10-24T22:00:00Z"] {
        assert_eq!(hours("0 * * * *", "Europe/Berlin", after), [3600; 5]);
        assert_eq!(hours("*/30 * * * *", "Europe/Berlin", after), [1800; 5]);
        assert_eq!(hours("*/10 * * * * *", "Europe/Berlin", after), [10; 5]);
    }
    // Half an hour: the hour from 1:00 to 2:00 has 90 minutes then.
    assert_eq!(
        ticks("45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", 3),
        ["Sun 2026-04-05T01:45:00+11:00", "Sun 2026-04-05T01:45:00+10:30", "Sun 2026-04-05T02:45:00+10:30"]
    );
    assert_eq!(
        ticks("15 * * * *", "Australia/Lord_Howe", "2026-10-03T14:50:00Z", 2),
        ["Sun 2026-10-04T03:15:00+11:00", "Sun 2026-10-04T04:15:00+11:00"]
    );
}

#[test]
fn many_ticks_and_long_overlaps_are_walked() {
    // Alaska's clocks went back by a day in 1867, and Berlin's skip 3,600 of these.
    assert_eq!(ticks("* * 2-3 * * *", "Europe/Berlin", "2026-03-29T00:59:59Z", 5_000).len(), 5_000);
    assert_eq!(ticks("* * 0-23 * * *", "America/Anchorage", "1867-10-18T00:00:00Z", 5_000).len(), 5_000);
}

#[test]
fn zones_by_name() {
    assert_eq!(zone("europe/berlin").name(), "Europe/Berlin");
    assert_eq!(zone("utc"), Zone::UTC);
    for bad in
        ["", "Mars/Base", "../../etc/passwd", "/etc/localtime", "Europe/Berlin\0", "Europe Berlin", "é"]
    {
        assert!(bad.parse::<Zone>().is_err(), "{bad}");
    }
    assert_eq!(serde_json::from_value::<Zone>("Asia/Tokyo".into()).unwrap().to_string(), "Asia/Tokyo");
}

/// An expression with the numbers it stands for, worked out by the test.
#[derive(Debug, Clone)]
struct Model {
    text: String,
    minutes: BTreeSet<i8>,
    hours: BTreeSet<i8>,
    by_month: BTreeSet<i8>,
    last: bool,
    months: BTreeSet<i8>,
    by_week: BTreeSet<i8>,
    nth: Option<(i8, i8)>,
    either: bool,
    goes_by_the_clock: bool,
}

impl Model {
    fn means(&self, at: DateTime) -> bool {
        self.minutes.contains(&at.minute())
            && self.hours.contains(&at.hour())
            && self.months.contains(&at.month())
            && self.means_day(at.date())
    }

    fn means_day(&self, date: Date) -> bool {
        let of_week = date.weekday().to_sunday_zero_offset();
        let month = self.by_month.contains(&date.day()) || self.last && date.day() == date.days_in_month();
        let week = self.by_week.contains(&of_week)
            || self.nth.is_some_and(|(day, nth)| day == of_week && (date.day() - 1) / 7 + 1 == nth);
        if self.either { month || week } else { month && week }
    }

    /// All ticks after `start` up to `end`, both full minutes in a zone of full minutes, by looking at each.
    fn ticks(&self, start: Timestamp, end: Timestamp, zone: &Zone) -> Vec<Timestamp> {
        // Times before the start may come after it.
        let from = start.as_seconds() - 2 * 86_400;
        let instants = (from / 60..=end.as_seconds() / 60).map(|minute| {
            let instant = Timestamp::from_seconds(minute * 60).unwrap();
            (instant, zone.time_zone().to_datetime(instant.to_jiff()))
        });
        let instants: Vec<_> = instants.collect();
        let mut ticks = BTreeSet::new();
        if self.goes_by_the_clock {
            ticks
                .extend(instants.iter().filter(|(_, shown)| self.means(*shown)).map(|(instant, _)| *instant));
        } else {
            let mut first = BTreeMap::new();
            for (instant, shown) in &instants {
                first.entry(*shown).or_insert(*instant);
            }
            let mut shown = instants[0].1;
            let last = instants.iter().map(|(_, shown)| *shown).max().unwrap();
            while shown <= last {
                if self.means(shown) {
                    let skipped = || instants.iter().find(|(_, later)| *later > shown).map(|(at, _)| *at);
                    ticks.extend(first.get(&shown).copied().or_else(skipped));
                }
                shown = shown.checked_add(jiff::SignedDuration::from_mins(1)).unwrap();
            }
        }
        ticks.into_iter().filter(|tick| *tick > start && *tick <= end).collect()
    }
}

/// A field's text, its numbers, and whether it begins with a star.
fn field(least: i8, most: i8) -> impl Strategy<Value = (String, BTreeSet<i8>, bool)> {
    let star = Just(("*".to_owned(), (least..=most).collect(), true));
    let steps = (1..=most).prop_map(move |step| {
        let numbers = (least..=most).step_by(usize::try_from(step).unwrap()).collect();
        (format!("*/{step}"), numbers, true)
    });
    let one = (least..=most).prop_map(|number| (number.to_string(), BTreeSet::from([number]), false));
    let range = (least..=most, least..=most, 1..9_i8).prop_map(|(one, other, step)| {
        let (from, to) = (one.min(other), one.max(other));
        let numbers = (from..=to).step_by(usize::try_from(step).unwrap()).collect();
        (format!("{from}-{to}/{step}"), numbers, false)
    });
    let list = prop::collection::btree_set(least..=most, 1..6).prop_map(|numbers| {
        let text: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        (text.join(","), numbers, false)
    });
    prop_oneof![2 => star, 1 => steps, 2 => one, 1 => range, 1 => list]
}

prop_compose! {
    fn model()(
        minute in field(0, 59),
        hour in prop_oneof![field(0, 23), field(0, 4)],
        day_of_month in field(1, 31),
        last: bool,
        month in prop_oneof![4 => Just(("*".to_owned(), (1..=12).collect(), true)), 1 => field(1, 12)],
        day_of_week in field(0, 6),
        nth in prop::option::of((0..7_i8, 1..=5_i8)),
    ) -> Model {
        // A star of a list of days stands first, or it is none.
        let dom = if last { format!("{},L", day_of_month.0) } else { day_of_month.0.clone() };
        let dow = match nth {
            Some((day, nth)) => format!("{},{day}#{nth}", day_of_week.0),
            None => day_of_week.0.clone(),
        };
        // Stars with steps of the smaller range mean other hours than the field's own.
        let hours = if hour.2 && hour.1.iter().all(|hour| *hour <= 4) {
            cron_hours(&hour.0)
        } else {
            hour.1
        };
        Model {
            text: format!("{} {} {dom} {} {dow}", minute.0, hour.0, month.0),
            minutes: minute.1,
            hours,
            by_month: day_of_month.1,
            last,
            months: month.1,
            by_week: day_of_week.1,
            nth,
            either: !day_of_month.2 && !day_of_week.2,
            goes_by_the_clock: hour.2,
        }
    }
}

fn cron_hours(text: &str) -> BTreeSet<i8> {
    let step = text.strip_prefix("*/").map_or(1, |step| step.parse().unwrap());
    (0..24).step_by(step).collect()
}

/// Zones, and moments near which their clocks change.
const CHANGES: [(&str, &str); 16] = [
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("America/New_York", "2107-03-13T07:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("Africa/Casablanca", "2026-03-22T02:00:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("Asia/Kathmandu", "1985-12-31T18:30:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00:00Z"),
    ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
    ("America/Caracas", "2007-12-09T07:00:00Z"),
    ("UTC", "2024-02-28T12:00:00Z"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn ticks_are_those_of_the_model(model in model(), change in 0..CHANGES.len(), off in -3000..1500_i64) {
        let (name, near) = CHANGES[change];
        let zone = zone(name);
        let start = Timestamp::from_seconds(time(near).as_seconds() + off * 60).unwrap();
        let end = start.checked_add(Duration::from_hours(60)).unwrap();
        let cron = cron(&model.text);
        let expected = model.ticks(start, end, &zone);
        let found: Vec<_> = cron.after(start, &zone).take_while(|tick| *tick <= end).collect();
        prop_assert_eq!(&found, &expected, "{} in {}", model.text, name);
        // From anywhere between two ticks the same one is next.
        for (at, tick) in expected.iter().enumerate().take(40) {
            let before = tick.checked_sub(Duration::from_micros(1)).unwrap();
            prop_assert_eq!(cron.next(before, &zone), Some(*tick));
            if let Some(next) = expected.get(at + 1) {
                let between = i64::midpoint(tick.as_micros(), next.as_micros());
                prop_assert_eq!(cron.next(Timestamp::from_micros(between).unwrap(), &zone), Some(*next));
            }
        }
    }

    #[test]
    fn what_is_written_reads_the_same(model in model()) {
        let read = cron(&model.text);
        prop_assert_eq!(cron(&read.to_string()), read);
    }

    #[test]
    fn no_text_does_harm(text in "[0-9*/,LW# -]{0,40}|[@A-Za-z0-9 ]{0,30}|\\PC{0,40}", second in -1 << 36..1_i64 << 37) {
        if let Ok(cron) = text.parse::<Cron>() {
            prop_assert_eq!(cron.to_string().parse::<Cron>().unwrap(), cron.clone());
            let after = Timestamp::from_seconds(second).unwrap();
            for name in ["UTC", "Europe/Berlin", "Australia/Lord_Howe"] {
                if let Some(tick) = cron.next(after, &zone(name)) {
                    prop_assert!(tick > after);
                }
            }
        }
    }
}
