//! The body of a request. actix's cannot leave its worker; ours can.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

use crate::http::{Body, BoxError};

/// How much of a body is taken at once, without a task that carries it over.
const SMALL: usize = 64 * 1024;

/// How many pieces wait for the handler, each of up to some ten kilobytes.
const WAITING: usize = 4;

/// The length that a head states.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// A body for the handler: bytes in memory where a small one has come with its head, as most do, and
/// a channel where the rest has to be waited for. The handler starts at once either way: it is there
/// that a body is found too long or too slow.
pub(super) async fn body(mut payload: Payload, length: Option<u64>) -> Body {
    let mut pieces = Vec::new();
    let outcome = first(&mut payload, &mut pieces, length).await;
    match outcome {
        First::Whole => match pieces.len() {
            0 => Body::empty(),
            1 => Body::from(pieces.swap_remove(0)),
            _ => {
                let mut all = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
                for piece in &pieces {
                    all.extend_from_slice(piece);
                }
                Body::from(all.freeze())
            }
        },
        First::Broken(error) => Body::from_stream(futures_util::stream::iter(
            pieces.into_iter().map(Ok).chain(std::iter::once(Err(broken(&error)))),
        )),
        First::More => {
            let taken: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
            let (sender, receiver) = mpsc::channel(WAITING);
            actix_web::rt::spawn(pump(payload, sender, length.map(|length| length.saturating_sub(taken))));
            Body::new(Pumped { first: pieces.into_iter(), receiver, left: length })
        }
    }
}

enum First {
    Whole,
    More,
    Broken(PayloadError),
}

/// Takes what is there. actix calls the service before it has looked at the bytes behind the head, so
/// that it is asked twice.
async fn first(payload: &mut Payload, pieces: &mut Vec<Bytes>, length: Option<u64>) -> First {
    let (mut asked, mut size) = (false, 0);
    poll_fn(|cx| {
        loop {
            match payload.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(piece))) => {
                    size += piece.len();
                    pieces.push(piece);
                    if Some(size as u64) == length {
                        return Poll::Ready(First::Whole);
                    }
                    if size > SMALL {
                        return Poll::Ready(First::More);
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(First::Broken(error)),
                Poll::Ready(None) => return Poll::Ready(First::Whole),
                Poll::Pending if asked => return Poll::Ready(First::More),
                Poll::Pending => {
                    asked = true;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    })
    .await
}

/// Carries a body over, as fast as the handler takes it.
async fn pump(
    mut payload: Payload,
    sender: mpsc::Sender<Result<Bytes, PayloadError>>,
    mut left: Option<u64>,
) {
    // Behind a head that asks for an upgrade, actix does not see where the body ends.
    while left != Some(0) {
        // A place first: what is not read from actix is not read from the client.
        let Ok(place) = sender.reserve().await else { return };
        let next = tokio::select! {
            next = payload.next() => next,
            () = sender.closed() => return,
        };
        match next {
            Some(Ok(piece)) => {
                left = left.map(|left| left.saturating_sub(piece.len() as u64));
                place.send(Ok(piece));
            }
            Some(Err(error)) => return place.send(Err(error)),
            None => return,
        }
    }
}

fn broken(error: &PayloadError) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, error.to_string())
}

/// A body that comes through a channel.
struct Pumped {
    first: std::vec::IntoIter<Bytes>,
    receiver: mpsc::Receiver<Result<Bytes, PayloadError>>,
    /// What is yet to come, where that was stated.
    left: Option<u64>,
}

impl http_body::Body for Pumped {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = match self.first.next() {
            Some(piece) => Some(Ok(piece)),
            None => std::task::ready!(self.receiver.poll_recv(cx)),
        };
        Poll::Ready(match next {
            Some(Ok(piece)) => {
                self.left = self.left.map(|left| left.saturating_sub(piece.len() as u64));
                Some(Ok(Frame::data(piece)))
            }
            Some(Err(error)) => Some(Err(broken(&error).into())),
            // The pump has gone with its worker.
            None if self.left.is_some_and(|left| left > 0) => {
                self.left = None;
                Some(Err(broken(&PayloadError::Incomplete(None)).into()))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
