//! Where the keys come from.

use std::time::Duration;

use gravity_core::http::client::{Call, Client, ClientConfig, ClientError};
use http::Uri;

use crate::jwt::Jwks;

/// The largest document of keys that is read, in bytes.
const LARGEST: u64 = 256 * 1024;

#[derive(Debug)]
pub(super) struct Source {
    client: Client,
    path: &'static str,
    /// What follows the path, where the whole is known at run time only.
    segments: Vec<String>,
}

impl Source {
    pub(super) fn new(client: Client, path: &'static str) -> Self {
        Self { client, path, segments: Vec::new() }
    }

    pub(super) fn at(url: &str) -> Result<Self, ClientError> {
        let invalid = |reason: &str| ClientError::Invalid(format!("the address of the keys {reason}"));
        let uri = Uri::try_from(url).map_err(|_| invalid("is not a URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(invalid("is not an absolute URL"));
        };
        if uri.query().is_some() || uri.path().contains('%') {
            return Err(invalid("has a query or an escape"));
        }
        let segments: Vec<String> =
            uri.path().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        // Two tries of what takes no longer than this: requests wait for it.
        let config = ClientConfig::new()
            .with_timeout(Duration::from_secs(5))
            .with_retries(1)
            .with_max_response(LARGEST);
        let client = config.connect(&format!("{scheme}://{authority}"))?;
        Ok(Self { client, path: "/", segments })
    }

    pub(super) async fn fetch(&self) -> Result<Jwks, ClientError> {
        let call = self.segments.iter().fold(self.client.get(self.path), Call::segment);
        call.send().await
    }
}
