//! What runs beside the server: workers, sealers, schedules.

use anyhow::{Context, Result, bail};
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::platform::Platform;

/// What runs beside the server.
pub(crate) struct Nodes {
    tasks: JoinSet<(&'static str, Result<()>)>,
    stop: watch::Sender<bool>,
}

impl Nodes {
    pub(crate) fn start(platform: &Platform) -> Self {
        let mut nodes = Self { tasks: JoinSet::new(), stop: watch::Sender::new(false) };
        let audit = platform.audit.clone();
        nodes.spawn("audit", |stop| async move {
            audit.run_until(stop).await;
            Ok(())
        });
        let auth = platform.auth.clone();
        nodes.spawn("auth", |stop| async move { Ok(auth.run_until(stop).await?) });
        nodes
    }

    fn spawn<F>(&mut self, name: &'static str, part: impl FnOnce(BoxFuture<'static, ()>) -> F)
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let mut stop = self.stop.subscribe();
        // An error says that the sender has gone, and then it is time to stop as well.
        let part = part(Box::pin(async move { drop(stop.wait_for(|stop| *stop).await) }));
        self.tasks.spawn(async move { (name, part.await) });
    }

    /// Ends when a part does, which none should before it is told to.
    pub(crate) async fn failed(&mut self) -> anyhow::Error {
        match self.tasks.join_next().await {
            Some(Ok((name, Err(error)))) => error.context(format!("{name} has failed")),
            Some(Ok((name, Ok(())))) => anyhow::anyhow!("{name} has stopped by itself"),
            Some(Err(error)) => anyhow::Error::new(error).context("a part has panicked"),
            None => std::future::pending().await,
        }
    }

    /// Tells all parts to stop, and waits until they have given back what they hold.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            let (name, outcome) = ended.context("a part has panicked")?;
            if let Err(error) = outcome {
                bail!(error.context(format!("{name} could not stop cleanly")));
            }
        }
        Ok(())
    }
}
