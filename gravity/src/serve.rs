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
    // Before anybody can know that the program is there, so that nobody who then stops it kills it.
    let mut stopped = Box::pin(told_to_stop().context("signals cannot be listened for")?);
    let platform = tokio::select! {
        platform = Platform::open(&settings, &address) => platform?,
        () = &mut stopped => return Ok(()),
    };
    telemetry.watch(&platform.metrics);
    let admin = first_admin::ensure(&platform, &settings).await?;
    let routes = routes::all(&platform, &settings)?;
    let mut nodes = Nodes::start(&platform);
    greeting::greet(&settings, &address, admin.as_ref());

    let grace = Duration::from_secs(settings.drain_seconds);
    let drained = platform.health.clone().drain_on(stopped, grace);
    let serving = server.serve(routes).with_graceful_shutdown(drained);
    let outcome = tokio::select! {
        () = serving => nodes.stop().await,
        error = nodes.failed() => Err(error),
    };
    platform.db.close().await;
    telemetry.shutdown().await;
    outcome
}

/// Listens for Ctrl-C, and for what service managers send, from now on; ends when one of them comes.
#[cfg(unix)]
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens for Ctrl-C from now on; ends when it comes.
#[cfg(windows)]
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
