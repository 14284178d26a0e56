//! Checks of input that report every fault: by hand with [`Faults`], by a type's JSON schema with
//! [`Schema`].

mod branches;
mod compile;
mod equal;
mod faults;
mod format;
mod node;
mod nul;
mod pairs;
mod pattern;
mod schema;
mod walk;

pub use faults::{Fault, Faults};
pub(crate) use nul::{find_nuls, may_hold_nul, nul_at};
pub use schema::{Schema, SchemaError};
