//! [`Kinds`]: which JSON types a setting may have.

use serde_json::Value;

/// A set of JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const INTEGER: Self = Self(4);
    /// Every number, the integers among them.
    pub(super) const NUMBER: Self = Self(4 | 8);
    pub(super) const STRING: Self = Self(16);
    pub(super) const ARRAY: Self = Self(32);
    pub(super) const OBJECT: Self = Self(64);
    pub(super) const ALL: Self = Self(127);

    const NAMES: [(Self, &'static str, &'static str); 7] = [
        (Self::OBJECT, "object", "table"),
        (Self::ARRAY, "array", "list"),
        (Self::STRING, "string", "string"),
        (Self::NUMBER, "number", "number"),
        (Self::INTEGER, "integer", "integer"),
        (Self::BOOLEAN, "boolean", "true or false"),
        (Self::NULL, "null", "nothing"),
    ];

    /// What the keyword `type` of a schema says.
    pub(super) fn of_keyword(keyword: &Value) -> Self {
        let of_name = |name: &Value| {
            let known = Self::NAMES.into_iter().find(|(_, known, _)| name == known);
            known.map_or(Self::NONE, |(kinds, ..)| kinds)
        };
        match keyword {
            Value::Array(names) => names.iter().map(of_name).fold(Self::NONE, Self::or),
            name => of_name(name),
        }
    }

    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) if number.is_f64() => Self::NUMBER,
            Value::Number(_) => Self::INTEGER,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    /// Whether all of these are in the set.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// `string or integer`.
    pub(super) fn describe(self) -> String {
        if self == Self::ALL {
            return "anything".to_owned();
        }
        let mut left = self;
        let mut words = Vec::new();
        for (kinds, _, word) in Self::NAMES {
            if left.has(kinds) {
                words.push(word);
                left = left.without(kinds);
            }
        }
        words.join(" or ")
    }
}
