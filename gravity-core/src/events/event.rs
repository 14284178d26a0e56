//! [`Event`]: a type of event.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Something that has happened, as a type: what it is called, and what it says.
///
/// ```
/// use gravity_core::events::Event;
/// use serde::{Deserialize, Serialize};
/// use serde_json::{Value, json};
///
/// #[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
/// struct UserRegistered {
///     email: String,
///     locale: String,
/// }
///
/// impl Event for UserRegistered {
///     const NAME: &'static str = "user.registered";
///     // The first version had no locale.
///     const VERSION: u16 = 2;
///
///     fn upcast(version: u16, mut data: Value) -> Option<Value> {
///         if version != 1 {
///             return None;
///         }
///         data["locale"] = json!("en");
///         Some(data)
///     }
/// }
/// ```
pub trait Event: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// What it is called wherever it goes: `noun.verb`, in lower case, such as `user.registered`. It has 1 to
    /// 128 of `a` to `z`, `0` to `9`, `_`, `-` and `.`, and never changes.
    const NAME: &'static str;

    /// Counts the changes of its data that old readers or old data do not bear, from 1. A field that is added
    /// with `#[serde(default)]` is not such a change.
    const VERSION: u16 = 1;

    /// Turns the data of another version into that of [`Event::VERSION`], or says by `None` that it cannot.
    ///
    /// It is asked about newer versions too, which a node sees while another one runs the next release
    /// already. An event that cannot be read fails, and is tried again later like any that fails.
    fn upcast(version: u16, data: Value) -> Option<Value> {
        let _ = (version, data);
        None
    }
}

/// Whether this can be the name of an event.
pub(super) fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte))
}
