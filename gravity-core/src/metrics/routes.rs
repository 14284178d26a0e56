//! The route that a scraper asks.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{Format, Metrics};
use crate::http::media;
use crate::http::{Access, Body, FromParts, Parts, Problem, Respond, Response, Routes, State, get};

/// `GET /metrics`: everything that is counted. Who may read it is for the caller to say:
/// [`PUBLIC`](crate::http::PUBLIC) where only the scraper reaches it, else a permission.
///
/// ```
/// use gravity_core::Metrics;
/// use gravity_core::http::{PUBLIC, Routes};
///
/// let metrics = Metrics::new().with_process().with_runtime();
/// let routes: Routes = Routes::new().merge(gravity_core::metrics::routes(&metrics, PUBLIC));
/// ```
pub fn routes(metrics: &Metrics, access: impl Into<Access>) -> Routes {
    let route = get("/metrics", "readMetrics").allow(access).about("Tells what is counted").tag("metrics");
    Routes::new().route(route.to(scrape)).state(metrics)
}

async fn scrape(State(metrics): State<Metrics>, Wanted(format): Wanted) -> Exposition {
    Exposition { format, text: metrics.scrape(format).await }
}

/// The form that the scraper wants.
struct Wanted(Format);

impl<S> FromParts<S> for Wanted {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(wanted(parts.headers())))
    }

    fn describe(_: &mut crate::http::openapi::Operation<'_>) {}
}

/// Prometheus names the forms that it takes with their weights.
fn wanted(headers: &HeaderMap) -> Format {
    let best = media::best(headers, &[Format::Prometheus.media(), Format::OpenMetrics.media()]);
    if best == Some(Format::OpenMetrics.media()) { Format::OpenMetrics } else { Format::Prometheus }
}

struct Exposition {
    format: Format,
    text: String,
}

impl Respond for Exposition {
    const MEDIA: &'static [&'static str] = &[Format::Prometheus.media(), Format::OpenMetrics.media()];

    fn respond(self, _: &mut Parts) -> Response {
        let mut response = Response::new(Body::from(self.text));
        let media = HeaderValue::from_static(self.format.media());
        response.headers_mut().insert(CONTENT_TYPE, media);
        response
    }

    fn describe(operation: &mut crate::http::openapi::Operation<'_>) {
        let text = json!({ "type": "string" });
        operation.response(StatusCode::OK, "What is counted.", Some((Format::Prometheus.media(), text)));
    }
}
