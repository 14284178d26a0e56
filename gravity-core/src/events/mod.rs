#![doc = include_str!("events.md")]

mod bridge;
mod cloud;
mod draft;
mod envelope;
mod error;
mod event;
mod failure;
mod handler;
mod http;
mod lane;
mod memory;
mod metrics;
mod node;
mod outbox;
mod retention;
mod retry;
mod round;
mod search;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod state;
mod store;
mod subscriber;
mod work;

pub use bridge::{Delivery, Inlet, Intake, Outlet};
#[cfg(feature = "redis")]
pub use bridge::{RedisInlet, RedisOutlet};
pub use cloud::{Attribute, CloudEvent, CloudEventData, CloudEventError};
pub use draft::Draft;
pub use envelope::{Envelope, EventId, Recorded};
pub use error::{DecodeError, Error};
pub use event::Event;
pub use failure::Failure;
pub use handler::Handler;
pub use http::{
    EVENTS_READ, EVENTS_WRITE, EventView, LaneView, PoisonedView, Replayed, SubscriberView, routes,
};
pub use lane::LANES;
#[cfg(feature = "testing")]
pub(crate) use lane::lane_of;
pub use memory::{MemoryEvents, MemoryTx};
pub(crate) use metrics::FAMILIES;
pub use metrics::watch;
pub use node::{EventNode, NodeConfig};
pub use outbox::Outbox;
pub use retention::Retention;
pub use retry::Retry;
pub use round::Round;
pub use search::{Found, Search};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlEvents;
pub use state::{LaneState, Member, Poisoned, SubscriberState, View};
pub use store::{Deliver, EventStore};
pub use subscriber::{Start, Subscriber};
pub use work::{Batch, Claim, Due, Failed, Origin, Settlement, Work};
