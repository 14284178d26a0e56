//! [`Body`]: the bytes of a request or a response, streamed.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;

/// Any error that can cross threads: what a streaming body may end with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The bytes of a request or a response.
///
/// The common kinds (nothing, bytes in memory, what hyper reads from the socket) are held as they
/// are; anything else is boxed once. A body is read frame by frame and never buffers on its own, so
/// a slow reader slows its writer down.
#[derive(Default)]
pub struct Body(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Full(Bytes),
    Incoming(Incoming),
    Boxed(Pin<Box<dyn Erased>>),
}

/// Any other body, its types forgotten. It keeps what it knows of its length, by which a body that is
/// too long is refused before it comes.
trait Erased: Send {
    fn poll_bytes(self: Pin<&mut Self>, cx: &mut Context<'_>)
    -> Poll<Option<Result<Frame<Bytes>, BoxError>>>;
    fn has_ended(&self) -> bool;
    fn hint(&self) -> SizeHint;
}

impl<B> Erased for B
where
    B: http_body::Body<Data: Buf, Error: Into<BoxError>> + Send,
{
    fn poll_bytes(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(self.poll_frame(cx));
        Poll::Ready(frame.map(|frame| match frame {
            Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
            Err(error) => Err(error.into()),
        }))
    }

    fn has_ended(&self) -> bool {
        self.is_end_stream()
    }

    fn hint(&self) -> SizeHint {
        self.size_hint()
    }
}

impl Body {
    /// A body of no bytes.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// Takes over any other body. A `Body` and hyper's `Incoming` are not boxed again.
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data: Buf> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut slot = Some(body);
        let any: &mut dyn Any = &mut slot;
        if let Some(own) = any.downcast_mut::<Option<Self>>() {
            return own.take().unwrap_or_default();
        }
        if let Some(incoming) = any.downcast_mut::<Option<Incoming>>() {
            return incoming.take().map_or_else(Self::empty, |incoming| Self(Kind::Incoming(incoming)));
        }
        slot.map_or_else(Self::empty, |body| Self(Kind::Boxed(Box::pin(body))))
    }

    /// A body that sends what the stream yields. An error ends the response early, in a way that
    /// the client can tell from its proper end.
    pub fn from_stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let frames = stream.map_ok(Frame::data).map_err(Into::<BoxError>::into);
        Self(Kind::Boxed(Box::pin(StreamBody::new(frames))))
    }

    /// The same body once more, where it lies in memory.
    pub(crate) fn repeat(&self) -> Option<Self> {
        match &self.0 {
            Kind::Empty => Some(Self::empty()),
            Kind::Full(bytes) => Some(Self(Kind::Full(bytes.clone()))),
            Kind::Incoming(_) | Kind::Boxed(_) => None,
        }
    }

    /// The bytes, where all of them are in memory already.
    #[cfg(feature = "actix")]
    pub(crate) fn into_full(self) -> Result<Bytes, Self> {
        match self.0 {
            Kind::Empty => Ok(Bytes::new()),
            Kind::Full(bytes) => Ok(bytes),
            kind => Err(Self(kind)),
        }
    }

    /// The data of this body as a stream; trailers are dropped.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static {
        StreamExt::filter_map(http_body_util::BodyStream::new(self), |frame| async move {
            match frame {
                Ok(frame) => frame.into_data().ok().map(Ok),
                Err(error) => Some(Err(error)),
            }
        })
    }

    /// Reads everything, up to `limit` bytes. Nothing past the limit is kept in memory.
    pub async fn into_bytes(self, limit: u64) -> Result<Bytes, CollectError> {
        if let Kind::Full(bytes) = self.0 {
            return if bytes.len() as u64 > limit { Err(CollectError::TooLarge) } else { Ok(bytes) };
        }
        collect(self, limit).await
    }
}

/// Reads everything, up to `limit` bytes.
pub(crate) async fn collect<B>(mut body: B, limit: u64) -> Result<Bytes, CollectError>
where
    B: http_body::Body<Data = Bytes, Error = BoxError> + Unpin,
{
    let claimed = body.size_hint().lower();
    if claimed > limit {
        return Err(CollectError::TooLarge);
    }
    let Some(first) = next_data(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() as u64 > limit {
        return Err(CollectError::TooLarge);
    }
    // Most bodies are one frame: it is handed over without a copy.
    let Some(second) = next_data(&mut body).await? else { return Ok(first) };
    // What a client claims to send is not reserved before it is sent.
    let reserved = usize::try_from(claimed).unwrap_or(usize::MAX).min(64 * 1024);
    let mut all = BytesMut::with_capacity(reserved.max(first.len() + second.len()));
    all.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(data) = next {
        if (all.len() + data.len()) as u64 > limit {
            return Err(CollectError::TooLarge);
        }
        all.extend_from_slice(&data);
        next = next_data(&mut body).await?;
    }
    Ok(all.freeze())
}

async fn next_data<B>(body: &mut B) -> Result<Option<Bytes>, CollectError>
where
    B: http_body::Body<Data = Bytes, Error = BoxError> + Unpin,
{
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(CollectError::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// It holds more bytes than it may.
    #[error("the body is larger than its limit")]
    TooLarge,
    /// The connection failed, or its sender broke the framing.
    #[error("the body broke off")]
    Broken(#[source] BoxError),
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let kind = &mut self.get_mut().0;
        match kind {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *kind = Kind::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Kind::Incoming(incoming) => Pin::new(incoming).poll_frame(cx).map_err(Into::into),
            Kind::Boxed(body) => body.as_mut().poll_bytes(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Full(bytes) => bytes.is_empty(),
            Kind::Incoming(incoming) => incoming.is_end_stream(),
            Kind::Boxed(body) => body.has_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Incoming(incoming) => incoming.size_hint(),
            Kind::Boxed(body) => body.hint(),
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hint = http_body::Body::size_hint(self);
        f.debug_struct("Body").field("lower", &hint.lower()).field("upper", &hint.upper()).finish()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Full(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Kind::Full(bytes.into()))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self(Kind::Full(text.into()))
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self(Kind::Full(Bytes::from_static(text.as_bytes())))
    }
}
