//! [`Collector`]: this crate's own client, as the exporter wants it.

use std::fmt;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};

use crate::http::RequestId;
use crate::http::client::{Client, ClientConfig, ClientError};
use crate::{SecretString, http::Body};

/// The longest answer that is read.
const LONGEST: u64 = 64 * 1024;

/// The collector of traces.
pub(super) struct Collector(Client);

impl Collector {
    pub(super) fn new(endpoint: &str, token: Option<&SecretString>) -> Result<Self, ClientError> {
        let mut config = ClientConfig::new();
        if let Some(token) = token {
            config = config.with_bearer(token.expose());
        }
        Ok(Self(config.connect(endpoint)?))
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Collector").finish()
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        // Spans have ids, by which a collector tells a repetition: the call may be tried again.
        let mut call = self.0.post("/v1/traces").idempotency_key(RequestId::generate().as_str());
        for (name, value) in &head.headers {
            call = call.header(name.clone(), value.to_str()?);
        }
        match call.body(Body::from(body)).send_raw().await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                let bytes = body.into_bytes(LONGEST).await.map_err(|_| "the collector's answer broke off")?;
                Ok(Response::from_parts(head, bytes))
            }
            Err(error) => match error.status() {
                Some(status) => Ok(Response::builder().status(status).body(Bytes::new())?),
                None => Err(error.into()),
            },
        }
    }
}
