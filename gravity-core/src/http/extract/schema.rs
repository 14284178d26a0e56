//! The compiled schemas of the types that are read, one for each type.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use schemars::JsonSchema;

use crate::http::problem::Problem;
use crate::http::problems;
use crate::validate::{Schema, SchemaError};

/// A type id is a hash already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash << 8) | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type Compiled = &'static Result<Schema, SchemaError>;
type Schemas = HashMap<TypeId, Compiled, BuildHasherDefault<AsIs>>;

static ALL: LazyLock<Mutex<Schemas>> = LazyLock::new(Mutex::default);

thread_local! {
    /// Each thread has its own view, so that a request takes no lock.
    static SEEN: RefCell<Schemas> = RefCell::default();
}

/// The schema of a type. It is compiled once and kept for good: a program has few such types.
///
/// Where it cannot be compiled, nothing is read: an input that cannot be checked is not let in.
pub(crate) fn of<T: JsonSchema + 'static>() -> Result<&'static Schema, Problem> {
    SEEN.with_borrow_mut(|seen| *seen.entry(TypeId::of::<T>()).or_insert_with(compiled::<T>))
        .as_ref()
        .map_err(|error| Problem::new(problems::INTERNAL).because(error.clone()))
}

fn compiled<T: JsonSchema + 'static>() -> Compiled {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(TypeId::of::<T>()).or_insert_with(|| Box::leak(Box::new(Schema::of::<T>())))
}
