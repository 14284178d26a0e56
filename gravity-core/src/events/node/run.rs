//! [`EventNode`]: runs subscribers until it is told to stop.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::NodeConfig;
use super::counts::Counts;
use super::lane::{Lane, Shared};
use super::pump::{Heads, Pump};
use super::share::plan;
use crate::beats::Watch;
use crate::events::state::{LaneState, View};
use crate::events::work::Claim;
use crate::events::{Error, EventStore, Subscriber};
use crate::{Clock, Timestamp};

/// How often events are looked through for those that need not be kept.
const RETAIN_EVERY: std::time::Duration = std::time::Duration::from_mins(10);

/// Runs subscribers, and shares their work with the other nodes that run them.
///
/// Each subscriber's work is divided into [`LANES`](crate::events::LANES) lanes by the events' subjects, and
/// each lane belongs to one node at a time. Nodes show that they live by beats in the store; one that others
/// saw no beat of for the time of a lease loses its lanes to them. If it was only paused or cut off, what it
/// still writes is refused, because each lane has a number that grows when it changes hands and that is checked
/// in the transaction of whatever is written. No node compares its clock with another's.
pub struct EventNode<S> {
    store: S,
    clock: Clock,
    config: NodeConfig,
    subscribers: Vec<Arc<Subscriber<S>>>,
}

impl<S: EventStore> EventNode<S> {
    /// A node of no subscribers.
    pub fn new(store: S, clock: Clock, config: NodeConfig) -> Self {
        Self { store, clock, config, subscribers: Vec::new() }
    }

    /// Runs this subscriber too.
    #[must_use]
    pub fn with_subscriber(mut self, subscriber: Subscriber<S>) -> Self {
        self.subscribers.push(Arc::new(subscriber));
        self
    }

    /// Runs until `shutdown` ends; then finishes the batches that have begun, and gives its lanes back.
    ///
    /// Fails at once if a subscriber is not valid or cannot be registered. Later failures of the store are
    /// logged, and tried again. Dropping the future stops the node as a crash would: what has begun is undone,
    /// and other nodes take over when its lease has ended.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let mut names = HashSet::new();
        for subscriber in &self.subscribers {
            subscriber.check()?;
            if !names.insert(subscriber.name.clone()) {
                return Err(Error::invalid("subscriber", format!("`{}` is there twice", subscriber.name)));
            }
            self.store.register(&subscriber.name, subscriber.start).await?;
        }
        let heads = watch::Sender::new(Heads::default());
        let mut running = Running::new(&self, &heads);
        let pump =
            Pump { store: self.store.clone(), clock: self.clock.clone(), heads, longest: self.config.poll };
        let mut helpers = JoinSet::new();
        helpers.spawn(pump.run());
        let store = self.store.clone();
        helpers.spawn(async move { store.listen().await });
        running.keep_up(shutdown).await;
        running.stop().await;
        Ok(())
    }
}

impl<S> fmt::Debug for EventNode<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventNode").field("subscribers", &self.subscribers).finish_non_exhaustive()
    }
}

type LaneKey = (usize, i16);

/// A node at work.
struct Running<S> {
    id: Uuid,
    store: S,
    clock: Clock,
    config: NodeConfig,
    shared: Vec<Arc<Shared<S>>>,
    watch: Watch,
    held: HashMap<LaneKey, Held>,
    tasks: JoinSet<()>,
    retained_at: Timestamp,
}

struct Held {
    fence: i64,
    stop: CancellationToken,
    waiting: Arc<Notify>,
    task: AbortHandle,
}

impl<S: EventStore> Running<S> {
    fn new(node: &EventNode<S>, heads: &watch::Sender<Heads>) -> Self {
        let config = node.config.clone();
        let permits = Arc::new(Semaphore::new(config.concurrency));
        let shared = node.subscribers.iter().map(|subscriber| {
            Arc::new(Shared {
                store: node.store.clone(),
                clock: node.clock.clone(),
                subscriber: subscriber.clone(),
                names: subscriber.handlers.names(),
                permits: permits.clone(),
                heads: heads.subscribe(),
                is_paused: watch::Sender::new(false),
                tick: config.tick(),
                counts: Counts::new(&config.metrics, &subscriber.name),
            })
        });
        Self {
            // Each run is a node of its own: what the last one held, it has lost.
            id: Uuid::now_v7(),
            store: node.store.clone(),
            clock: node.clock.clone(),
            shared: shared.collect(),
            watch: Watch::new(config.lease, config.tick()),
            held: HashMap::new(),
            tasks: JoinSet::new(),
            retained_at: node.clock.now(),
            config,
        }
    }

    /// Gives signs of life, and takes and gives back lanes, until `shutdown` ends.
    ///
    /// A round that has begun is brought to its end: what was on its way to the store when it was given up could
    /// arrive after the leave, and then this node would hold a lane, or show that it lives, when it is gone.
    async fn keep_up(&mut self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            if let Err(error) = self.tick().await {
                tracing::warn!(%error, "a node of events could not give a sign of life; trying again");
            }
            self.retain().await;
            let tick = self.clock.sleep(self.config.tick());
            tokio::pin!(tick);
            loop {
                tokio::select! {
                    () = &mut shutdown => return,
                    () = &mut tick => break,
                    Some(_) = self.tasks.join_next() => {}
                }
            }
        }
    }

    async fn tick(&mut self) -> Result<(), Error> {
        let shared = self.shared.clone();
        let names: Vec<&str> = shared.iter().map(|shared| &*shared.subscriber.name).collect();
        let view = self.store.beat(self.id, &names).await?;
        self.held.retain(|_, held| !held.task.is_finished());
        let mut dead =
            self.watch.look(view.members.iter().map(|member| (member.node, member.beat)), self.clock.now());
        dead.retain(|node| *node != self.id);
        for node in &dead {
            tracing::warn!(%node, "a node of events is silent; taking its lanes");
            self.store.leave(*node).await?;
        }
        for (at, shared) in shared.iter().enumerate() {
            let name = &*shared.subscriber.name;
            self.let_go_of_lost(&view, at, name);
            shared.is_paused.send_replace(view.paused.iter().any(|paused| paused == name));
            for (_, lane) in view.waiting.iter().filter(|(subscriber, _)| subscriber == name) {
                if let Some(held) = self.held.get(&(at, *lane)) {
                    held.waiting.notify_one();
                }
            }
            let lanes = view.lanes.iter().filter(|lane| *lane.subscriber == *name);
            let head = shared.heads.borrow().iter().copied().max().unwrap_or(0);
            let lowest = lanes.map(|lane| lane.position).min().unwrap_or(head);
            shared.counts.lag.set(head.saturating_sub(lowest).max(0));
            let holding = self.held.iter().filter(|(key, held)| key.0 == at && !held.stop.is_cancelled());
            let holding: Vec<i16> = holding.map(|(key, _)| key.1).collect();
            let plan = plan(&view, name, self.id, &dead, &holding);
            for lane in holding.iter().take(plan.give_back) {
                self.held[&(at, *lane)].stop.cancel();
            }
            for lane in plan.take {
                if !self.held.contains_key(&(at, lane.lane))
                    && let Some(claim) = self.store.take(self.id, &lane).await?
                {
                    self.work_on(at, claim);
                }
            }
            for lane in plan.disown {
                // One whose work is just ending gives it back itself.
                if !self.held.contains_key(&(at, lane.lane)) {
                    let LaneState { subscriber, lane, fence, position, .. } = lane;
                    self.store.give_back(&Claim { subscriber, lane, fence, position }).await?;
                }
            }
        }
        Ok(())
    }

    /// Stops the work on lanes that this node does not hold any more: another has taken them, or has freed them
    /// because it took this node for dead. A freed lane would otherwise be worked on and belong to nobody.
    fn let_go_of_lost(&mut self, view: &View, at: usize, name: &str) {
        let lanes = view.lanes.iter().filter(|lane| *lane.subscriber == *name && lane.owner == Some(self.id));
        let fences: HashMap<i16, i64> = lanes.map(|lane| (lane.lane, lane.fence)).collect();
        self.held.retain(|(subscriber, lane), held| {
            let is_lost = *subscriber == at && fences.get(lane) != Some(&held.fence);
            if is_lost {
                held.stop.cancel();
            }
            !is_lost
        });
    }

    fn work_on(&mut self, at: usize, claim: Claim) {
        let (fence, stop, waiting) = (claim.fence, CancellationToken::new(), Arc::new(Notify::new()));
        let key = (at, claim.lane);
        let lane =
            Lane { shared: self.shared[at].clone(), stop: stop.clone(), waiting: waiting.clone(), claim };
        let task = self.tasks.spawn(lane.run());
        self.held.insert(key, Held { fence, stop, waiting, task });
    }

    async fn retain(&mut self) {
        let Some(retention) = self.config.retention else { return };
        let now = self.clock.now();
        if now.saturating_since(self.retained_at) < RETAIN_EVERY {
            return;
        }
        self.retained_at = now;
        if let Err(error) = self.store.retain(retention, now).await {
            tracing::warn!(%error, "old events could not be deleted; trying again later");
        }
    }

    async fn stop(mut self) {
        for held in self.held.values() {
            held.stop.cancel();
        }
        // The others must not take a node that finishes its work for dead; a batch is short.
        while self.tasks.join_next().await.is_some() {}
        if let Err(error) = self.store.leave(self.id).await {
            tracing::warn!(%error, "a node of events could not take its leave; its lease will end by itself");
        }
    }
}
