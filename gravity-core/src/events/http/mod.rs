//! The routes by which people look after events.

mod handlers;
mod problems;
mod views;

use std::sync::Arc;

pub use views::{EventView, LaneView, PoisonedView, Replayed, SubscriberView};

use super::EventStore;
use crate::http::{Routes, delete, get, post};
use crate::page::CursorKeys;
use crate::security::mask::Masker;
use crate::{Clock, Permission};

/// Lets its holder see subscribers and events, secrets masked.
pub const EVENTS_READ: Permission = Permission::new("events:read");

/// Lets its holder replay and discard events, pause and forget subscribers.
pub const EVENTS_WRITE: Permission = Permission::new("events:write");

/// What the routes work with.
#[derive(Clone)]
pub(super) struct Api<S> {
    store: S,
    cursors: Arc<CursorKeys>,
    clock: Clock,
    masker: Arc<Masker>,
}

/// The routes by which people look after the events of a store: who subscribes and how far each has come, what
/// was set aside, and what was recorded. The data of events is shown with secrets masked by their names.
///
/// Reading needs [`EVENTS_READ`], everything else [`EVENTS_WRITE`]; the application's authenticator says who
/// has them.
#[rustfmt::skip]
pub fn routes<S: EventStore>(store: S, cursors: CursorKeys, clock: Clock) -> Routes {
    let api = Api { store, cursors: Arc::new(cursors), clock, masker: Arc::new(Masker::new()) };
    let declare = |draft: crate::http::Draft, permission| draft.allow(permission).tag("events");
    Routes::new()
        .route(declare(get("/events", "findEvents"), EVENTS_READ).about("Looks for recorded events, the latest first").to(handlers::find::<S>))
        .route(declare(get("/events/subscribers", "listSubscribers"), EVENTS_READ).about("Lists the subscribers").to(handlers::list::<S>))
        .route(declare(get("/events/subscribers/{name}", "readSubscriber"), EVENTS_READ).about("Tells how a subscriber is doing").to(handlers::read::<S>))
        .route(declare(delete("/events/subscribers/{name}", "forgetSubscriber"), EVENTS_WRITE).about("Forgets a subscriber and all that is known about it").to(handlers::forget::<S>))
        .route(declare(post("/events/subscribers/{name}/pause", "pauseSubscriber"), EVENTS_WRITE).about("Pauses a subscriber").to(handlers::pause::<S>))
        .route(declare(post("/events/subscribers/{name}/resume", "resumeSubscriber"), EVENTS_WRITE).about("Lets a subscriber go on").to(handlers::resume::<S>))
        .route(declare(post("/events/subscribers/{name}/replay", "replayAllEvents"), EVENTS_WRITE).about("Lets all events that were set aside be tried again").to(handlers::replay_all::<S>))
        .route(declare(get("/events/subscribers/{name}/poisoned", "listPoisonedEvents"), EVENTS_READ).about("Lists the events that were set aside").to(handlers::poisoned::<S>))
        .route(declare(get("/events/subscribers/{name}/poisoned/{id}", "readPoisonedEvent"), EVENTS_READ).about("Reads an event that was set aside").to(handlers::inspect::<S>))
        .route(declare(post("/events/subscribers/{name}/poisoned/{id}/replay", "replayEvent"), EVENTS_WRITE).about("Lets an event that was set aside be tried again").to(handlers::replay::<S>))
        .route(declare(delete("/events/subscribers/{name}/poisoned/{id}", "discardEvent"), EVENTS_WRITE).about("Forgets an event that was set aside").to(handlers::discard::<S>))
        .state(&api)
}
