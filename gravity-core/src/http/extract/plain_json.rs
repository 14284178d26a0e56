//! Names that JSON documents from outside may not have.
//!
//! `serde_json` marks values of its own by members with private names, and takes an object with such a
//! member for what it marks: a text in it is read as JSON once more, past the limit of depth and past
//! the schema.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

const PRIVATE: &str = "$serde_json::private";

/// Whether a document has a member with a private name. What is not JSON has none.
pub(super) fn has_private_name(json: &[u8]) -> bool {
    // Without the first letter of the name and without an escape that could spell it, there is none.
    let suspicious = || json.windows(2).any(|pair| pair == b"$s" || pair == b"\\u");
    (json.contains(&b'$') || json.contains(&b'\\'))
        && suspicious()
        && serde_json::from_slice::<Names>(json).is_ok_and(|names| names.private)
}

/// A document of which only the names are looked at.
struct Names {
    private: bool,
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

macro_rules! plain {
    ($($visit:ident($type:ty))*) => {$(
        fn $visit<E>(self, _: $type) -> Result<Names, E> {
            Ok(Names { private: false })
        }
    )*};
}

impl<'de> Visitor<'de> for Walk {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON document")
    }

    plain! { visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_unit<E>(self) -> Result<Names, E> {
        Ok(Names { private: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Names, A::Error> {
        let mut private = false;
        while let Some(item) = items.next_element::<Names>()? {
            private |= item.private;
        }
        Ok(Names { private })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Names, A::Error> {
        let mut private = false;
        while let Some((name, value)) = members.next_entry::<String, Names>()? {
            private |= value.private || name.starts_with(PRIVATE);
        }
        Ok(Names { private })
    }
}

#[cfg(test)]
mod tests {
    use super::has_private_name;

    #[test]
    fn private_names_are_found_however_they_are_spelled() {
        for json in [
            r#"{"$serde_json::private::RawValue":"[]"}"#,
            r#"[1,{"a":{"$serde_json::private::Number":"1"}}]"#,
            r#"{"\u0024serde_json::private::RawValue":"[]"}"#,
        ] {
            assert!(has_private_name(json.as_bytes()), "{json}");
        }
        for json in
            [r#"{"price":"$serde_json::private::RawValue"}"#, r#"{"$s":"\u0041"}"#, "{", "[1,2.5,true,null]"]
        {
            assert!(!has_private_name(json.as_bytes()), "{json}");
        }
    }
}
