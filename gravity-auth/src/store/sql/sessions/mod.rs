//! Sessions: in tables, or, while they are live, in another place beside them.

mod changes;
mod place;
mod reads;
#[cfg(feature = "redis")]
mod redis;
mod tables;
#[cfg(feature = "redis")]
mod text;
mod work;

pub(super) use place::Place;
pub(super) use work::{Settled, Work, is_raced};
