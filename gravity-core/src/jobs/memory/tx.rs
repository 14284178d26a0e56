//! [`MemoryTx`]: a transaction of the store in memory.

use std::fmt;
use std::marker::PhantomData;

use crate::jobs::NewJob;

/// A transaction of [`MemoryJobs`](super::MemoryJobs): what was done on it happens when it commits.
#[derive(Default)]
pub struct MemoryTx<'c> {
    pub(super) jobs: Vec<NewJob>,
    pub(super) actions: Vec<Box<dyn FnOnce() + Send>>,
    /// A transaction of a database borrows its connection; code for both is the same.
    pub(super) connection: PhantomData<&'c ()>,
}

impl MemoryTx<'_> {
    /// Does this when the transaction commits, in order and before anybody sees its jobs. It must not use the
    /// store.
    pub fn on_commit(&mut self, action: impl FnOnce() + Send + 'static) {
        self.actions.push(Box::new(action));
    }
}

impl fmt::Debug for MemoryTx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTx").field("jobs", &self.jobs.len()).finish_non_exhaustive()
    }
}
