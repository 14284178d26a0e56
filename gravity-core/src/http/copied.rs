//! [`Copied`]: any body, its data as `Bytes`, its errors boxed.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;

use super::body::BoxError;

pin_project! {
    /// Any body, its data as `Bytes`, its errors boxed. Unlike a general mapping of frames it keeps their
    /// length, and so what the body says of its own.
    pub(crate) struct Copied<B> {
        #[pin]
        body: B,
    }
}

impl<B> Copied<B> {
    pub(crate) fn new(body: B) -> Self {
        Self { body }
    }
}

impl<B> http_body::Body for Copied<B>
where
    B: http_body::Body<Data: Buf>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.project().body.poll_frame(cx).map(|frame| {
            let frame = frame?.map_err(Into::into);
            Some(frame.map(|frame| frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
