//! The routes that probes ask.

use std::time::Duration;

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};

use super::{Condition, Details, Health, Standing};
use crate::http::{Access, Json, PUBLIC, Problem, ProblemKind, Routes, State, WithHeaders, get};

/// The service is not ready.
pub const NOT_READY: ProblemKind =
    ProblemKind::new(StatusCode::SERVICE_UNAVAILABLE, "health.not_ready", "The service is not ready.");

/// `GET /health` (the process lives), `GET /ready` (send requests) and `GET /health/detailed`, for those who may
/// know: a permission, or [`PUBLIC`] by choice.
pub fn routes(health: &Health, details: impl Into<Access>) -> Routes {
    Routes::new()
        .route(
            get("/health", "health").allow(PUBLIC).about("Whether the process lives").tag("health").to(live),
        )
        .route(
            get("/ready", "ready")
                .allow(PUBLIC)
                .about("Whether requests should be sent here")
                .tag("health")
                .problems(&[NOT_READY])
                .to(ready),
        )
        .route(
            get("/health/detailed", "healthDetailed")
                .allow(details)
                .about("How everything is doing that the service depends on")
                .tag("health")
                .to(detailed),
        )
        .state(health)
}

type Fresh<T> = WithHeaders<Json<T>>;

fn fresh<T>(document: T) -> Fresh<T> {
    WithHeaders::new(Json(document)).header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

async fn live(State(health): State<Health>) -> Fresh<Standing> {
    fresh(health.live())
}

async fn ready(State(health): State<Health>) -> Result<Fresh<Standing>, Problem> {
    let standing = health.ready().await;
    if standing.status == Condition::Healthy {
        return Ok(fresh(standing));
    }
    Err(Problem::new(NOT_READY).retry_after(Duration::from_secs(1)))
}

async fn detailed(State(health): State<Health>) -> Fresh<Details> {
    fresh(health.details().await)
}
