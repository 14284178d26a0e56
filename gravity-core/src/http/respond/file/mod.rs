//! [`File`]: bytes that are kept somewhere, with conditions and ranges.

mod answer;
mod disk;
mod disposition;
mod exact;
mod multipart;
mod source;

pub use answer::File;
pub use disposition::{content_disposition, is_shown_safely};
pub use source::Source;
