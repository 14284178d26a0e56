//! Server-sent events.

mod answer;
mod event;

pub use answer::Sse;
pub use event::{Event, InvalidEvent};
