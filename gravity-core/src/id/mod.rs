//! Typed ids: a UUIDv7 in the database, a TypeID on the wire.

mod entity;
mod error;
mod serial;
mod source;
mod typeid;

pub use entity::{Entity, Id};
pub use error::IdError;
pub(crate) use source::UuidSource;
pub use typeid::{format_type_id, is_type_id_prefix, parse_type_id};
