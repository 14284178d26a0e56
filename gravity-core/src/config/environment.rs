//! The settings of the environment: `GRAVITY_HTTP__LISTEN` is `http.listen`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use super::error::Origin;
use super::layers::{Layers, Located, Node, key_of};
use super::shape::Shape;
use super::suggest::did_you_mean;
use super::text;
use crate::validate::Faults;

/// What stands between the names of tables and settings.
const BETWEEN: &str = "__";

/// What is put behind a variable that names a file instead of holding the value.
const FILE: &str = "_FILE";

/// The variable of a setting.
pub(super) fn variable<'a>(prefix: &str, path: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = path.into_iter().map(spelled).collect();
    format!("{}{}", start(prefix), names.join(BETWEEN))
}

/// Lays the variables that begin with the prefix over the settings, and gives the names of those that are
/// nobody's.
pub(super) fn lay(
    layers: &mut Layers,
    shape: &Shape,
    prefix: &str,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<String> {
    let start = start(prefix);
    let mut ours: Vec<(String, OsString)> = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.len() > start.len() && name.starts_with(&start))
        .collect();
    // Tables before what is in them, and always in one order.
    ours.sort_by_key(|(name, _)| (name.matches(BETWEEN).count(), name.clone()));

    let mut ignored = Vec::new();
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in ours {
        let rest = &name[start.len()..];
        let origin = Origin::Variable(name.clone());
        let Some(found) = find(shape, rest) else {
            match mistaken(shape, prefix, rest, &value) {
                Some(detail) => layers.fault("", Some(origin), "unknown", detail),
                None => ignored.push(name),
            }
            continue;
        };
        let pointer = found.path.iter().fold(String::new(), |above, name| Faults::pointer(&above, name));
        if let Some(other) = given.insert(pointer.clone(), name) {
            let detail = format!("is given by {other}, too");
            layers.fault(&pointer, Some(origin), "repeated", detail);
            continue;
        }
        place(layers, &found, &pointer, origin, &value);
    }
    ignored
}

fn place(layers: &mut Layers, found: &Found<'_>, pointer: &str, origin: Origin, value: &OsString) {
    if found.by_file {
        let mut content = Value::Null;
        // Names of files in variables start from where the process does.
        layers.place_file(found.shape, pointer, Path::new(value), origin.clone(), &mut content);
        if !layers.wrong.contains(pointer) {
            layers.lay_at(found.shape, &found.path, Located { origin, node: Node::Leaf(content) });
        }
        return;
    }
    let read = match value.to_str() {
        Some(text) => text::to_value(found.shape, text),
        None => Err(("wrong_type", "must be UTF-8".to_owned())),
    };
    let setting = match read {
        Ok(value) => Located::json(value, &origin),
        Err((code, detail)) => Located { origin, node: Node::Wrong(code, detail) },
    };
    layers.lay_at(found.shape, &found.path, setting);
}

struct Found<'a> {
    path: Vec<String>,
    shape: &'a Shape,
    by_file: bool,
}

fn find<'a>(shape: &'a Shape, rest: &str) -> Option<Found<'a>> {
    let mut found = Found { path: Vec::new(), shape, by_file: false };
    let mut names = rest.split(BETWEEN).peekable();
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        let (path, shape, by_file) = step(found.shape, name, is_last)?;
        found.path.push(path);
        found.shape = shape;
        found.by_file = by_file;
    }
    Some(found)
}

fn step<'a>(shape: &'a Shape, name: &str, is_last: bool) -> Option<(String, &'a Shape, bool)> {
    let known = |name: &str| {
        shape
            .members
            .iter()
            .find(|(known, _)| spelled(known) == name)
            .map(|(known, shape)| (known.clone(), shape))
    };
    if let Some((path, shape)) = known(name) {
        return Some((path, shape, false));
    }
    let file = name.strip_suffix(FILE).filter(|_| is_last);
    if let Some((path, shape)) = file.and_then(known).filter(|(_, shape)| !shape.is_table()) {
        return Some((path, shape, true));
    }
    let rest = shape.rest.as_deref().filter(|_| !name.is_empty())?;
    match file.filter(|file| !file.is_empty() && rest.secret && !rest.is_table()) {
        Some(file) => Some((file.to_lowercase(), rest, true)),
        None => Some((name.to_lowercase(), rest, false)),
    }
}

/// What is wrong with a variable that is no setting, if somebody has meant it as one. Others are left
/// alone: programs share prefixes, and Kubernetes makes variables of the names of services.
fn mistaken(shape: &Shape, prefix: &str, rest: &str, value: &OsString) -> Option<String> {
    let is_of_kubernetes = rest.starts_with("SERVICE_HOST")
        || rest.starts_with("SERVICE_PORT")
        || (rest.starts_with("PORT") && (rest.contains("_TCP") || rest.contains("_UDP")))
        || value.to_str().is_some_and(|value| value.starts_with("tcp://") || value.starts_with("udp://"));
    if prefix.is_empty() || is_of_kubernetes {
        return None;
    }
    let bare = rest.strip_suffix(FILE).unwrap_or(rest);
    let mut known = Vec::new();
    settings(shape, "", &mut known);
    let names = known.iter().map(|pointer| {
        let key = key_of(pointer);
        variable("", key.split('.'))
    });
    let meant = names
        .map(|name| (strsim::damerau_levenshtein(&name, bare), name))
        .min()
        .filter(|(distance, name)| *distance <= 2 && name.len() >= 4)
        .map(|(_, name)| format!("{}{name}", start(prefix)));
    let is_in_a_table = rest
        .split_once(BETWEEN)
        .is_some_and(|(first, _)| find(shape, first).is_some_and(|found| found.shape.is_table()));
    (meant.is_some() || is_in_a_table).then(|| format!("is no setting{}", did_you_mean(meant)))
}

/// The pointers of all settings with a name of their own.
pub(super) fn settings(shape: &Shape, pointer: &str, found: &mut Vec<String>) {
    for (name, member) in &shape.members {
        let below = Faults::pointer(pointer, name);
        if member.members.is_empty() {
            found.push(below);
        } else {
            settings(member, &below, found);
        }
    }
}

fn start(prefix: &str) -> String {
    if prefix.is_empty() { String::new() } else { format!("{prefix}_") }
}

fn spelled(name: &str) -> String {
    name.chars()
        .flat_map(char::to_uppercase)
        .map(|letter| if letter.is_alphanumeric() { letter } else { '_' })
        .collect()
}
