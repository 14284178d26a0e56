//! Every route of the server, and the layers around them.

use anyhow::{Context, Result};
use gravity_core::http::layer::{CorrelationLayer, Edge};
use gravity_core::http::openapi::Document;
use gravity_core::http::{OpenApi, PUBLIC, Routes, TrustedProxies};
use gravity_core::{Permission, audit, events, health, jobs, metrics};

use crate::pages;
use crate::platform::Platform;
use crate::settings::Settings;

const HEALTH_READ: Permission = Permission::new("health:read");
const METRICS_READ: Permission = Permission::new("metrics:read");

const ABOUT: &str =
    "Sign-in, sessions and users, and a view of what runs behind them: jobs, events, the audit log.";

/// Every route, with the document and the page that describe them, inside the layers of the outside.
pub(crate) fn all(platform: &Platform, settings: &Settings) -> Result<Routes> {
    let correlation = CorrelationLayer::new().with_sampling(settings.log.sampling());
    let edge = Edge::new(&platform.metrics)
        .with_correlation(correlation)
        .with_origins(settings.origins.iter().map(String::as_str))
        .context("the setting origins is wrong")?;
    let proxies = TrustedProxies::new(settings.proxies.iter().map(String::as_str))
        .context("the setting proxies is wrong")?;
    Ok(edge.around(table(platform, settings).openapi(info()).docs()).layer(proxies))
}

/// What every route takes and answers.
pub(crate) fn document(platform: &Platform, settings: &Settings) -> Document {
    info().document(&table(platform, settings))
}

fn info() -> OpenApi {
    OpenApi::new("Gravity", env!("CARGO_PKG_VERSION")).with_description(ABOUT)
}

fn table(platform: &Platform, settings: &Settings) -> Routes {
    let mut routes =
        platform.auth.routes().merge(watching(platform, settings)).merge(pages::routes(settings));
    if settings.has_mailbox() {
        routes = routes.merge(platform.mailbox.routes());
    }
    routes.authenticator(platform.auth.authenticator())
}

/// What shows how the platform is.
fn watching(platform: &Platform, settings: &Settings) -> Routes {
    let cursors = &platform.cursors;
    let are_public = settings.public_metrics.unwrap_or_else(|| settings.is_local());
    let metrics_access = if are_public { PUBLIC } else { METRICS_READ.into() };
    let looking = Routes::new()
        .merge(audit::routes(platform.audit.clone(), cursors.clone()))
        .merge(events::routes(platform.events.clone(), cursors.clone(), platform.clock.clone()))
        .merge(jobs::http::routes(&platform.jobs, cursors));
    Routes::new()
        .nest("/api/v1", looking)
        .merge(health::routes(&platform.health, HEALTH_READ))
        .merge(metrics::routes(&platform.metrics, metrics_access))
}
