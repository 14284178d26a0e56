//! The route that a scraper asks.

use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{Format, Metrics};
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

/// Prometheus names the forms that it takes with their weights, best first.
fn wanted(headers: &HeaderMap) -> Format {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let weights = accepted.flat_map(|value| value.split(',')).filter_map(|range| {
        let (media, parameters) = range.split_once(';').unwrap_or((range, ""));
        let mut parameters = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
        let weight =
            parameters.find(|(name, _)| *name == "q").map_or(Some(1.0), |(_, q)| q.parse::<f64>().ok())?;
        let format = match media.trim() {
            "application/openmetrics-text" => Format::OpenMetrics,
            "text/plain" | "text/*" | "*/*" => Format::Prometheus,
            _ => return None,
        };
        Some((format, weight))
    });
    let (mut open, mut plain) = (0.0, 0.0);
    for (format, weight) in weights {
        let heaviest = if format == Format::OpenMetrics { &mut open } else { &mut plain };
        *heaviest = f64::max(*heaviest, weight);
    }
    if open > plain { Format::OpenMetrics } else { Format::Prometheus }
}

struct Exposition {
    format: Format,
    text: String,
}

impl Respond for Exposition {
    const MEDIA: &'static [&'static str] = &["text/plain", "application/openmetrics-text"];

    fn respond(self, _: &mut Parts) -> Response {
        let mut response = Response::new(Body::from(self.text));
        let media = HeaderValue::from_static(self.format.media());
        response.headers_mut().insert(CONTENT_TYPE, media);
        response
    }

    fn describe(operation: &mut crate::http::openapi::Operation<'_>) {
        let text = json!({ "type": "string" });
        operation.response(StatusCode::OK, "What is counted.", Some(("text/plain", text)));
    }
}
