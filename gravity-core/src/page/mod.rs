//! Pages of long lists, and the cursors that lead from one to the next.

mod context;
mod cursor;
mod encoding;
mod key;
mod keyset;
mod request;
mod sort;

pub use context::CursorContext;
pub use cursor::{Cursor, CursorError};
pub use encoding::{Direction, KeyValue, Position};
pub use key::{CursorKey, CursorKeyError, CursorKeys};
pub use keyset::{KeyColumn, KeyKind, Keyset, PageRows};
pub use request::{Page, PageLimits, PageRequest};
pub use sort::{Sort, SortOrder};
