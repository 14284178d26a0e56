//! What every Gravity service stands on.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod db;
