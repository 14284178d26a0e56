//! [`PageRequest`] and [`Page`]: what is asked for, and what is answered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cursor, CursorContext, CursorError, CursorKeys, Position};

/// Which page of a list is asked for; all of it is optional.
///
/// A list that can be sorted takes a text beside it, which [`Sort::parse_list`](super::Sort::parse_list) reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageRequest {
    /// How many items to return at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub limit: Option<u32>,
    /// Where to go on: the cursor of the page before. Leave it out for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
}

/// How many items a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// If nothing is asked for.
    pub default: u32,
    /// However many are asked for.
    pub max: u32,
}

impl Default for PageLimits {
    /// 50, and at most 200.
    fn default() -> Self {
        Self { default: 50, max: 200 }
    }
}

impl PageRequest {
    /// How many items to return: what is asked for, but no more than the limits allow, and one at
    /// least.
    pub fn limit(&self, limits: PageLimits) -> u32 {
        let most = limits.max.max(1);
        self.limit.unwrap_or(limits.default).clamp(1, most)
    }

    /// Where the page begins: `None` for the first, else the place that the cursor leads to, if it was made
    /// for the same list.
    pub fn position(
        &self,
        keys: &CursorKeys,
        context: &CursorContext,
    ) -> Result<Option<Position>, CursorError> {
        self.cursor.as_ref().map(|cursor| keys.open(context, cursor)).transpose()
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// The cursor of the page after this one; none if this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Cursor>,
    /// The cursor of the page before this one; none if this is the first, or if the list only goes
    /// forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Cursor>,
}

impl<T> Page<T> {
    /// The only page of a list.
    pub const fn of(items: Vec<T>) -> Self {
        Self { items, next: None, previous: None }
    }

    /// The same page of other items, each made of one of these.
    pub fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(map).collect(), next: self.next, previous: self.previous }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::Schema;

    fn request(limit: Option<u32>) -> PageRequest {
        PageRequest { limit, ..PageRequest::default() }
    }

    #[test]
    fn limits_hold_whatever_is_asked_for() {
        let limits = PageLimits::default();
        for (asked, given) in [(None, 50), (Some(0), 1), (Some(7), 7), (Some(u32::MAX), 200)] {
            assert_eq!(request(asked).limit(limits), given);
        }
        let none = PageLimits { default: 0, max: 0 };
        assert_eq!(request(Some(5)).limit(none), 1);
    }

    #[test]
    fn json_forms() {
        let page = Page::of(vec![1, 2]).map(|number| number.to_string());
        assert_eq!(serde_json::to_value(&page).unwrap(), json!({"items": ["1", "2"]}));
        let page: Page<u8> = serde_json::from_value(json!({"items": [], "next": "abc"})).unwrap();
        assert_eq!(page.next.unwrap().as_str(), "abc");
        assert_eq!(Page::<String>::schema_name(), "stringPage");

        let schema = Schema::of::<PageRequest>().unwrap();
        assert!(schema.validate(&json!({})).is_ok());
        let faults = schema.validate(&json!({"limit": 0, "cursor": "a b"})).unwrap_err();
        assert_eq!(faults.len(), 2);
    }
}
