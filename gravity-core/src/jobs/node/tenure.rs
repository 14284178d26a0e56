//! A node for as long as it counts as alive.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::NodeConfig;
use super::context::Notes;
use super::counts::Counts;
use super::lane::{Lane, Shared};
use super::pump::{Doubt, Pump};
use super::retain;
use super::run::JobNode;
use super::settler::Outcomes;
use crate::beats::Watch;
use crate::jobs::{Claimed, Error, JobStore, Progress};

/// A hint may mean that a job is to be cancelled; so many of them are looked at in one go.
const GATHER: Duration = Duration::from_millis(50);

/// A node for as long as it counts as alive. Once others have buried it, all that it has is lost, and it begins
/// anew under another id.
pub(super) struct Tenure<S> {
    id: Uuid,
    config: NodeConfig,
    shared: Arc<Shared<S>>,
    lanes: Vec<Arc<Lane<S>>>,
    watch: Watch,
    workers: JoinSet<()>,
    /// What takes jobs.
    pump: JoinSet<()>,
    /// What deletes old ones.
    cleaner: JoinSet<()>,
    /// What writes what became of jobs.
    writer: JoinSet<()>,
}

struct StoreNotes<S>(S);

impl<S: JobStore> Notes for StoreNotes<S> {
    fn note<'a>(&'a self, job: &'a Claimed, progress: Progress) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { self.0.progress(job, &progress).await })
    }
}

impl<S: JobStore> Tenure<S> {
    pub(super) async fn begin(node: &JobNode<S>) -> Result<Self, Error> {
        let id = Uuid::now_v7();
        node.store.join(id).await?;
        let shared = Arc::new(Shared {
            store: node.store.clone(),
            clock: node.clock.clone(),
            workers: node.workers.clone(),
            outcomes: Outcomes::default(),
            stopping: CancellationToken::new(),
            room: tokio::sync::Notify::new(),
            notes: Arc::new(StoreNotes(node.store.clone())),
        });
        let config = node.config.clone();
        let lane = |queue: &super::Queue| {
            let counts = Counts::new(&config.metrics, &queue.name);
            Arc::new(Lane::new(queue.clone(), config.prefetch, shared.clone(), counts))
        };
        let lanes: Vec<_> = node.queues.iter().map(lane).collect();
        let mut workers = JoinSet::new();
        for lane in &lanes {
            for _ in 0..lane.queue.concurrency {
                workers.spawn(lane.clone().work());
            }
        }
        let mut pump = JoinSet::new();
        let takes = Pump {
            node: id,
            shared: shared.clone(),
            lanes: lanes.clone(),
            longest: config.poll,
            doubt: Doubt::default(),
        };
        pump.spawn(takes.run());
        let mut cleaner = JoinSet::new();
        cleaner.spawn(retain::run(shared.clone(), config.clone()));
        let mut writer = JoinSet::new();
        let outlet = shared.clone();
        writer.spawn(async move { outlet.outcomes.write(&outlet.store, &outlet.clock).await });
        Ok(Self {
            id,
            watch: Watch::new(config.lease, config.tick()),
            config,
            shared,
            lanes,
            workers,
            pump,
            cleaner,
            writer,
        })
    }

    /// Gives signs of life until it is taken for dead.
    pub(super) async fn live(&mut self) {
        let shared = self.shared.clone();
        let mut hints = shared.store.hints();
        loop {
            hints.mark_unchanged();
            match self.beat().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "a node of jobs could not give a sign of life; trying again");
                }
            }
            let tick = shared.clock.sleep(self.config.tick());
            tokio::pin!(tick);
            tokio::select! {
                () = &mut tick => continue,
                // They go on for ever, unless something is very wrong.
                _ = self.pump.join_next() => return,
                _ = self.cleaner.join_next() => return,
                _ = self.writer.join_next() => return,
                // Whether a job is to be cancelled is of no interest where none runs.
                () = async {
                    loop {
                        if hints.changed().await.is_err() {
                            std::future::pending::<()>().await;
                        }
                        if self.lanes.iter().any(|lane| !lane.running().is_empty()) {
                            return;
                        }
                    }
                } => {}
            }
            tokio::select! {
                () = &mut tick => {}
                () = tokio::time::sleep(GATHER) => {}
            }
        }
    }

    /// Whether it counts as alive.
    async fn beat(&mut self) -> Result<bool, Error> {
        let running: Vec<_> = self.lanes.iter().flat_map(|lane| lane.running()).collect();
        let view = self.shared.store.beat(self.id, &running).await?;
        if !view.is_alive {
            tracing::warn!(node = %self.id, "this node of jobs was taken for dead; its jobs are others' now");
            return Ok(false);
        }
        for id in &view.cancelling {
            self.lanes.iter().for_each(|lane| lane.cancel(*id));
        }
        let now = self.shared.clock.now();
        let dead = self.watch.look(view.nodes.iter().map(|seen| (seen.node, seen.beat)), now);
        for seen in view.nodes.iter().filter(|seen| seen.node != self.id && dead.contains(&seen.node)) {
            tracing::warn!(node = %seen.node, "a node of jobs is silent; giving its jobs to others");
            self.shared.store.bury(seen.node, Some(seen.beat), now).await?;
        }
        for silent in view.silent {
            self.shared.store.bury(silent, None, now).await?;
        }
        Ok(true)
    }

    /// Begins no more jobs, finishes those that run, and gives the others back.
    pub(super) async fn end(mut self) {
        self.shared.stopping.cancel();
        self.cleaner.shutdown().await;
        let shared = self.shared.clone();
        let clock = shared.clock.clone();
        let finished = async { while self.workers.join_next().await.is_some() {} };
        // The others must not take a node that finishes its work for dead.
        let beats = async {
            loop {
                clock.sleep(self.config.tick()).await;
                let running: Vec<_> = self.lanes.iter().flat_map(|lane| lane.running()).collect();
                let Ok(view) = shared.store.beat(self.id, &running).await else { continue };
                for id in &view.cancelling {
                    self.lanes.iter().for_each(|lane| lane.cancel(*id));
                }
            }
        };
        tokio::select! {
            () = finished => {}
            () = beats => {}
            () = clock.sleep(self.config.grace) => {}
        }
        self.workers.shutdown().await;
        // It ends by itself, and what it was taking is given back too. Where the store does not answer in time, the store
        // refuses that claim, or gives its jobs to others when the node leaves. No beat tells meanwhile that it lives.
        let taken = async { while self.pump.join_next().await.is_some() {} };
        if tokio::time::timeout(self.config.tick(), taken).await.is_err() {
            self.pump.shutdown().await;
        }
        self.lanes.iter().for_each(Lane::give_back);
        shared.outcomes.close();
        let last_words = async {
            while self.writer.join_next().await.is_some() {}
            shared.store.leave(self.id, clock.now()).await
        };
        match tokio::time::timeout(self.config.lease, last_words).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "a node of jobs could not take its leave; its lease will end by itself");
            }
            Err(_) => tracing::warn!(
                "a node of jobs could not take its leave in time; its lease will end by itself"
            ),
        }
    }
}
