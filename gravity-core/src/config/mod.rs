//! Typed configuration: from defaults, a file and the environment, with every wrong value told at once.
//!
//! [`Config`] says where settings come from, and reads a type from them; [`Reference`] lists what can be
//! set. What a setting may be is said once, by the JSON schema of the type.

mod decode;
mod environment;
mod error;
mod file;
mod kinds;
mod layers;
mod load;
mod reference;
mod secret_file;
mod shape;
mod suggest;
mod text;

pub use error::{ConfigError, ConfigFault, Origin};
pub use load::{Config, Loaded};
pub use reference::{KeyReference, Reference};
