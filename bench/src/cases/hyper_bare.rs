//! The handlers on hyper alone: a match on method and path.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde::Serialize;

use super::{HELLO, Note};

pub(super) async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, "/hello") => json(&HELLO),
        (&Method::POST, "/echo") => match request.into_body().collect().await {
            Ok(body) => match serde_json::from_slice::<Note>(&body.to_bytes()) {
                Ok(note) => json(&note),
                Err(_) => status(StatusCode::UNPROCESSABLE_ENTITY),
            },
            Err(_) => status(StatusCode::BAD_REQUEST),
        },
        _ => status(StatusCode::NOT_FOUND),
    })
}

fn json<T: Serialize>(value: &T) -> Response<Full<Bytes>> {
    let Ok(body) = serde_json::to_vec(value) else { return status(StatusCode::INTERNAL_SERVER_ERROR) };
    let mut response = Response::new(Full::new(body.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
