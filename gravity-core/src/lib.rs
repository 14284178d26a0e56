//! What every Gravity service stands on.
pub mod http;
#[allow(missing_docs, dead_code)]
mod stub;
#[cfg(feature = "testing")]
pub mod testing;
pub use stub::validate;
pub use stub::{Permission, Principal};
