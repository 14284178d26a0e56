//! [`panics`]: panics of any service as answers. Routes catch those of their handlers themselves.

use std::any::Any;

use tower_http::catch_panic::CatchPanicLayer;

use crate::http::Response;
use crate::http::running::panicked;

/// A layer that answers 500 where the service inside panics, and logs the message.
pub fn panics() -> CatchPanicLayer<fn(Box<dyn Any + Send>) -> Response> {
    CatchPanicLayer::custom(answer as fn(Box<dyn Any + Send>) -> Response)
}

fn answer(panic: Box<dyn Any + Send>) -> Response {
    panicked(&*panic).render(None)
}
