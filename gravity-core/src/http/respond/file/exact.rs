//! [`Exact`]: a body of which the length is known before its first byte.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;
use http_body::{Frame, SizeHint};

use crate::http::body::BoxError;

/// A body that holds exactly so many bytes, or ends with an error.
pub(super) struct Exact {
    stream: BoxStream<'static, Result<Bytes, BoxError>>,
    left: u64,
}

/// The source had fewer bytes than it said.
#[derive(Debug, thiserror::Error)]
#[error("the file ended {missing} bytes before its size")]
struct Truncated {
    missing: u64,
}

impl Exact {
    pub(super) fn new(stream: BoxStream<'static, Result<Bytes, BoxError>>, len: u64) -> Self {
        Self { stream, left: len }
    }
}

impl Stream for Exact {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while self.left > 0 {
            let Some(piece) = ready!(self.stream.as_mut().poll_next(cx)) else {
                let missing = std::mem::take(&mut self.left);
                return Poll::Ready(Some(Err(Truncated { missing }.into())));
            };
            let mut piece = piece.inspect_err(|_| self.left = 0)?;
            // A file that has grown since is sent as long as it was.
            piece.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= piece.len() as u64;
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(piece)));
            }
        }
        Poll::Ready(None)
    }
}

impl http_body::Body for Exact {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.poll_next(cx).map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
