//! A reader of CBOR in the form that authenticators write (CTAP2): definite lengths, shortest numbers, little depth.

use super::PasskeyError;

/// How deep values may be nested, and how many members one may have.
const DEEPEST: u8 = 4;
const MOST: u64 = 64;

const MALFORMED: PasskeyError = PasskeyError::Malformed("CBOR");

/// A value, borrowed from what was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(Vec<Value<'a>>),
    Map(Map<'a>),
    /// `false`, `true`, `null`, `undefined`.
    Simple(u8),
}

/// Members, none of them twice.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Map<'a>(Vec<(Value<'a>, Value<'a>)>);

impl<'a> Map<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn text(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(key, _)| *key == Value::Text(name)).map(|(_, value)| value)
    }

    pub(super) fn number(&self, name: i64) -> Option<&Value<'a>> {
        self.0.iter().find(|(key, _)| *key == Value::Integer(name)).map(|(_, value)| value)
    }
}

/// The value that some bytes begin with, and what follows it.
pub(super) fn first(bytes: &[u8]) -> Result<(Value<'_>, &[u8]), PasskeyError> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(DEEPEST)?;
    Ok((value, reader.rest))
}

/// The value that some bytes are, and nothing else.
pub(super) fn whole(bytes: &[u8]) -> Result<Value<'_>, PasskeyError> {
    match first(bytes)? {
        (value, []) => Ok(value),
        _ => Err(MALFORMED),
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], PasskeyError> {
        let length = usize::try_from(length).map_err(|_| MALFORMED)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(MALFORMED)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The major type, and the number behind it, in its shortest form.
    fn head(&mut self) -> Result<(u8, u64), PasskeyError> {
        let first = *self.take(1)?.first().ok_or(MALFORMED)?;
        let (major, additional) = (first >> 5, first & 0x1f);
        let (length, least) = match additional {
            0..=23 => return Ok((major, u64::from(additional))),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            // Lengths that are not said, and what is not given out.
            _ => return Err(MALFORMED),
        };
        let number = self.take(length)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        if number < least { Err(MALFORMED) } else { Ok((major, number)) }
    }

    fn value(&mut self, depth: u8) -> Result<Value<'a>, PasskeyError> {
        let depth = depth.checked_sub(1).ok_or(MALFORMED)?;
        let (major, number) = self.head()?;
        Ok(match major {
            0 => Value::Integer(i64::try_from(number).map_err(|_| MALFORMED)?),
            1 => Value::Integer(-1 - i64::try_from(number).map_err(|_| MALFORMED)?),
            2 => Value::Bytes(self.take(number)?),
            3 => Value::Text(std::str::from_utf8(self.take(number)?).map_err(|_| MALFORMED)?),
            4 if number <= MOST => {
                let items: Result<_, _> = (0..number).map(|_| self.value(depth)).collect();
                Value::Array(items?)
            }
            5 if number <= MOST => {
                let mut map = Map::default();
                for _ in 0..number {
                    let key = self.value(1)?;
                    let is_twice = map.0.iter().any(|(known, _)| *known == key);
                    if is_twice || !matches!(key, Value::Integer(_) | Value::Text(_)) {
                        return Err(MALFORMED);
                    }
                    map.0.push((key, self.value(depth)?));
                }
                Value::Map(map)
            }
            7 => match u8::try_from(number) {
                Ok(simple @ 20..=23) => Value::Simple(simple),
                _ => return Err(MALFORMED),
            },
            // Tags are in nothing that is read here.
            _ => return Err(MALFORMED),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 8949, appendix A.
    #[test]
    fn values_by_the_published_vectors() {
        for (bytes, value) in [
            (&[0x00][..], Value::Integer(0)),
            (&[0x17], Value::Integer(23)),
            (&[0x18, 0x18], Value::Integer(24)),
            (&[0x19, 0x03, 0xe8], Value::Integer(1_000)),
            (&[0x1a, 0x00, 0x0f, 0x42, 0x40], Value::Integer(1_000_000)),
            (&[0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0x00], Value::Integer(1_000_000_000_000)),
            (&[0x20], Value::Integer(-1)),
            (&[0x39, 0x03, 0xe7], Value::Integer(-1_000)),
            (&[0xf4], Value::Simple(20)),
            (&[0xf6], Value::Simple(22)),
            (&[0x44, 1, 2, 3, 4], Value::Bytes(&[1, 2, 3, 4])),
            (&[0x62, 0xc3, 0xbc], Value::Text("ü")),
            (&[0x83, 1, 2, 3], Value::Array(vec![Value::Integer(1), Value::Integer(2), Value::Integer(3)])),
            (&[0xa1, 0x61, 0x61, 1], Value::Map(Map(vec![(Value::Text("a"), Value::Integer(1))]))),
        ] {
            assert_eq!(whole(bytes), Ok(value), "{bytes:x?}");
        }
    }

    #[test]
    fn what_leaves_doubt_is_refused() {
        for bytes in [
            &[][..],
            &[0x18, 0x17],                                           // not the shortest
            &[0x19, 0x00, 0xff],                                     // not the shortest
            &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], // too large
            &[0x5f, 0x41, 0, 0xff],                                  // without a length
            &[0x9f, 0xff],                                           // without a length
            &[0xa2, 0x01, 0x01, 0x01, 0x02],                         // a member twice
            &[0xa1, 0x41, 0x00, 0x01],                               // bytes as a name
            &[0x61, 0xff],                                           // no UTF-8
            &[0xc0, 0x00],                                           // a tag
            &[0xf9, 0x00, 0x00],                                     // a float
            &[0x00, 0x00],                                           // something behind it
            &[0x42, 0x00],                                           // cut off
            &[0x9b, 0, 0, 0, 1, 0, 0, 0, 0],                         // four billion items
            &[0x81, 0x81, 0x81, 0x81, 0x00],                         // too deep
        ] {
            assert_eq!(whole(bytes), Err(MALFORMED), "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok((_, rest)) = first(&bytes) {
                prop_assert!(bytes.ends_with(rest) && rest.len() < bytes.len());
            }
        }
    }
}
