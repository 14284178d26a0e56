//! From checked settings to the type, with what the type's own reading refuses.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::layers::{Layers, is_within, path_of, remove};
use super::shape::Shape;
use crate::security::mask::Masker;
use crate::validate::Faults;

/// How many faults of the type's own reading are looked for.
const MOST: usize = 100;

/// Reads the type, and reports why it cannot be read. serde stops at the first fault: what it names is
/// taken out, and the rest read again, until it is content or nothing is left to take out.
pub(super) fn decode<T: DeserializeOwned>(shape: &Shape, layers: &mut Layers) -> Option<T> {
    let mut value = layers.value.clone();
    let mut gone: Vec<String> = Vec::new();
    for wrong in &layers.wrong {
        gone.push(wrong.clone());
        if value.pointer(wrong).is_some() {
            remove(&mut value, wrong);
        }
    }
    for _ in 0..MOST {
        // What it says may show what was given, and is not used.
        let pointer = match read::<T>(&value) {
            Ok(read) => return layers.faults.is_empty().then_some(read),
            Err((pointer, _)) => pointer,
        };
        // Where something was taken out, that is what it complains about.
        if !gone.iter().any(|gone| is_within(gone, &pointer)) {
            let detail = match read_without_secrets::<T>(shape, layers, &value) {
                Some((same, message)) if same == pointer => message,
                _ => "is not what it must be".to_owned(),
            };
            let origin = layers.origin(&pointer).cloned();
            layers.fault(&pointer, origin, "invalid", detail);
        }
        if !remove(&mut value, &pointer) {
            return None;
        }
        gone.push(pointer);
    }
    None
}

/// What is wrong by the type's own reading, at the deepest place that there is.
fn read<T: DeserializeOwned>(value: &Value) -> Result<T, (String, String)> {
    serde_path_to_error::deserialize(value.clone()).map_err(|error| {
        let mut pointer = Faults::place(error.path());
        while value.pointer(&pointer).is_none() {
            pointer.truncate(pointer.rfind('/').unwrap_or_default());
        }
        (pointer, error.into_inner().to_string())
    })
}

/// The same with something else in the place of every secret, for messages of serde show what was given.
fn read_without_secrets<T: DeserializeOwned>(
    shape: &Shape,
    layers: &Layers,
    value: &Value,
) -> Option<(String, String)> {
    let mut shown = value.clone();
    hide(&Hiding { masker: Masker::new(), layers }, Some(shape), "", &mut shown);
    read::<T>(&shown).err()
}

struct Hiding<'a> {
    masker: Masker,
    layers: &'a Layers,
}

fn hide(hiding: &Hiding<'_>, shape: Option<&Shape>, pointer: &str, value: &mut Value) {
    let is_secret = shape.is_some_and(|shape| shape.secret)
        || path_of(pointer).last().is_some_and(|name| hiding.masker.is_secret(name))
        || hiding.layers.hidden.contains(pointer);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let below = Faults::pointer(pointer, name);
                hide(hiding, shape.and_then(|shape| shape.at([name.as_str()])), &below, member);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                hide(
                    hiding,
                    shape.and_then(|shape| shape.items.as_deref()),
                    &format!("{pointer}/{at}"),
                    item,
                );
            }
        }
        // A URL may have a password in it.
        Value::String(text) if is_secret || (text.contains("://") && text.contains('@')) => {
            *value = Value::String("[secret]".to_owned());
        }
        Value::Number(_) if is_secret => *value = Value::from(0),
        _ => {}
    }
}
