//! [`mount`]: routes as a service of an actix-web `App`.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use actix_web::dev::{
    AppService, HttpServiceFactory, Payload, ResourceDef, Service, ServiceFactory, ServiceRequest,
    ServiceResponse,
};
use actix_web::{Error, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use http::StatusCode;
use http::header::UPGRADE;

use super::{payload, request, response, upgrade};
use crate::http::{Body, Routes};

/// The routes under a prefix: for `App::service`, `Scope::service` and `ServiceConfig::service`.
///
/// The prefix is empty or begins with a slash and does not end with one. It may have parameters of
/// actix's, such as `/{tenant}`, as may the scopes around it. Everything under it is answered by the
/// routes, what they do not have with 404; under the empty prefix that is everything which no
/// service before it has taken.
///
/// # Panics
/// When the prefix is not one.
pub fn mount(prefix: &str, routes: Routes) -> Mount {
    assert!(
        prefix.is_empty() || (prefix.starts_with('/') && !prefix.ends_with('/')),
        "a prefix is empty or begins with a slash, and does not end with one: {prefix:?}"
    );
    Mount { prefix: prefix.to_owned(), routes }
}

/// Routes under a prefix; see [`mount`].
#[derive(Debug, Clone)]
#[must_use = "it serves nothing until it is given to an `App`"]
pub struct Mount {
    prefix: String,
    routes: Routes,
}

impl HttpServiceFactory for Mount {
    fn register(self, config: &mut AppService) {
        config.register_service(ResourceDef::root_prefix(&self.prefix), None, self, None);
    }
}

impl ServiceFactory<ServiceRequest> for Mount {
    type Response = ServiceResponse;
    type Error = Error;
    type Config = ();
    type Service = Mounted;
    type InitError = ();
    type Future = Ready<Result<Mounted, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        ready(Ok(Mounted(self.routes.clone())))
    }
}

/// Routes in a worker.
#[derive(Debug)]
pub struct Mounted(Routes);

impl Service<ServiceRequest> for Mounted {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let routes = self.0.clone();
        let (request, payload) = request.into_parts();
        Box::pin(async move {
            let response = answer(&routes, &request, payload).await;
            Ok(ServiceResponse::new(request, response))
        })
    }
}

async fn answer(routes: &Routes, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let Some((mut head, place)) = request::convert(request) else {
        return HttpResponse::BadRequest().finish();
    };
    let length = payload::length(head.headers());
    let mut offer = None;
    let body = match payload {
        Payload::None => Body::empty(),
        payload if length.is_none() && head.headers().contains_key(UPGRADE) => {
            offer = Some(upgrade::offer(payload, head.extensions_mut()));
            Body::empty()
        }
        payload => payload::body(payload, length).await,
    };
    let head = head.map(|()| body);
    let answering = match place {
        request::Place::Path => routes.handle_wire(head),
        request::Place::Nowhere => routes.lost_wire(head),
    };
    let Ok(answer) = answering.await;
    match offer {
        Some(offer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
            response::switching(answer, offer.accept())
        }
        _ => response::convert(answer, request),
    }
}
