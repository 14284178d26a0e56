//! Cursors: each opens to the place it was sealed with, in its own list only, and no other text does.
#![no_main]

use arbitrary::Arbitrary;
use gravity_core::page::{Cursor, CursorContext, CursorKey, CursorKeys, Direction, KeyValue, Position};
use gravity_core::{Timestamp, page::CursorError};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    context: (&'a str, Vec<(&'a str, &'a str)>),
    other: (&'a str, Vec<(&'a str, &'a str)>),
    backward: bool,
    values: Vec<Key<'a>>,
    changed: (u16, u8),
    forged: &'a str,
}

#[derive(Debug, Arbitrary)]
enum Key<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Time(i64),
    Uuid(u128),
    Text(&'a str),
}

fn context((query, filters): &(&str, Vec<(&str, &str)>)) -> CursorContext {
    filters.iter().fold(CursorContext::new(query), |context, (name, value)| context.filter(name, value))
}

fn keys(byte: u8) -> CursorKeys {
    CursorKeys::new(CursorKey::from_bytes(&[byte; 32]).unwrap())
}

fuzz_target!(|input: Input<'_>| {
    let values = input.values.iter().map(|key| match key {
        Key::Null => KeyValue::Null,
        Key::Bool(bool) => (*bool).into(),
        Key::Integer(integer) => (*integer).into(),
        Key::Time(micros) => Timestamp::from_micros(*micros).ok().into(),
        Key::Uuid(uuid) => Uuid::from_u128(*uuid).into(),
        Key::Text(text) => (*text).into(),
    });
    let direction = if input.backward { Direction::Backward } else { Direction::Forward };
    let position = Position { direction, values: values.collect() };
    let (own, other) = (context(&input.context), context(&input.other));

    if let Ok(forged) = input.forged.parse::<Cursor>() {
        assert_eq!(forged.as_str(), input.forged);
        // The fuzzer may have found a cursor that was sealed before; that is the one for its place.
        match keys(1).open(&own, &forged) {
            Ok(place) => assert_eq!(keys(1).seal(&own, &place), Ok(forged)),
            Err(error) => assert_eq!(error, CursorError::Invalid),
        }
    }
    let Ok(cursor) = keys(1).seal(&own, &position) else { return };
    assert_eq!(cursor.as_str().parse().as_ref(), Ok(&cursor));
    assert_eq!(keys(1).open(&own, &cursor), Ok(position));
    assert!(keys(2).open(&own, &cursor).is_err());
    assert_eq!(keys(1).open(&other, &cursor).is_ok(), own == other);

    let mut text = cursor.as_str().as_bytes().to_vec();
    let at = usize::from(input.changed.0) % text.len();
    text[at] = input.changed.1;
    let changed = String::from_utf8(text).ok().and_then(|text| text.parse::<Cursor>().ok());
    if let Some(changed) = changed.filter(|changed| *changed != cursor) {
        assert_eq!(keys(1).open(&own, &changed), Err(CursorError::Invalid));
    }
});
