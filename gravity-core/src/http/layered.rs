//! Layers: any tower layer around a route.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use futures_util::TryFutureExt;
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt};

use super::body::{Body, BoxError};
use super::parts::Matched;
use super::problem::{IntoProblem, Problem};
use super::problems;
use super::request_id::RequestId;
use super::running::{self, Running};
use super::table::{Refusal, Target};
use super::{Request, Response};
use crate::resilience::Rejected;

/// A route with its layers around it.
pub(crate) type Layered = BoxCloneSyncService<Request, Response, Infallible>;

/// Puts a layer around a service; the layer's types are forgotten.
pub(crate) type LayerFn = Arc<dyn Fn(Layered) -> Layered + Send + Sync>;

pub(crate) fn erase<L, B>(layer: L) -> LayerFn
where
    L: Layer<Layered> + Send + Sync + 'static,
    L::Service: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Error: Into<BoxError>,
    <L::Service as Service<Request>>::Future: Send + 'static,
    B: http_body::Body<Data: Buf> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Arc::new(move |inner| {
        let outer = layer.layer(inner);
        BoxCloneSyncService::new(tower::service_fn(move |request: Request| {
            let id = request.extensions().get::<RequestId>().cloned();
            // A layer such as a concurrency limit wants to be asked whether it is ready.
            outer
                .clone()
                .oneshot(request)
                .map_ok(|response| response.map(Body::new))
                .or_else(|error| std::future::ready(Ok(failed(error.into(), id))))
        }))
    })
}

/// A layer that ends with an error has not let the request through.
fn failed(error: BoxError, id: Option<RequestId>) -> Response {
    match error.downcast::<Rejected>() {
        Ok(rejected) => rejected.into_problem(),
        Err(error) => Problem::new(problems::UNAVAILABLE).because(error),
    }
    .render(id)
}

/// The innermost service of a layered route: its handler.
#[derive(Clone)]
pub(crate) struct Innermost(pub(crate) Arc<Target>);

impl Service<Request> for Innermost {
    type Response = Response;
    type Error = Infallible;
    type Future = running::Infallibly<Running>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (mut head, body) = request.into_parts();
        let running = match head.extensions.remove::<Matched>() {
            Some(matched) => Running::start(&self.0, head, matched, body),
            // A layer has made a request of its own, without what the router found.
            None => Running::ready(failed("a layer has dropped the request's extensions".into(), None)),
        };
        running::Infallibly(running)
    }
}

/// The innermost service of what answers where no route does.
#[derive(Clone)]
pub(crate) struct Fallback;

impl Service<Request> for Fallback {
    type Response = Response;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let refusal = request.extensions().get::<Refusal>().cloned().unwrap_or(Refusal::NotFound);
        let id = request.extensions().get::<RequestId>().cloned();
        std::future::ready(Ok(refusal.answer(id)))
    }
}

/// The route that a request was matched to, for layers: what to label a metric or a log line with.
pub fn matched_route(extensions: &http::Extensions) -> Option<&super::RouteInfo> {
    extensions.get::<Matched>().map(|matched| &*matched.route)
}
