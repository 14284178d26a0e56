//! [`Routes`] as a hyper service, and the service of one connection of the [`Server`](super::Server).

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Buf;
use futures_util::future::{BoxFuture, Either, FutureExt, MapOk, TryFutureExt, ready};
use http::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use http::{Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::service::Service;

use crate::http::body::{Body, BoxError};
use crate::http::host::PeerAddr;
use crate::http::host::wire::Wire;
use crate::http::problem::Problem;
use crate::http::{Answering, Response, Routes, Shutdown, problems};

/// Plain hyper serves `Routes` as they are, without a clone for each request.
impl Service<Request<Incoming>> for Routes {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        self.handle_wire(request.map(Body::new))
    }
}

/// What the [`Server`](super::Server) can serve: [`Routes`], and every other hyper service that can
/// go from thread to thread. A tower service, such as an axum router, becomes one by
/// `hyper_util::service::TowerToHyperService`.
pub trait Serve:
    Service<
        Request<Incoming>,
        Response = http::Response<Self::Body>,
        Error: Into<BoxError> + Send,
        Future: Send + 'static,
    > + Clone
    + Send
    + Sync
    + 'static
{
    /// The body of its answers.
    type Body: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static;
}

impl<S, B> Serve for S
where
    S: Service<
            Request<Incoming>,
            Response = http::Response<B>,
            Error: Into<BoxError> + Send,
            Future: Send + 'static,
        > + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Body = B;
}

/// A service as one connection sees it.
pub(super) struct OnConnection<S> {
    pub(super) inner: S,
    pub(super) peer: PeerAddr,
    /// What came over the wire; none on HTTP/2, whose framing is never in doubt.
    pub(super) wire: Option<Arc<Wire>>,
    /// For what a request upgrades to, which the connection no longer waits for.
    pub(super) shutdown: Shutdown,
}

type Plain<S, F> = MapOk<F, fn(http::Response<<S as Serve>::Body>) -> Response>;

impl<S: Serve> Service<Request<Incoming>> for OnConnection<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Plain<S, S::Future>, BoxFuture<'static, Result<Response, S::Error>>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let Some(wire) = &self.wire else {
            request.extensions_mut().insert(self.peer);
            return Either::Left(self.inner.call(request).map_ok(plain::<S>));
        };
        if request.headers().contains_key(TRANSFER_ENCODING) && wire.states_two_lengths(&request) {
            return Either::Right(ready(Ok(two_lengths())).boxed());
        }
        wire.head_was_read();
        let upgrades = request.extensions().get::<hyper::upgrade::OnUpgrade>().is_some();
        request.extensions_mut().insert(self.peer);
        if upgrades {
            request.extensions_mut().insert(self.shutdown.clone());
        }
        let answer = self.inner.call(request).map_ok(plain::<S> as fn(_) -> _);
        if !upgrades {
            return Either::Left(answer);
        }
        let wire = Arc::clone(wire);
        Either::Right(Box::pin(answer.inspect_ok(move |response| {
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                wire.stop();
            }
        })))
    }
}

fn plain<S: Serve>(response: http::Response<S::Body>) -> Response {
    response.map(Body::new)
}

/// A length that is stated twice can be understood in two ways, and so can what follows.
fn two_lengths() -> Response {
    let mut response =
        Problem::new(problems::BAD_REQUEST).detail("The request states its length in two ways.").render(None);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    *response.version_mut() = Version::HTTP_11;
    response
}
