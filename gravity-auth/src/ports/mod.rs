//! What sign-in needs from outside, as traits that an application fills in.

mod avatars;
mod delivery;
mod picture;

pub use avatars::{AvatarFiles, MemoryFiles};
pub(crate) use delivery::Undelivered;
pub use delivery::{Delivery, Message};
pub use picture::{Picture, PictureError};
