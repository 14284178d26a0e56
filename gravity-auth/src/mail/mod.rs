//! What mail says, as plain text and as HTML.

mod compose;
mod html;
mod mailbox;

pub(crate) use compose::compose;
pub use mailbox::DevMailbox;
