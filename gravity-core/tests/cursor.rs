//! Cursors: they come back as they were, and no other text does.

#![expect(clippy::unwrap_used, reason = "these helpers are part of the tests, which may")]

use gravity_core::Timestamp;
use gravity_core::page::{
    Cursor, CursorContext, CursorError, CursorKey, CursorKeyError, CursorKeys, Direction, KeyValue, Position,
    Sort,
};
use gravity_core::security::{Key, KeyRing};
use proptest::prelude::*;

fn keys(byte: u8) -> CursorKeys {
    CursorKeys::new(key(byte))
}

fn key(byte: u8) -> CursorKey {
    CursorKey::from_bytes(&[byte; 32]).unwrap()
}

fn context() -> CursorContext {
    CursorContext::new("notes.list").filter("author", 42).sort(&[Sort::descending("created_at")])
}

fn place(values: Vec<KeyValue>) -> Position {
    Position { direction: Direction::Forward, values }
}

fn any_value() -> impl Strategy<Value = KeyValue> {
    prop_oneof![
        Just(KeyValue::Null),
        any::<bool>().prop_map(KeyValue::from),
        any::<i64>().prop_map(KeyValue::from),
        (-1i64 << 50..1 << 50).prop_map(|micros| Timestamp::from_micros(micros).unwrap().into()),
        any::<u128>().prop_map(|number| uuid::Uuid::from_u128(number).into()),
        "\\PC{0,40}".prop_map(KeyValue::from),
    ]
}

prop_compose! {
    fn any_place()(backward: bool, values in prop::collection::vec(any_value(), 0..5)) -> Position {
        let direction = if backward { Direction::Backward } else { Direction::Forward };
        Position { direction, values }
    }
}

proptest! {
    #[test]
    fn round_trip(place in any_place()) {
        let cursor = keys(1).seal(&context(), &place).unwrap();
        let sent: Cursor = cursor.as_str().parse().unwrap();
        prop_assert_eq!(keys(1).open(&context(), &sent), Ok(place));
    }

    #[test]
    fn any_character_changed_or_lost_is_refused(place in any_place(), at: prop::sample::Index, new in "[A-Za-z0-9_-]") {
        let cursor = keys(1).seal(&context(), &place).unwrap();
        let at = at.index(cursor.as_str().len());
        let mut changed = cursor.as_str().to_owned();
        changed.replace_range(at..=at, &new);
        if changed != cursor.as_str() {
            prop_assert_eq!(keys(1).open(&context(), &changed.parse().unwrap()), Err(CursorError::Invalid));
        }
        let mut lost = cursor.as_str().to_owned();
        lost.remove(at);
        prop_assert!(keys(1).open(&context(), &lost.parse().unwrap()).is_err());
    }

    #[test]
    fn any_text_is_refused(text in "[A-Za-z0-9_-]{1,80}|\\PC*") {
        if let Ok(cursor) = text.parse::<Cursor>() {
            prop_assert!(keys(1).open(&context(), &cursor).is_err());
        }
    }
}

#[test]
fn another_query_filter_or_order_is_refused() {
    let place = place(vec![1.into()]);
    let cursor = keys(1).seal(&context(), &place).unwrap();
    let sort = [Sort::descending("created_at")];
    for other in [
        CursorContext::new("notes.lists").filter("author", 42).sort(&sort),
        CursorContext::new("notes.list").filter("author", 43).sort(&sort),
        CursorContext::new("notes.list").filter("owner", 42).sort(&sort),
        CursorContext::new("notes.list").sort(&sort),
        CursorContext::new("notes.list").filter("author", 42),
        CursorContext::new("notes.list").filter("author", 42).sort(&[Sort::ascending("created_at")]),
        CursorContext::new("notes.listauthor").filter("", 42).sort(&sort),
    ] {
        assert_eq!(keys(1).open(&other, &cursor), Err(CursorError::Invalid));
    }
}

#[test]
fn keys_are_replaced_one_after_the_other() {
    let place = place(vec!["a".into()]);
    let before = keys(1).seal(&context(), &place).unwrap();
    let rotated = keys(2).with_earlier(key(1));
    assert_eq!(rotated.open(&context(), &before), Ok(place.clone()));
    let after = rotated.seal(&context(), &place).unwrap();
    assert!(keys(1).open(&context(), &after).is_err());
    assert_eq!(keys(2).open(&context(), &after), Ok(place));
    assert!(keys(2).open(&context(), &before).is_err());
}

#[test]
fn sizes_are_bounded() {
    let fits = place(vec!["x".repeat(3_000).into()]);
    let cursor = keys(1).seal(&context(), &fits).unwrap();
    assert!(cursor.as_str().len() <= Cursor::MAX_LENGTH);
    for length in [3_100, 70_000] {
        let long = place(vec!["x".repeat(length).into()]);
        assert_eq!(keys(1).seal(&context(), &long), Err(CursorError::TooLong));
    }
    assert!("A".repeat(Cursor::MAX_LENGTH + 1).parse::<Cursor>().is_err());
    for text in ["", "a=", "a b", "a+b", "a/b", "é"] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
    assert_eq!(CursorKey::from_bytes(&[0; 31]).unwrap_err(), CursorKeyError);
    assert!(!format!("{:?}", key(7)).contains('7'));
}

#[test]
fn keys_of_a_ring_open_what_earlier_ones_have_signed() {
    let old = Key::generate("2026-01").unwrap();
    let ring = KeyRing::new(old.clone());
    let context = CursorContext::new("notes.list");
    let place = Position { direction: Direction::Forward, values: vec![7.into()] };
    let cursor = CursorKeys::from(&ring).seal(&context, &place).unwrap();
    assert_eq!(CursorKeys::from(&ring).open(&context, &cursor), Ok(place.clone()));
    let ring = KeyRing::new(Key::generate("2026-07").unwrap()).with_earlier(old).unwrap();
    assert_eq!(CursorKeys::from(&ring).open(&context, &cursor), Ok(place));
    let other = KeyRing::new(Key::generate("2026-01").unwrap());
    assert!(CursorKeys::from(&other).open(&context, &cursor).is_err());
}
