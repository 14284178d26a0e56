//! [`Layers`]: settings laid over settings, with where each comes from.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::error::{ConfigFault, Origin};
use super::shape::{ANYTHING, Shape};
use super::suggest::{did_you_mean, nearest};
use super::text::Refusal;
use super::{secret_file, text};
use crate::validate::Faults;

/// A value, and where it was given.
pub(super) struct Located {
    pub(super) origin: Origin,
    pub(super) node: Node,
}

pub(super) enum Node {
    Table(Vec<(String, Located)>),
    Array(Vec<Located>),
    Leaf(Value),
    /// A value that nothing can hold, with the code and the reason.
    Wrong(&'static str, String),
}

impl Located {
    /// A JSON value, all of which was given in one place.
    pub(super) fn json(value: Value, origin: &Origin) -> Self {
        let node = match value {
            Value::Object(members) => Node::Table(
                members.into_iter().map(|(name, value)| (name, Self::json(value, origin))).collect(),
            ),
            Value::Array(items) => {
                Node::Array(items.into_iter().map(|item| Self::json(item, origin)).collect())
            }
            leaf => Node::Leaf(leaf),
        };
        Self { origin: origin.clone(), node }
    }

    /// The name of the file in `{ file = "..." }`.
    fn file_name(&self) -> Option<&str> {
        match &self.node {
            Node::Table(members) => match members.as_slice() {
                [(name, Self { node: Node::Leaf(Value::String(path)), .. })] if name == "file" => Some(path),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Settings laid over settings.
#[derive(Default)]
pub(super) struct Layers {
    pub(super) value: Value,
    /// By JSON pointer; what is below a pointer that has none of its own comes from there.
    pub(super) origins: BTreeMap<String, Origin>,
    /// The pointers at which something was given that could not be taken.
    pub(super) wrong: BTreeSet<String>,
    /// The pointers of what was in files of its own, which is never shown.
    pub(super) hidden: BTreeSet<String>,
    pub(super) faults: Vec<ConfigFault>,
    /// The folder that names of files in the file start from.
    pub(super) folder: PathBuf,
}

impl Layers {
    pub(super) fn new() -> Self {
        Self { value: Value::Object(Map::new()), ..Self::default() }
    }

    /// Lays settings over those that are there.
    pub(super) fn lay(&mut self, shape: &Shape, settings: Located) {
        let mut value = std::mem::take(&mut self.value);
        self.place(shape, "", settings, &mut value);
        self.value = value;
    }

    /// Lays one setting over what is at its path.
    pub(super) fn lay_at(&mut self, shape: &Shape, path: &[String], setting: Located) {
        let mut value = std::mem::take(&mut self.value);
        let mut slot = &mut value;
        let mut pointer = String::new();
        for name in path {
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            // Indexing an object by a name makes room for it.
            slot = &mut slot[name.as_str()];
            pointer = Faults::pointer(&pointer, name);
        }
        self.place(shape, &pointer, setting, slot);
        self.value = value;
        self.drop_wrong(&pointer);
    }

    /// Says that a setting was given, and is wrong.
    pub(super) fn refuse(&mut self, pointer: &str, origin: Origin, refusal: Refusal) {
        self.wrong.insert(pointer.to_owned());
        self.origins.insert(pointer.to_owned(), origin.clone());
        self.fault(pointer, Some(origin), refusal.0, refusal.1);
    }

    pub(super) fn fault(
        &mut self,
        pointer: &str,
        origin: Option<Origin>,
        code: impl Into<Cow<'static, str>>,
        detail: String,
    ) {
        self.faults.push(ConfigFault { key: key_of(pointer), origin, code: code.into(), detail });
    }

    /// Whether what is at a pointer, or below, or above, is known to be wrong.
    pub(super) fn is_wrong(&self, pointer: &str) -> bool {
        self.wrong.iter().any(|wrong| is_within(wrong, pointer) || is_within(pointer, wrong))
    }

    /// Where the setting at a pointer was given.
    pub(super) fn origin(&self, pointer: &str) -> Option<&Origin> {
        let mut pointer = pointer;
        loop {
            if let Some(origin) = self.origins.get(pointer) {
                return Some(origin);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// Takes a member out that is wrong, so that nothing else complains about it.
    fn drop_wrong(&mut self, pointer: &str) {
        if self.wrong.contains(pointer) {
            remove(&mut self.value, pointer);
        }
    }

    fn place(&mut self, shape: &Shape, pointer: &str, given: Located, slot: &mut Value) {
        if !shape.is_table()
            && let Some(path) = given.file_name()
        {
            let path = self.folder.join(path);
            return self.place_file(shape, pointer, &path, given.origin, slot);
        }
        let Located { origin, node } = given;
        match node {
            Node::Wrong(code, reason) => self.refuse(pointer, origin, (code, reason)),
            Node::Leaf(value) => {
                self.replaces(pointer, origin);
                *slot = value;
            }
            Node::Array(items) => {
                self.replaces(pointer, origin);
                let items_shape = shape.items.as_deref().unwrap_or(&ANYTHING);
                let place = |(at, item): (usize, Located)| {
                    let mut slot = Value::Null;
                    self.place(items_shape, &format!("{pointer}/{at}"), item, &mut slot);
                    slot
                };
                *slot = Value::Array(items.into_iter().enumerate().map(place).collect());
            }
            Node::Table(members) => {
                if !slot.is_object() {
                    self.replaces(pointer, origin);
                    *slot = Value::Object(Map::new());
                }
                self.place_members(shape, pointer, members, slot);
            }
        }
    }

    fn place_members(
        &mut self,
        shape: &Shape,
        pointer: &str,
        members: Vec<(String, Located)>,
        slot: &mut Value,
    ) {
        for (name, member) in members {
            let below = Faults::pointer(pointer, &name);
            // Where no table belongs, that is the fault, and what is in it has no meaning.
            let known = if shape.is_table() { shape.member(&name) } else { Some(&ANYTHING) };
            let Some(known) = known else {
                let meant = nearest(&name, shape.members.keys().map(String::as_str));
                let detail = format!("is not known here{}", did_you_mean(meant));
                self.fault(&below, Some(member.origin), "unknown", detail);
                continue;
            };
            self.place(known, &below, member, &mut slot[name.as_str()]);
            if self.wrong.contains(&below)
                && let Value::Object(members) = slot
            {
                members.remove(&name);
            }
        }
    }

    /// Places the content of a file.
    pub(super) fn place_file(
        &mut self,
        shape: &Shape,
        pointer: &str,
        path: &Path,
        origin: Origin,
        slot: &mut Value,
    ) {
        self.hidden.insert(pointer.to_owned());
        match secret_file::read(path).and_then(|content| text::to_value(shape, &content)) {
            Ok(value) => self.place(shape, pointer, Located::json(value, &origin), slot),
            Err(refusal) => self.refuse(pointer, origin, refusal),
        }
    }

    /// Forgets where what was at a pointer came from.
    fn replaces(&mut self, pointer: &str, origin: Origin) {
        self.origins.retain(|known, _| !is_within(known, pointer));
        self.wrong.retain(|known| !is_within(known, pointer));
        self.origins.insert(pointer.to_owned(), origin);
    }
}

/// Whether a pointer is another one or leads below it.
pub(super) fn is_within(pointer: &str, above: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The names on the way that a pointer leads.
pub(super) fn path_of(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

/// `http.listen` of `/http/listen`.
pub(super) fn key_of(pointer: &str) -> String {
    path_of(pointer).join(".")
}

/// Takes out what is at a pointer, or, where that is in a list, the list; `false` if that is everything.
pub(super) fn remove(value: &mut Value, pointer: &str) -> bool {
    let path = path_of(pointer);
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    let Value::Object(members) = value else {
        return false;
    };
    let below = rest.iter().fold(String::new(), |pointer, token| Faults::pointer(&pointer, token));
    if members.get_mut(first).is_some_and(|member| remove(member, &below)) {
        return true;
    }
    members.remove(first).is_some()
}
