//! The answer, from our types to actix's older ones.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode, Version};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http_body::Body as _;
use tokio::io::ReadHalf;
use tokio_util::io::ReaderStream;

use super::payload::length;
use crate::http::{Body, Response};

/// An answer as actix sends it. HEAD is answered with the length that GET would have, and a client of
/// HTTP/1.0 without chunks, which it does not know.
pub(super) fn convert(response: Response, request: &HttpRequest) -> HttpResponse {
    let mut response = sized(response, request.method().as_str() == "HEAD");
    if request.head().version < Version::HTTP_11 && response.body().size() == BodySize::Stream {
        response.head_mut().no_chunking(true);
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

fn sized(response: Response, to_head: bool) -> HttpResponse {
    let (head, body) = response.into_parts();
    let stated = body.size_hint().exact().filter(|size| *size > 0).or_else(|| length(&head.headers));
    if to_head {
        let size = stated.map_or(BodySize::Stream, BodySize::Sized);
        return with_head(&head, BoxBody::new(Outgoing { body: Body::empty(), size }));
    }
    let body = match body.into_full() {
        Ok(bytes) => BoxBody::new(bytes),
        Err(body) => {
            let size = stated.map_or(BodySize::Stream, BodySize::Sized);
            BoxBody::new(Outgoing { body, size })
        }
    };
    with_head(&head, body)
}

/// The answer 101, and what is sent behind it.
pub(super) fn switching(response: Response, bytes: ReadHalf<tokio::io::DuplexStream>) -> HttpResponse {
    let (head, _) = response.into_parts();
    let body = Outgoing { body: Body::from_stream(ReaderStream::new(bytes)), size: BodySize::Stream };
    let mut response = with_head(&head, BoxBody::new(body));
    response.head_mut().set_connection_type(ConnectionType::Upgrade);
    response
}

fn with_head(head: &http::response::Parts, body: BoxBody) -> HttpResponse {
    let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::with_body(status, body);
    for (name, value) in &head.headers {
        if name == CONNECTION {
            // actix writes this one itself.
            if value.as_bytes().eq_ignore_ascii_case(b"close") {
                response.head_mut().set_connection_type(ConnectionType::Close);
            }
        } else if name != TRANSFER_ENCODING
            && (name != CONTENT_LENGTH || head.status == http::StatusCode::NOT_MODIFIED)
            && let Ok(name) = HeaderName::from_bytes(name.as_str().as_bytes())
            && let Ok(value) = HeaderValue::from_bytes(value.as_bytes())
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// A body as actix reads it: when the client takes more, and not before.
struct Outgoing {
    body: Body,
    size: BodySize,
}

impl MessageBody for Outgoing {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
            let Some(frame) = frame.transpose().map_err(|error| -> Self::Error { error })? else {
                return Poll::Ready(None);
            };
            // An empty chunk would end the answer, and actix sends no trailers.
            if let Ok(data) = frame.into_data()
                && !data.is_empty()
            {
                return Poll::Ready(Some(Ok(data)));
            }
        }
    }
}
