//! What every Gravity service stands on.
pub mod http;
#[allow(missing_docs, dead_code)]
mod stub;
pub use stub::validate;
pub use stub::{Permission, Principal};
#[cfg(feature = "testing")]
pub mod testing;
