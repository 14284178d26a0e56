//! [`Sse`]: a stream of events as an answer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::json;
use tokio::time::{Instant, Sleep, sleep};

use super::event::Event;
use crate::http::Response;
use crate::http::body::{Body, BoxError};
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::respond::Respond;

const MEDIA: &str = "text/event-stream";
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How long the stream is silent before a comment keeps the connection alive, where the handler does not say.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Server-sent events. When the client leaves, the stream is dropped; when the stream ends, clients connect
/// again.
pub struct Sse<S> {
    events: S,
    keep_alive: Duration,
}

impl<S, E> Sse<S>
where
    S: Stream<Item = Result<Event, E>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    /// These events. An error ends the connection.
    pub fn new(events: S) -> Self {
        Self { events, keep_alive: KEEP_ALIVE }
    }

    /// How long it is silent before a comment keeps the connection alive: 15 s where this is not said.
    #[must_use]
    pub fn keep_alive(mut self, silence: Duration) -> Self {
        self.keep_alive = silence;
        self
    }
}

impl<S, E> Respond for Sse<S>
where
    S: Stream<Item = Result<Event, E>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    const MEDIA: &'static [&'static str] = &[MEDIA];

    fn respond(self, _: &mut Parts) -> Response {
        let stream =
            Beating { events: Box::pin(self.events), silence: self.keep_alive, timer: None, waiting: false };
        let mut response = Response::new(Body::from_stream(stream));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // nginx would hold events back until it has a buffer full of them.
        headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        let schema = json!({ "type": "string", "description": "Server-sent events." });
        operation.response(StatusCode::OK, "The events, as they happen.", Some((MEDIA, schema)));
    }
}

/// Events, and comments where there are none for long.
struct Beating<S> {
    events: Pin<Box<S>>,
    silence: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl<S, E> Stream for Beating<S>
where
    S: Stream<Item = Result<Event, E>>,
{
    type Item = Result<Bytes, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Poll::Ready(event) = this.events.as_mut().poll_next(cx) {
            this.waiting = false;
            return Poll::Ready(event.map(|event| event.map(Event::into_bytes)));
        }
        let silence = this.silence;
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(silence)));
        if !this.waiting {
            timer.as_mut().reset(Instant::now() + silence);
            this.waiting = true;
        }
        ready!(timer.as_mut().poll(cx));
        this.waiting = false;
        Poll::Ready(Some(Ok(Bytes::from_static(b":\n\n"))))
    }
}

impl<S> fmt::Debug for Sse<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sse").field("keep_alive", &self.keep_alive).finish_non_exhaustive()
    }
}
