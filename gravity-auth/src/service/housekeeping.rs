//! What has to be done now and then.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _, Shared};
use gravity_core::Error;

use crate::Auth;

/// How often what is over is forgotten.
const SWEEP: Duration = Duration::from_mins(5);
/// How long ended sessions are kept, for people to see and for tokens that are shown again.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// How many rows of a kind are taken at once: nobody else waits for long.
const SWEPT: u32 = 1_000;
/// How often that is done in a row, so that what comes faster than it is forgotten does not pile up.
const ROUNDS: usize = 100;

/// A moment that many wait for: when everything shall stop.
#[derive(Clone)]
pub(crate) struct Until(Shared<BoxFuture<'static, ()>>);

impl Until {
    pub(crate) fn new(stop: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(stop.boxed().shared())
    }
}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_unpin(cx)
    }
}

impl Auth {
    /// Forgets all that is over.
    async fn sweep(&self) -> Result<(), Error> {
        let now = self.now();
        for _ in 0..ROUNDS {
            let gone = self.store().sweep(now, now.saturating_sub(KEPT), SWEPT).await?;
            if gone < SWEPT.into() {
                break;
            }
        }
        Ok(())
    }

    pub(crate) async fn look_after(&self, until: Until) {
        let poll = Duration::from_millis(self.0.config.settings.sessions.revocation_poll_millis.into());
        let hear = async {
            loop {
                self.clock().sleep(poll).await;
                if let Err(error) = self.catch_up().await {
                    tracing::warn!(%error, "ended sessions of other nodes are not known");
                }
            }
        };
        let sweep = async {
            loop {
                self.clock().sleep(SWEEP).await;
                if let Err(error) = self.sweep().await {
                    tracing::warn!(%error, "what is over was not forgotten");
                }
                if let Err(error) = self.purge_deleted().await {
                    tracing::warn!(%error, "deleted accounts were not purged");
                }
            }
        };
        tokio::select! {
            () = until => {}
            () = self.0.keys.run() => {}
            () = hear => {}
            () = sweep => {}
        }
    }
}
