//! [`Gate`]: gives the parser of a multipart body no more than it asks for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use http_body::Body as _;

use crate::http::body::{Body, BoxError};

/// The body as the parser reads it.
///
/// The parser reads on for as long as there is something to read, which would bring a whole upload into
/// memory: the gate lets one piece through each time it is asked. Between fields it lets only so many
/// bytes pass, so that a head without an end is not collected either.
pub(super) struct Gate {
    body: Body,
    budget: Budget,
    rest: bool,
}

/// How many bytes may pass. Shared by the gate and whoever reads fields.
#[derive(Clone)]
pub(super) struct Budget(Arc<AtomicU64>);

/// The head of a part has no end.
#[derive(Debug, thiserror::Error)]
#[error("the head of a part is larger than its limit")]
pub(super) struct HeadTooLarge;

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(u64::MAX)))
    }

    pub(super) fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

impl Gate {
    pub(super) fn new(body: Body, budget: Budget) -> Self {
        Self { body, budget, rest: false }
    }
}

impl Stream for Gate {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rest) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            let left = self.budget.0.load(Ordering::Relaxed);
            if left == 0 {
                return Poll::Ready(Some(Err(HeadTooLarge.into())));
            }
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else {
                return Poll::Ready(None);
            };
            let Ok(data) = frame?.into_data() else { continue };
            if left != u64::MAX {
                self.budget.0.store(left.saturating_sub(data.len() as u64), Ordering::Relaxed);
            }
            self.rest = true;
            return Poll::Ready(Some(Ok(data)));
        }
    }
}
