//! [`Gate`]: gives the parser of a multipart body no more than it needs.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use http_body::Body as _;

use crate::http::body::{Body, BoxError};

/// The body as the parser reads it.
///
/// The parser reads on for as long as there is something to read, which would bring a whole upload into
/// memory. The gate makes it look at what it has first, and then lets one piece through at a time.
pub(super) struct Gate {
    body: Body,
    keeper: Keeper,
}

/// Says what the gate lets through. Shared by the gate and whoever reads fields.
#[derive(Clone, Default)]
pub(super) struct Keeper(Arc<State>);

#[derive(Default)]
struct State {
    /// How many bytes may pass yet.
    left: AtomicU64,
    /// Whether the parser is to look at what it has before anything passes.
    closed: AtomicBool,
    /// Whether the parser has had a look since nothing may pass any more.
    warned: AtomicBool,
}

/// The head of a part has no end.
#[derive(Debug, thiserror::Error)]
#[error("the head of a part is larger than its limit")]
pub(super) struct HeadTooLarge;

impl Keeper {
    /// The parser is asked for something that so many bytes must hold.
    pub(super) fn ask(&self, bytes: u64) {
        self.0.left.store(bytes, Ordering::Relaxed);
        self.0.closed.store(true, Ordering::Relaxed);
        self.0.warned.store(false, Ordering::Relaxed);
    }
}

impl Gate {
    pub(super) fn new(body: Body, keeper: Keeper) -> Self {
        Self { body, keeper }
    }
}

impl Stream for Gate {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let state = &this.keeper.0;
        if state.closed.swap(false, Ordering::Relaxed) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            let left = state.left.load(Ordering::Relaxed);
            if left == 0 {
                // Before the first boundary the parser asks for more before it looks at what it got last.
                if !state.warned.swap(true, Ordering::Relaxed) {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                return Poll::Ready(Some(Err(HeadTooLarge.into())));
            }
            let Some(frame) = ready!(Pin::new(&mut this.body).poll_frame(cx)) else {
                return Poll::Ready(None);
            };
            let Ok(data) = frame?.into_data() else { continue };
            state.left.store(left.saturating_sub(data.len() as u64), Ordering::Relaxed);
            state.closed.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Ok(data)));
        }
    }
}
