//! `gravity serve`.

use std::time::Duration;

use anyhow::{Context, Result};
use gravity_core::http::host::hyper::Server;
use gravity_core::telemetry;

use crate::nodes::Nodes;
use crate::platform::Platform;
use crate::settings::Settings;
use crate::{first_admin, greeting, routes};

/// Serves until the program is told to stop, and then gives back what this node holds.
pub(crate) async fn serve(settings: Settings) -> Result<()> {
    let telemetry = telemetry::init(&settings.log).context("the log cannot be set up")?;
    // Before anything else, so that a second start does not touch what the first one has.
    let server = Server::bind(settings.listen).await.with_context(|| {
        format!("{} cannot be listened at; choose another address with --listen", settings.listen)
    })?;
    let address = settings.public_url(server.local_addr()?);
    let platform = Platform::open(&settings, &address).await?;
    telemetry.watch(&platform.metrics);
    let admin = first_admin::ensure(&platform, &settings).await?;
    let routes = routes::all(&platform, &settings)?;
    let mut nodes = Nodes::start(&platform);
    greeting::greet(&settings, &address, admin.as_ref());

    let grace = Duration::from_secs(settings.drain_seconds);
    let drained = platform.health.clone().drain_on(told_to_stop(), grace);
    let serving = server.serve(routes).with_graceful_shutdown(drained);
    let outcome = tokio::select! {
        () = serving => nodes.stop().await,
        error = nodes.failed() => Err(error),
    };
    platform.db.close().await;
    telemetry.shutdown().await;
    outcome
}

/// Ends on Ctrl-C, and on what service managers send.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    // Without a handler for it the program goes on until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
