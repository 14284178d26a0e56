//! [`Masker`].

use serde_json::Value;

use super::names::Names;
use super::personal::shorten;

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// Takes secrets out of JSON by the names of its members, at any depth, before it is logged or kept.
///
/// Whatever stands under a name such as `password`, `api_key`, `Authorization` or `cardNumber`, in any
/// spelling, becomes `***`, be it a text or a whole object; only null stays, which says that nothing was
/// there. It knows names, not values: what stands under a harmless name stays.
///
/// ```
/// use gravity_core::security::mask::Masker;
/// use serde_json::json;
///
/// let masker = Masker::new().with_name("passport").without_name("token_count").with_longest_text(20);
/// let shown = masker.masked(json!({
///     "user": {"name": "Ada", "newPassword": "hunter2", "passportNo": 12345},
///     "cards": [{"card": {"number": "4111111111111111"}}],
///     "token_count": 3,
///     "note": "a text that goes on and on",
/// }));
/// assert_eq!(shown, json!({
///     "user": {"name": "Ada", "newPassword": "***", "passportNo": "***"},
///     "cards": [{"card": "***"}],
///     "token_count": 3,
///     "note": "a text that goes on…",
/// }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masker {
    names: Names,
    longest_text: Option<usize>,
}

impl Default for Masker {
    fn default() -> Self {
        Self::new()
    }
}

impl Masker {
    /// A masker that knows the usual names of secrets.
    pub fn new() -> Self {
        Self { names: Names::default(), longest_text: None }
    }

    /// Takes this name for a secret's, too, alone or as words of a longer one.
    pub fn with_name(mut self, name: &str) -> Self {
        self.names.add(name);
        self
    }

    /// Takes this name for a harmless one.
    pub fn without_name(mut self, name: &str) -> Self {
        self.names.remove(name);
        self
    }

    /// Cuts texts that have more characters than this.
    pub fn with_longest_text(mut self, characters: usize) -> Self {
        self.longest_text = Some(characters);
        self
    }

    /// Whether a name speaks of a secret.
    pub fn is_secret(&self, name: &str) -> bool {
        self.names.speak_of_a_secret(name)
    }

    /// The value without its secrets.
    pub fn masked(&self, mut value: Value) -> Value {
        self.mask(&mut value);
        value
    }

    /// Takes the secrets out of a value.
    pub fn mask(&self, value: &mut Value) {
        // Not by recursion, for nothing bounds how deep a value is that was not read from a text.
        let mut left = vec![value];
        while let Some(value) = left.pop() {
            match value {
                Value::Array(items) => left.extend(items),
                Value::Object(members) => {
                    for (name, value) in members {
                        if !self.is_secret(name) {
                            left.push(value);
                        } else if !value.is_null() {
                            *value = Value::String(MASK.to_owned());
                        }
                    }
                }
                Value::String(text) => {
                    if let Some(longest) = self.longest_text {
                        *text = shorten(text, longest).into_owned();
                    }
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_go_at_any_depth_and_of_any_type() {
        let secrets =
            [json!("hunter2"), json!(4711), json!(true), json!(["hunter2"]), json!({"a": "hunter2"})];
        for secret in secrets {
            let shown = Masker::new().masked(json!([[{"a": {"Password": secret}}]]));
            assert_eq!(shown, json!([[{"a": {"Password": "***"}}]]));
        }
        assert_eq!(Masker::new().masked(json!({"password": null})), json!({"password": null}));
        assert_eq!(Masker::new().masked(json!("password")), json!("password"));
    }

    #[test]
    fn depth_is_no_matter() {
        let mut value = json!({"secret": "hunter2"});
        for _ in 0..5_000 {
            // Not by `json!`, which would recurse.
            value = Value::Array(vec![value]);
        }
        Masker::new().mask(&mut value);
        let mut inner = &mut value;
        while inner.is_array() {
            inner = &mut inner[0];
        }
        assert_eq!(inner, &json!({"secret": "***"}));
        // Dropping it would recurse.
        while let Value::Array(mut items) = value {
            value = items.pop().unwrap();
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "hunter2|\\PC{0,5}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let name = "password|name|access_token|[a-zA-Z_]{0,8}";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn below_secret_names(masker: &Masker, value: &Value, found: &mut Vec<Value>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| below_secret_names(masker, item, found)),
            Value::Object(members) => {
                for (name, value) in members {
                    if masker.is_secret(name) {
                        found.push(value.clone());
                    } else {
                        below_secret_names(masker, value, found);
                    }
                }
            }
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn nothing_is_left_under_a_secret_name(value in any_json()) {
            let masker = Masker::new();
            let once = masker.masked(value);
            let mut left = Vec::new();
            below_secret_names(&masker, &once, &mut left);
            prop_assert!(left.iter().all(|value| value.is_null() || value == MASK));
            prop_assert_eq!(masker.masked(once.clone()), once);
        }
    }
}
