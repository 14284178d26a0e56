//! [`Limited`]: a body that may hold so much, and may stand still for so long.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use crate::http::body::{Body, BoxError};
use crate::http::limits::Limits;

/// A body under a route's limits.
pub(crate) struct Limited {
    body: Body,
    left: u64,
    idle: Duration,
    /// Made when the body first has to be waited for; most never are.
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

/// The body holds more than it may.
#[derive(Debug, thiserror::Error)]
#[error("the body is larger than its limit")]
pub struct TooLarge;

/// The body stood still for too long.
#[derive(Debug, thiserror::Error)]
#[error("the body stood still for too long")]
pub struct Stalled;

/// A body that may hold so many bytes, and stand still for as long as is usual.
pub(crate) fn limited(body: Body, bytes: u64) -> Body {
    Body::new(Limited::new(body, &Limits { body: bytes, ..Limits::DEFAULT }))
}

impl Limited {
    pub(crate) fn new(body: Body, limits: &Limits) -> Self {
        Self { body, left: limits.body, idle: limits.body_idle, timer: None, waiting: false }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let idle = self.idle;
        match &mut self.timer {
            None => self.timer = Some(Box::pin(sleep(idle))),
            Some(timer) if !self.waiting => timer.as_mut().reset(Instant::now() + idle),
            Some(_) => {}
        }
        self.waiting = true;
        self.timer.as_mut().map_or(Poll::Pending, |timer| timer.as_mut().poll(cx))
    }
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.wait(cx));
            self.body = Body::empty();
            return Poll::Ready(Some(Err(Stalled.into())));
        };
        self.waiting = false;
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            let Some(left) = self.left.checked_sub(data.len() as u64) else {
                self.body = Body::empty();
                return Poll::Ready(Some(Err(TooLarge.into())));
            };
            self.left = left;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
