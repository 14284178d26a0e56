//! Lists in pages that stay right while rows come and go.

mod column;
mod order;
mod pick;
mod rows;

pub use column::{KeyColumn, KeyKind};
pub use order::Keyset;
pub use rows::PageRows;
