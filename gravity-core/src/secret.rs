//! [`Secret`]: a value that never prints.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A value that shows in no log, and is wiped from memory when it is dropped.
///
/// `Debug` and `Display` print `[secret]`, and there is no `Serialize`: a struct that holds one cannot
/// be sent out by accident. Byte strings and texts compare in constant time.
///
/// ```
/// use gravity_core::SecretString;
///
/// let password = SecretString::from("correct horse");
/// assert_eq!(format!("{password:?}"), "[secret]");
/// assert_eq!(password.expose(), "correct horse");
/// ```
///
/// ```compile_fail
/// serde_json::to_string(&gravity_core::SecretString::from("correct horse"));
/// ```
pub struct Secret<T: Zeroize>(T);

/// A text that never prints.
pub type SecretString = Secret<String>;

impl<T: Zeroize> Secret<T> {
    /// Makes a secret of a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. Each call is a place to ask where the value goes from there.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// In constant time for values of one length; the length itself is not hidden.
impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().ct_eq(other.0.as_ref()).into()
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for SecretString {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for SecretString {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SecretString".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::SecretString".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password", "writeOnly": true })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    #[test]
    fn prints_nothing_of_what_it_holds() {
        #[derive(Debug, Deserialize)]
        struct Login {
            password: SecretString,
        }

        let login: Login = serde_json::from_str(r#"{"password":"hunter2"}"#).unwrap();
        let shown = format!("{login:?} {login:#?} {}", login.password);
        assert!(!shown.contains("hunter2"));
        assert_eq!(login.password.expose(), "hunter2");
    }

    #[test]
    fn compares_by_content() {
        assert_eq!(SecretString::from("one"), SecretString::from("one"));
        assert_ne!(SecretString::from("one"), SecretString::from("two"));
        assert_ne!(SecretString::from("one"), SecretString::from("ones"));
        assert_eq!(Secret::new([1u8; 32]), Secret::new([1u8; 32]));
    }

    #[test]
    fn is_wiped_when_dropped() {
        struct Probe(Arc<AtomicU8>);
        impl Zeroize for Probe {
            fn zeroize(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }

        let wiped = Arc::new(AtomicU8::new(0));
        drop(Secret::new(Probe(Arc::clone(&wiped))));
        assert_eq!(wiped.load(Ordering::SeqCst), 1);
    }
}
