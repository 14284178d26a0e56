//! A value held against the nodes of a schema.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::equal::{Number, canonical, equal};
use super::faults::Faults;
use super::node::{ArrayRules, Node, NodeId, NumberRules, ObjectRules, StringRules, Types};
use super::schema::Schema;

/// How deep the walk goes, through values and references together, before it gives up.
const DEEPEST: usize = 512;

pub(super) struct Walk<'a> {
    pub(super) schema: &'a Schema,
    pub(super) faults: Faults,
    pub(super) pointer: String,
    depth: usize,
    /// How many checks are left. Alternatives within alternatives can be tried in exponentially many
    /// ways; honest schemas need a few checks for each part of the value.
    budget: usize,
    /// Whether a check was left out for want of depth or budget.
    cut: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(schema: &'a Schema, value: &Value) -> Self {
        Self {
            schema,
            faults: Faults::new(),
            pointer: String::new(),
            depth: 0,
            budget: 10_000 + 200 * parts(value, DEEPEST),
            cut: false,
        }
    }

    pub(super) fn run(mut self, value: &Value) -> Faults {
        self.check(Schema::ROOT, value);
        if self.cut && self.faults.is_empty() {
            // An alternative was tried in part only, so that nobody knows whether it fits.
            self.fault("too_complex", "is too complex to check");
        }
        self.faults
    }

    pub(super) fn node(&self, id: NodeId) -> &'a Node {
        &self.schema.nodes[id]
    }

    pub(super) fn fault(&mut self, code: &'static str, detail: impl Into<String>) {
        self.faults.add(self.pointer.clone(), code, detail);
    }

    pub(super) fn check(&mut self, id: NodeId, value: &Value) {
        if self.budget == 0 {
            self.cut = true;
            // Said once: what comes after would repeat it for every part.
            if self.faults.iter().all(|fault| fault.code != "too_complex") {
                self.fault("too_complex", "is too complex to check");
            }
            return;
        }
        self.budget -= 1;
        self.descend(|walk| walk.check_node(walk.node(id), value));
    }

    /// Goes one step deeper, unless that is too deep for the stack.
    pub(super) fn descend(&mut self, then: impl FnOnce(&mut Self)) {
        if self.depth >= DEEPEST {
            self.cut = true;
            self.fault("too_deep", "must not be nested this deeply");
            return;
        }
        self.depth += 1;
        then(self);
        self.depth -= 1;
    }

    fn check_node(&mut self, node: &'a Node, value: &Value) {
        if node.never {
            return self.fault("forbidden", "must not be here");
        }
        if let Some(types) = node.types
            && !types.include(Types::of(value))
        {
            // What else the schema says is meant for another type.
            return self.fault("wrong_type", format!("must be {}", types.describe()));
        }
        if let Some(values) = &node.values
            && !values.iter().any(|allowed| equal(allowed, value))
        {
            return self.fault("wrong_value", one_of(values));
        }
        match value {
            Value::String(text) => self.check_string(&node.string, text),
            Value::Number(number) => self.check_number(&node.number, number),
            Value::Array(items) => self.check_array(&node.array, items),
            Value::Object(members) => self.check_object(&node.object, members),
            Value::Null | Value::Bool(_) => {}
        }
        if let Some(reference) = node.reference {
            self.check(reference, value);
        }
        for part in &node.all_of {
            self.check(*part, value);
        }
        self.check_any_of(&node.any_of, value);
        self.check_one_of(&node.one_of, value);
        if node.not.is_some_and(|not| self.accepts(not, value)) {
            self.fault("forbidden", "must not have this form");
        }
        if let Some(condition) = &node.condition {
            let branch =
                if self.accepts(condition.when, value) { condition.then } else { condition.otherwise };
            if let Some(branch) = branch {
                self.check(branch, value);
            }
        }
        // Last, for it asks what the others have let through.
        if let (Some(rest), Value::Object(members)) = (node.object.unevaluated, value) {
            let mut known = BTreeSet::new();
            self.evaluated(node, value, members, &mut known);
            for (name, value) in members.iter().filter(|(name, _)| !known.contains(name)) {
                self.check_rest(rest, name, value);
            }
        }
    }

    /// The faults of a value by one schema, apart from those found so far.
    pub(super) fn probe(&mut self, id: NodeId, value: &Value) -> Faults {
        let found = std::mem::take(&mut self.faults);
        self.check(id, value);
        std::mem::replace(&mut self.faults, found)
    }

    pub(super) fn accepts(&mut self, id: NodeId, value: &Value) -> bool {
        self.probe(id, value).is_empty()
    }

    /// Goes to a member or an element, does what is to be done there, and comes back.
    pub(super) fn at(&mut self, token: &str, then: impl FnOnce(&mut Self)) {
        let here = self.pointer.len();
        self.pointer.push('/');
        if token.contains(['~', '/']) {
            self.pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
        } else {
            self.pointer.push_str(token);
        }
        then(self);
        self.pointer.truncate(here);
    }

    fn check_string(&mut self, rules: &StringRules, text: &str) {
        if rules.min.is_some() || rules.max.is_some() {
            let length = text.chars().count();
            if let Some(min) = rules.min.filter(|min| length < *min) {
                self.fault("too_short", format!("must have at least {}", some(min, "character")));
            }
            if let Some(max) = rules.max.filter(|max| length > *max) {
                self.fault("too_long", format!("must have at most {}", some(max, "character")));
            }
        }
        if let Some(pattern) = &rules.pattern
            && !pattern.is_match(text)
        {
            self.fault("wrong_pattern", format!("must match `{pattern}`"));
        }
        if let Some(format) = rules.format
            && !format.matches(text)
        {
            self.fault("wrong_format", format!("must be {}", format.describe()));
        }
    }

    fn check_number(&mut self, rules: &NumberRules, written: &serde_json::Number) {
        let number = Number::from(written);
        if rules.is_read_as_integer && written.is_f64() {
            return self.fault("wrong_type", "must be an integer, written without a fraction");
        }
        if let Some(min) = rules.min.filter(|min| number.compare(*min).is_lt()) {
            self.fault("too_small", format!("must be at least {min}"));
        }
        if let Some(max) = rules.max.filter(|max| number.compare(*max).is_gt()) {
            self.fault("too_large", format!("must be at most {max}"));
        }
        if let Some(above) = rules.above.filter(|above| number.compare(*above).is_le()) {
            self.fault("too_small", format!("must be more than {above}"));
        }
        if let Some(below) = rules.below.filter(|below| number.compare(*below).is_ge()) {
            self.fault("too_large", format!("must be less than {below}"));
        }
        if let Some(factor) = rules.multiple_of.filter(|f| !number.is_multiple_of(*f)) {
            self.fault("not_a_multiple", format!("must be a multiple of {factor}"));
        }
    }

    fn check_array(&mut self, rules: &ArrayRules, items: &[Value]) {
        if let Some(min) = rules.min.filter(|min| items.len() < *min) {
            self.fault("too_few", format!("must have at least {}", some(min, "item")));
        }
        if let Some(max) = rules.max.filter(|max| items.len() > *max) {
            self.fault("too_many", format!("must have at most {}", some(max, "item")));
        }
        if !rules.prefix.is_empty() || rules.items.is_some() {
            for (at, item) in items.iter().enumerate() {
                if !self.faults.has_room() {
                    break;
                }
                if let Some(id) = rules.prefix.get(at).copied().or(rules.items) {
                    self.at(&at.to_string(), |walk| walk.check(id, item));
                }
            }
        }
        if rules.unique {
            let mut seen = HashSet::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                if !seen.insert(canonical(item)) {
                    self.at(&at.to_string(), |walk| {
                        walk.fault("duplicate", "must not be the same as an item before it");
                    });
                }
            }
        }
        if let Some(contains) = rules.contains {
            let found = items.iter().filter(|item| self.accepts(contains, item)).count();
            let min = rules.min_contains.unwrap_or(1);
            if found < min {
                self.fault("missing_item", format!("must contain at least {min} of the items asked for"));
            }
            if let Some(max) = rules.max_contains.filter(|max| found > *max) {
                self.fault("too_many", format!("must contain at most {max} of the items asked for"));
            }
        }
    }

    fn check_object(&mut self, rules: &ObjectRules, members: &Map<String, Value>) {
        if let Some(min) = rules.min.filter(|min| members.len() < *min) {
            self.fault("too_few", format!("must have at least {}", some(min, "member")));
        }
        if let Some(max) = rules.max.filter(|max| members.len() > *max) {
            self.fault("too_many", format!("must have at most {}", some(max, "member")));
        }
        for name in &rules.required {
            if !members.contains_key(name) {
                self.at(name, |walk| walk.fault("missing", "must be given"));
            }
        }
        let every_name_matters =
            !rules.patterns.is_empty() || rules.additional.is_some() || rules.names.is_some();
        if !every_name_matters && rules.properties.is_empty() {
            return;
        }
        for (name, value) in members {
            if !self.faults.has_room() {
                return;
            }
            if let Some(names) = rules.names {
                let name_value = Value::String(name.clone());
                self.at(name, |walk| walk.check(names, &name_value));
            }
            let mut known = false;
            if let Some(id) = rules.properties.get(name) {
                known = true;
                self.at(name, |walk| walk.check(*id, value));
            }
            for (_, id) in rules.patterns.iter().filter(|(p, _)| p.is_match(name)) {
                known = true;
                self.at(name, |walk| walk.check(*id, value));
            }
            if let Some(rest) = rules.additional.filter(|_| !known) {
                self.check_rest(rest, name, value);
            }
        }
    }

    /// Checks a member that no rule names.
    fn check_rest(&mut self, rest: NodeId, name: &str, value: &Value) {
        if self.node(rest).never {
            self.at(name, |walk| walk.fault("unknown", "is not known here"));
        } else {
            self.at(name, |walk| walk.check(rest, value));
        }
    }
}

/// How many values a value is made of.
fn parts(value: &Value, depth: usize) -> usize {
    if depth == 0 {
        return 1;
    }
    match value {
        Value::Array(items) => items.iter().map(|item| parts(item, depth - 1)).sum::<usize>() + 1,
        Value::Object(members) => members.values().map(|value| parts(value, depth - 1)).sum::<usize>() + 1,
        _ => 1,
    }
}

/// `1 item`, `2 items`.
fn some(count: usize, of: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {of}{plural}")
}

pub(super) fn one_of(values: &[Value]) -> String {
    let list: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    match list.as_slice() {
        [] => "can have no value".to_owned(),
        [value] => format!("must be {value}"),
        values => format!("must be one of {}", values.join(", ")),
    }
}
