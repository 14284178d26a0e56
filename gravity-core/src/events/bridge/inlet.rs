//! [`Inlet`]: from a broker.

use async_trait::async_trait;

use crate::events::CloudEvent;

/// An event that a broker has handed over, and wants to be told when it is safe.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// By what the broker knows it.
    pub receipt: String,
    /// The event, or why it cannot be read.
    pub event: Result<CloudEvent, String>,
}

/// Takes events from a broker, one reader at a time: only then do they come in order.
#[async_trait]
pub trait Inlet: Send + Sync + 'static {
    /// The next events in their order. Those that were handed over before and never settled come again, and
    /// first. None where there are none, or where another node reads.
    async fn receive(&self, limit: usize) -> Result<Vec<Delivery>, crate::Error>;

    /// Tells the broker that these are safe.
    async fn settle(&self, receipts: &[String]) -> Result<(), crate::Error>;

    /// Puts one that is no event of ours where people can look at it, and settles it.
    async fn set_aside(&self, delivery: &Delivery, reason: &str) -> Result<(), crate::Error>;
}
