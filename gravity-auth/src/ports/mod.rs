//! What sign-in needs from outside, as traits that an application fills in.

mod avatars;
mod delivery;

pub use avatars::{AvatarFiles, MemoryFiles, Picture, PictureError};
pub(crate) use delivery::Undelivered;
pub use delivery::{Delivery, Message};
