//! The documentation page: `/docs`, with all it needs in the crate.

mod page;
