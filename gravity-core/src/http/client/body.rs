//! [`Watched`]: a streamed answer that may not stand still for ever.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::error::ClientError;
use crate::http::body::{Body, BoxError};

/// A body that ends with an error when its next piece takes too long. Only waiting counts: a reader
/// may take its time.
pub(super) struct Watched {
    body: Body,
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl Watched {
    pub(super) fn new(body: Body, limit: Duration) -> Self {
        Self { body, limit, timer: None, waiting: false }
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        if !std::mem::replace(&mut self.waiting, true)
            && let Some(end) = Instant::now().checked_add(limit)
        {
            timer.as_mut().reset(end);
        }
        timer.as_mut().poll(cx)
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waiting = false;
            return Poll::Ready(frame);
        }
        self.poll_stalled(cx).map(|()| {
            // What comes after the error is the end, and the connection is given up.
            self.body = Body::empty();
            Some(Err(ClientError::Timeout(self.limit).into()))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};
    use http_body_util::BodyExt;
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_waiting_counts() {
        let limit = Duration::from_secs(20);
        let pieces = stream::iter([Ok::<_, BoxError>(Bytes::from("a")), Ok(Bytes::from("b"))]);
        let mut body = Watched::new(Body::from_stream(pieces.chain(stream::pending())), limit);
        assert!(body.frame().await.unwrap().is_ok());
        advance(limit * 3).await;
        assert!(body.frame().await.unwrap().is_ok(), "a slow reader is no fault of the server");
        let before = Instant::now();
        assert!(body.frame().await.unwrap().unwrap_err().is::<ClientError>());
        assert_eq!(before.elapsed().as_secs(), 20);
        assert!(body.frame().await.is_none());
    }
}
