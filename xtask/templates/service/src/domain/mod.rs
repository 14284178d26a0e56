//! What the service is about: types and rules, without I/O.

mod item;

pub use item::{Item, ItemId, NewItem};
