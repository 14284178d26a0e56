//! [`Edge`]: the layers of an application's outside, in their order.

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{AccessLogLayer, CorrelationLayer, MetricsLayer, SecurityHeadersLayer};
use crate::Metrics;
use crate::http::{Routes, X_REQUEST_ID};

/// Answers below this are not worth compressing.
const WORTH_COMPRESSING: u64 = 1024;

/// The layers of an application's outside: correlation, access log, metrics, security headers, and,
/// where they are asked for, CORS and compression.
///
/// ```
/// use gravity_core::Metrics;
/// use gravity_core::http::{Routes, layer::Edge};
///
/// let metrics = Metrics::new();
/// let edge = Edge::new(&metrics).with_origins(["https://app.example.com"]).unwrap();
/// let routes: Routes = edge.around(Routes::new());
/// ```
#[derive(Debug, Clone)]
pub struct Edge {
    correlation: CorrelationLayer,
    metrics: MetricsLayer,
    security: SecurityHeadersLayer,
    origins: Vec<HeaderValue>,
    compress: bool,
}

/// An origin that is not one.
#[derive(Debug, thiserror::Error)]
#[error("an origin is a scheme and a host, such as https://app.example.com, and nothing after it: {0:?}")]
pub struct BadOrigin(String);

impl Edge {
    /// The layers that every application wants, counting into these metrics.
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            correlation: CorrelationLayer::new(),
            metrics: MetricsLayer::new(metrics),
            security: SecurityHeadersLayer::new(),
            origins: Vec::new(),
            compress: false,
        }
    }

    /// Another way to correlate.
    #[must_use]
    pub fn with_correlation(mut self, correlation: CorrelationLayer) -> Self {
        self.correlation = correlation;
        self
    }

    /// Other security headers.
    #[must_use]
    pub fn with_security(mut self, security: SecurityHeadersLayer) -> Self {
        self.security = security;
        self
    }

    /// Lets pages of these origins call, with credentials. No origin is let in by default, and there
    /// is no way to let in all of them.
    pub fn with_origins<'o>(mut self, origins: impl IntoIterator<Item = &'o str>) -> Result<Self, BadOrigin> {
        for origin in origins {
            self.origins.push(checked(origin).ok_or_else(|| BadOrigin(origin.to_owned()))?);
        }
        Ok(self)
    }

    /// Compresses answers that are worth it. Off by default: where an answer holds a secret beside
    /// something that an attacker chooses, its size tells of the secret.
    #[must_use]
    pub fn with_compression(mut self) -> Self {
        self.compress = true;
        self
    }

    /// Puts the layers around routes.
    #[must_use]
    pub fn around(&self, routes: Routes) -> Routes {
        let mut routes = routes;
        if self.compress {
            let worth = SizeAbove::new(WORTH_COMPRESSING).and(DefaultPredicate::new());
            routes = routes.layer(CompressionLayer::new().gzip(true).br(true).compress_when(worth));
        }
        if !self.origins.is_empty() {
            routes = routes.layer(cors(&self.origins));
        }
        routes
            .layer(self.security.clone())
            .layer(self.metrics.clone())
            .layer(AccessLogLayer)
            .layer(self.correlation)
    }
}

fn cors(origins: &[HeaderValue]) -> CorsLayer {
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let asked = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("traceparent"),
        HeaderName::from_static("x-api-key"),
        X_REQUEST_ID,
    ];
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods(methods)
        .allow_headers(asked)
        .allow_credentials(true)
        .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER, X_REQUEST_ID])
        .max_age(std::time::Duration::from_mins(10))
}

fn checked(origin: &str) -> Option<HeaderValue> {
    let uri: http::Uri = origin.parse().ok()?;
    let plain = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
        && origin.matches('/').count() == 2;
    plain.then(|| HeaderValue::from_str(origin).ok()).flatten()
}
