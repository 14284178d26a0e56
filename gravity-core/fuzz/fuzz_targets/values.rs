//! Ids, money, times, permissions and sorts as text: what is read is written as it was, or equals it.
#![no_main]

use gravity_core::id::{format_type_id, is_type_id_prefix, parse_type_id};
use gravity_core::page::Sort;
use gravity_core::time::is_rfc3339;
use gravity_core::{Currency, Entity, Grant, Grants, Id, Money, Timestamp};
use libfuzzer_sys::fuzz_target;

struct Note;

impl Entity for Note {
    const PREFIX: &'static str = "note";
}

fuzz_target!(|text: &str| {
    ids(text);
    money(text);
    times(text);
    grants(text);
    sorts(text);
});

fn ids(text: &str) {
    let parsed = parse_type_id(text);
    if let Ok((prefix, uuid)) = parsed {
        assert!(is_type_id_prefix(prefix));
        assert_eq!(format_type_id(prefix, uuid), text);
    }
    let id = text.parse::<Id<Note>>().ok();
    assert_eq!(
        id.map(|id| id.uuid()),
        parsed.ok().filter(|(prefix, _)| *prefix == "note").map(|(_, uuid)| uuid)
    );
    if let Some(id) = id {
        assert_eq!(id.to_string(), text);
        let json = serde_json::to_value(id).unwrap();
        assert_eq!(json, text);
        assert_eq!(serde_json::from_value::<Id<Note>>(json).unwrap(), id);
        let _ = id.created_at();
    }
}

fn money(text: &str) {
    if let Ok(currency) = text.parse::<Currency>() {
        assert_eq!(currency.to_string(), text);
    }
    if let Ok(money) = text.parse::<Money>() {
        assert_eq!(money.to_string().parse(), Ok(money));
    }
    for code in ["EUR", "JPY", "KWD", "CLF"] {
        let currency: Currency = code.parse().unwrap();
        let model = minor(text, usize::from(currency.exponent()));
        let money = Money::parse(text, currency).ok();
        assert_eq!(
            money.map(|money| i128::from(money.minor())),
            model.filter(|minor| i64::try_from(*minor).is_ok())
        );
        if let Some(money) = money {
            assert_eq!(Money::parse(&money.to_decimal(), currency), Ok(money));
        }
    }
}

/// The amount of a decimal number in its smallest unit, in a slower way than that of the crate.
fn minor(text: &str, places: usize) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = !whole.is_empty() && format!("{whole}{fraction}").bytes().all(|byte| byte.is_ascii_digit());
    if !numeric || fraction.len() > places || digits.ends_with('.') {
        return None;
    }
    let amount: i128 = format!("{whole}{fraction:0<places$}").parse().unwrap_or(i128::MAX);
    Some(if digits == text { amount } else { -amount })
}

fn times(text: &str) {
    let Ok(time) = text.parse::<Timestamp>() else { return };
    assert!(is_rfc3339(text));
    let written = time.to_string();
    assert_eq!(written.parse(), Ok(time));
    assert_eq!(Timestamp::from_micros(time.as_micros()), Ok(time));
    assert_eq!(serde_json::from_value::<Timestamp>(serde_json::to_value(time).unwrap()).unwrap(), time);
}

fn grants(text: &str) {
    if let Ok(grant) = text.parse::<Grant>() {
        assert_eq!(grant.as_str(), text);
    }
    if let Ok(grants) = text.parse::<Grants>() {
        assert!(Grants::all().include(&grants) && grants.include(&grants) && grants.include(&Grants::none()));
        let list: Vec<_> = grants.iter().map(ToString::to_string).collect();
        assert_eq!(list.join(" ").parse(), Ok(grants.clone()));
        assert_eq!(serde_json::from_value::<Grants>(serde_json::to_value(&grants).unwrap()).unwrap(), grants);
    }
}

fn sorts(text: &str) {
    if let Ok(sorts) = Sort::parse_list(text, &["title", "created_at", ""]) {
        let list: Vec<_> = sorts.iter().map(ToString::to_string).collect();
        assert_eq!(list.join(","), text);
    }
}
