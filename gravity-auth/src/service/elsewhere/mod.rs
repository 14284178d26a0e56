//! Signing in at a provider elsewhere, and linking accounts there.

mod accounts;
mod arrival;
mod code;
mod journey;
mod providers;

pub use arrival::{Arrived, Returned};
pub use journey::Handover;
pub(crate) use providers::Providers;
