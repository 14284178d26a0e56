//! Cron expressions, intervals and zones: what is read is written as it was, and its ticks go forward.
#![no_main]

use gravity_core::Timestamp;
use gravity_core::schedules::{Cron, Interval, Zone};
use libfuzzer_sys::fuzz_target;

const ZONES: [&str; 5] = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"];

fuzz_target!(|input: (&str, i64, u8)| {
    let (text, micros, zone) = input;
    if let Ok(zone) = text.parse::<Zone>() {
        assert_eq!(zone.name().parse::<Zone>().unwrap(), zone);
    }
    let Ok(after) = Timestamp::from_micros(micros) else { return };
    if let Ok(interval) = text.parse::<Interval>() {
        assert_eq!(interval.to_string().parse(), Ok(interval));
        assert!(interval.next(after, Timestamp::UNIX_EPOCH).is_none_or(|tick| tick > after));
    }
    let Ok(cron) = text.parse::<Cron>() else { return };
    assert_eq!(cron.to_string().parse().as_ref(), Ok(&cron));
    let zone: Zone = ZONES[usize::from(zone) % ZONES.len()].parse().unwrap();
    let mut last = after;
    for tick in cron.after(after, &zone).take(4) {
        assert!(tick > last);
        last = tick;
    }
});
