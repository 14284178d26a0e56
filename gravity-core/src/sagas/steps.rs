//! [`Steps`]: the steps of a kind of saga.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde_json::Value;

use super::saga::check_name;
use super::step::AnyStep;
use super::transition::Undoable;
use super::{Error, Saga, SagaStore, Step, StepRecord};
use crate::jobs::Failure;

type Upgrade = Box<dyn Fn(Value) -> Result<Value, Failure> + Send + Sync>;

/// The steps of a kind of saga, in order.
#[must_use = "steps are nothing until a `Sagas` knows them"]
pub struct Steps<T, S> {
    plan: Plan<S>,
    state: PhantomData<fn() -> T>,
}

/// Steps that do not show the type of the saga's state.
pub(super) struct Plan<S> {
    pub(super) name: &'static str,
    pub(super) version: u32,
    pub(super) steps: Vec<AnyStep<S>>,
    upgrades: HashMap<u32, Upgrade>,
}

impl<T: Saga, S: SagaStore> Steps<T, S> {
    /// No steps yet.
    pub fn new() -> Self {
        let plan = Plan { name: T::NAME, version: T::VERSION, steps: Vec::new(), upgrades: HashMap::new() };
        Self { plan, state: PhantomData }
    }

    /// Another step, after those before.
    pub fn then(mut self, step: Step<T, S>) -> Self {
        self.plan.steps.push(step.erased());
        self
    }

    /// Takes over sagas that an earlier version began: makes their state one of this version.
    ///
    /// The steps that such a saga has begun must be the first ones of this version, too, by their names. One
    /// for which they are not stays as it is, for a program that knows its version.
    pub fn upgrading(
        mut self,
        version: u32,
        upgrade: impl Fn(Value) -> Result<Value, Failure> + Send + Sync + 'static,
    ) -> Self {
        self.plan.upgrades.insert(version, Box::new(upgrade));
        self
    }

    pub(super) fn checked(self) -> Result<Plan<S>, Error> {
        let plan = self.plan;
        check_name("saga", plan.name)?;
        if plan.steps.is_empty() {
            return Err(Error::invalid("saga", "it has no steps"));
        }
        for (at, step) in plan.steps.iter().enumerate() {
            check_name("step", &step.name)?;
            if plan.steps[..at].iter().any(|other| other.name == step.name) {
                return Err(Error::invalid("step", "two of them have the same name"));
            }
        }
        Ok(plan)
    }
}

impl<T: Saga, S: SagaStore> Default for Steps<T, S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Plan<S> {
    pub(super) fn records(&self) -> Vec<StepRecord> {
        self.steps.iter().map(|step| StepRecord::pending(&step.name)).collect()
    }

    /// Whether these are the steps that a saga began with.
    pub(super) fn is_of(&self, records: &[StepRecord]) -> bool {
        self.steps.len() == records.len()
            && self.steps.iter().zip(records).all(|(step, record)| *step.name == *record.name)
    }

    /// Which of the steps have a compensation.
    pub(super) fn undoable(&self) -> Undoable {
        self.steps.iter().map(|step| step.undo.is_some()).collect()
    }

    pub(super) fn upgrade(&self, version: u32) -> Option<&Upgrade> {
        self.upgrades.get(&version)
    }
}

impl<T, S> fmt::Debug for Steps<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.plan.steps.iter().map(|step| &*step.name).collect();
        f.debug_struct("Steps").field("name", &self.plan.name).field("steps", &names).finish_non_exhaustive()
    }
}
