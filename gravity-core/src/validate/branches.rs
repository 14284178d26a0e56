//! Alternatives: which one a value was meant to be, when it is none of them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::equal::equal;
use super::faults::Faults;
use super::node::{Node, NodeId, Types};
use super::walk::{Walk, one_of};

/// How many references and `allOf`s are followed to learn what an alternative is about.
const FARTHEST: usize = 8;

impl<'a> Walk<'a> {
    pub(super) fn check_any_of(&mut self, branches: &'a [NodeId], value: &Value) {
        if branches.is_empty() {
            return;
        }
        let mut tried = Vec::with_capacity(branches.len());
        for branch in branches {
            let faults = self.probe(*branch, value);
            if faults.is_empty() {
                return;
            }
            tried.push((*branch, faults));
        }
        self.report_best(tried, value);
    }

    pub(super) fn check_one_of(&mut self, branches: &'a [NodeId], value: &Value) {
        if branches.is_empty() {
            return;
        }
        let mut tried = Vec::with_capacity(branches.len());
        for branch in branches {
            let faults = self.probe(*branch, value);
            if !faults.is_empty() {
                tried.push((*branch, faults));
            }
        }
        match branches.len() - tried.len() {
            0 => self.report_best(tried, value),
            1 => {}
            _ => self.fault("ambiguous", "must have only one of the forms it can have"),
        }
    }

    /// Reports the faults of the alternative that the value comes nearest to.
    fn report_best(&mut self, tried: Vec<(NodeId, Faults)>, value: &Value) {
        // An alternative that ran out of depth or budget hides what it would have said.
        let cut = |faults: &Faults| {
            faults.iter().any(|fault| fault.code == "too_deep" || fault.code == "too_complex")
        };
        if let Some((_, faults)) = tried.iter().find(|(_, faults)| cut(faults)) {
            let faults = faults.clone();
            self.faults.nest("", faults);
            return;
        }
        let branches: Vec<NodeId> = tried.iter().map(|(branch, _)| *branch).collect();
        let best = tried
            .into_iter()
            .map(|(branch, faults)| (self.distance(branch, &faults, value), faults))
            .min_by_key(|(distance, _)| *distance);
        let Some((distance, faults)) = best else {
            return;
        };
        if distance.other_kind {
            self.fault_of_kind(&branches, value);
        } else if distance.other_tag && self.fault_of_tag(&branches) {
        } else {
            self.faults.nest("", faults);
        }
    }

    fn distance(&self, branch: NodeId, faults: &Faults, value: &Value) -> Distance {
        let here =
            |code: &str| faults.iter().any(|fault| fault.code == code && fault.pointer == self.pointer);
        let mut tags = Vec::new();
        self.tags(branch, FARTHEST, &mut tags);
        let other_tag = value.as_object().is_some_and(|members| {
            tags.iter().any(|(name, tag)| members.get(*name).is_none_or(|given| !equal(given, tag)))
        });
        let is_child = |pointer: &str| {
            pointer
                .strip_prefix(self.pointer.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|token| !token.contains('/'))
        };
        let misfits = faults
            .iter()
            .filter(|fault| (fault.code == "missing" || fault.code == "unknown") && is_child(&fault.pointer))
            .count();
        Distance {
            other_kind: here("wrong_type") || here("wrong_value") || here("forbidden"),
            other_tag,
            misfits,
            faults: faults.len() + faults.dropped(),
        }
    }

    /// The value is of a type, or is a constant, that no alternative has.
    fn fault_of_kind(&mut self, branches: &[NodeId], value: &Value) {
        let mut types = Types::NONE;
        let mut values = Vec::new();
        for branch in branches {
            self.kinds(*branch, FARTHEST, &mut types, &mut values);
        }
        if types.include(Types::of(value)) && !values.is_empty() {
            self.fault("wrong_value", one_of(&values));
        } else {
            self.fault("wrong_type", format!("must be {}", types.describe()));
        }
    }

    /// The value carries a tag that no alternative has, or none; `false` if the alternatives do not
    /// agree which member that is.
    fn fault_of_tag(&mut self, branches: &[NodeId]) -> bool {
        let mut name = None;
        let mut values = Vec::new();
        for branch in branches {
            let mut tags = Vec::new();
            self.tags(*branch, FARTHEST, &mut tags);
            let Some((tag, value)) = tags.into_iter().find(|(tag, _)| name.is_none_or(|name| name == *tag))
            else {
                continue;
            };
            name = Some(tag);
            values.push(value.clone());
        }
        let Some(name) = name else { return false };
        self.at(name, |walk| walk.fault("wrong_value", one_of(&values)));
        true
    }

    /// Members that must have one fixed value, which tell an alternative from others.
    fn tags(&self, id: NodeId, farthest: usize, tags: &mut Vec<(&'a str, &'a Value)>) {
        let node = self.node(id);
        for name in &node.object.required {
            if let Some(property) = node.object.properties.get(name)
                && let Some([value]) = self.node(*property).values.as_deref()
            {
                tags.push((name, value));
            }
        }
        if farthest > 0 {
            for part in node.reference.iter().chain(&node.all_of) {
                self.tags(*part, farthest - 1, tags);
            }
        }
    }

    /// The types and the fixed values that an alternative can be.
    fn kinds(&self, id: NodeId, farthest: usize, types: &mut Types, values: &mut Vec<Value>) {
        let node = self.node(id);
        if let Some(own) = node.types {
            *types = types.or(own);
        }
        for value in node.values.iter().flatten() {
            *types = types.or(Types::of(value));
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        if farthest > 0 {
            let parts = node.reference.iter().chain(&node.all_of);
            for part in parts.chain(&node.any_of).chain(&node.one_of) {
                self.kinds(*part, farthest - 1, types, values);
            }
        }
    }

    /// The members that the rules of a node, and of whatever it is made of, have spoken about.
    pub(super) fn evaluated<'v>(
        &mut self,
        node: &'a Node,
        value: &Value,
        members: &'v Map<String, Value>,
        known: &mut BTreeSet<&'v String>,
    ) {
        let rules = &node.object;
        known.extend(members.keys().filter(|name| {
            rules.additional.is_some()
                || rules.properties.contains_key(*name)
                || rules.patterns.iter().any(|(p, _)| p.is_match(name))
        }));
        let certain = node.reference.iter().chain(&node.all_of);
        let mut parts: Vec<NodeId> = certain.copied().collect();
        for branch in node.any_of.iter().chain(&node.one_of) {
            if self.accepts(*branch, value) {
                parts.push(*branch);
            }
        }
        if let Some(condition) = &node.condition {
            if self.accepts(condition.when, value) {
                parts.push(condition.when);
                parts.extend(condition.then);
            } else {
                parts.extend(condition.otherwise);
            }
        }
        for part in parts {
            self.descend(|walk| {
                let part = walk.node(part);
                walk.evaluated(part, value, members, known);
            });
        }
    }
}

/// How far a value is from an alternative; less is nearer, and what comes first weighs most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Distance {
    other_kind: bool,
    other_tag: bool,
    misfits: usize,
    faults: usize,
}
