//! [`Saga`]: a kind of saga.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Error;

/// A kind of saga: what it is called, and what its steps know and hand on.
///
/// ```
/// use gravity_core::sagas::Saga;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct PlaceOrder {
///     order: u64,
///     cents: i64,
///     payment: Option<String>,
/// }
///
/// impl Saga for PlaceOrder {
///     const NAME: &'static str = "order.place";
/// }
/// ```
pub trait Saga: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it is called, such as `order.place`: 1 to 100 of `a` to `z`, `0` to `9`, `_`, `-` and `.`. It never
    /// changes.
    const NAME: &'static str;

    /// The version of its steps and of its state. It changes when a step is added, removed, renamed or moved,
    /// or when the state of a saga that has begun cannot be read any more.
    const VERSION: u32 = 1;
}

pub(super) fn check_name(what: &'static str, name: &str) -> Result<(), Error> {
    let is_name = (1..=100).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte));
    if is_name {
        return Ok(());
    }
    Err(Error::invalid(what, "its name has 1 to 100 of `a` to `z`, `0` to `9`, `_`, `-`, `.`"))
}
