//! [`Multipart`]: a form with files, streamed field by field.

mod boundary;
mod disposition;
mod field;
mod form;
mod gate;

pub use boundary::boundary;
pub use disposition::{Disposition, disposition};
pub use field::Field;
pub use form::{AnyFields, FilePart, Multipart};
