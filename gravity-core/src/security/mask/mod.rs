//! Masks: what is left of a value when it is shown or logged.

mod masker;
mod names;
mod personal;

pub use masker::{MASK, Masker};
pub use personal::{mask_card, mask_email, mask_phone, shorten};
