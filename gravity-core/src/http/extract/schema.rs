//! The compiled schemas of the types that are read, one for each type.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::validate::{self, Faults};

/// The schema of what a type is read from.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) document: Value,
    pub(crate) compiled: validate::Schema,
}

/// What serde says of an input that its schema has let through.
pub(crate) fn unread(pointer: &str, error: &dyn std::error::Error) -> Faults {
    let mut faults = Faults::new();
    faults.add(pointer, "invalid", error.to_string());
    faults
}

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

type Schemas = HashMap<TypeId, &'static Schema, BuildHasherDefault<AsIs>>;

static ALL: LazyLock<Mutex<Schemas>> = LazyLock::new(Mutex::default);

thread_local! {
    /// Each thread has its own view, so that a request takes no lock.
    static SEEN: RefCell<Schemas> = RefCell::default();
}

/// The schema of a type. It is compiled once and kept for good: a program has few such types.
pub(crate) fn of<T: JsonSchema + 'static>() -> &'static Schema {
    SEEN.with_borrow_mut(|seen| *seen.entry(TypeId::of::<T>()).or_insert_with(shared::<T>))
}

fn shared<T: JsonSchema + 'static>() -> &'static Schema {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(TypeId::of::<T>()).or_insert_with(|| Box::leak(Box::new(compile::<T>())))
}

/// # Panics
/// When the schema says something that cannot be checked: to let such input pass would be worse.
fn compile<T: JsonSchema>() -> Schema {
    let document = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    match validate::Schema::compile(&document) {
        Ok(compiled) => Schema { document, compiled },
        Err(error) => panic!("the schema of {} cannot be checked: {error}", std::any::type_name::<T>()),
    }
}
