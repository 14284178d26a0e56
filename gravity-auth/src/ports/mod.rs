//! What sign-in needs from outside, as traits that an application fills in.

mod delivery;

pub(crate) use delivery::Undelivered;
pub use delivery::{Delivery, Message};
