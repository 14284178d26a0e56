//! The bytes of a place in a list.

use uuid::Uuid;

use crate::time::Timestamp;

/// A place in a list: just beyond the row that has these values in what the list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Which way the page goes from there.
    pub direction: Direction,
    /// The row's values, in the order of the sorting; the last is one that no two rows share.
    pub values: Vec<KeyValue>,
}

/// Which way a page goes from a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Towards the end of the list.
    Forward,
    /// Towards its beginning.
    Backward,
}

/// A value of a column that a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyValue {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A point in time.
    Time(Timestamp),
    /// A UUID, such as that of an id.
    Uuid(Uuid),
    /// A text.
    Text(String),
}

macro_rules! key_value_from {
    ($($ty:ty => $variant:ident),*) => {$(
        impl From<$ty> for KeyValue {
            fn from(value: $ty) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}

key_value_from!(bool => Bool, i64 => Integer, Timestamp => Time, Uuid => Uuid, String => Text);

impl<E> From<crate::id::Id<E>> for KeyValue {
    fn from(id: crate::id::Id<E>) -> Self {
        Self::Uuid(id.uuid())
    }
}

impl From<&str> for KeyValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: Into<Self>> From<Option<T>> for KeyValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

const FORWARD: u8 = 0;
const BACKWARD: u8 = 1;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INTEGER: u8 = 3;
const TIME: u8 = 4;
const UUID: u8 = 5;
const TEXT: u8 = 6;

/// `None` if a text is longer than its length can say.
pub(super) fn encode(position: &Position) -> Option<Vec<u8>> {
    let mut bytes = vec![match position.direction {
        Direction::Forward => FORWARD,
        Direction::Backward => BACKWARD,
    }];
    for value in &position.values {
        match value {
            KeyValue::Null => bytes.push(NULL),
            KeyValue::Bool(false) => bytes.push(FALSE),
            KeyValue::Bool(true) => bytes.push(TRUE),
            KeyValue::Integer(integer) => {
                bytes.push(INTEGER);
                bytes.extend(integer.to_be_bytes());
            }
            KeyValue::Time(time) => {
                bytes.push(TIME);
                bytes.extend(time.as_micros().to_be_bytes());
            }
            KeyValue::Uuid(uuid) => {
                bytes.push(UUID);
                bytes.extend(uuid.as_bytes());
            }
            KeyValue::Text(text) => {
                bytes.push(TEXT);
                bytes.extend(u16::try_from(text.len()).ok()?.to_be_bytes());
                bytes.extend(text.as_bytes());
            }
        }
    }
    Some(bytes)
}

/// `None` for bytes that [`encode`] does not write.
pub(super) fn decode(bytes: &[u8]) -> Option<Position> {
    let (direction, mut rest) = bytes.split_first()?;
    let direction = match *direction {
        FORWARD => Direction::Forward,
        BACKWARD => Direction::Backward,
        _ => return None,
    };
    let mut values = Vec::new();
    while let Some((kind, after)) = rest.split_first() {
        rest = after;
        values.push(match *kind {
            NULL => KeyValue::Null,
            FALSE => KeyValue::Bool(false),
            TRUE => KeyValue::Bool(true),
            INTEGER => KeyValue::Integer(i64::from_be_bytes(take(&mut rest)?)),
            TIME => {
                let micros = i64::from_be_bytes(take(&mut rest)?);
                KeyValue::Time(Timestamp::from_micros(micros).ok()?)
            }
            UUID => KeyValue::Uuid(Uuid::from_bytes(take(&mut rest)?)),
            TEXT => {
                let length = u16::from_be_bytes(take(&mut rest)?);
                let (text, after) = rest.split_at_checked(length.into())?;
                rest = after;
                KeyValue::Text(std::str::from_utf8(text).ok()?.to_owned())
            }
            _ => return None,
        });
    }
    Some(Position { direction, values })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_decoded_is_the_one_way_to_write_it(
            bytes in prop::collection::vec(prop_oneof![0u8..8, any::<u8>()], 0..40)
        ) {
            if let Some(position) = decode(&bytes) {
                prop_assert_eq!(encode(&position), Some(bytes));
            }
        }
    }
}
