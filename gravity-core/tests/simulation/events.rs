//! Nodes of events.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gravity_core::Clock;
use gravity_core::events::{
    Draft, Error, Event, EventNode, EventStore as _, Failure, MemoryEvents, MemoryTx, NodeConfig, Outbox,
    Retry, Start, Subscriber,
};
use gravity_core::testing::faults::{Books, Consumer, Dice, Effect, Entry, Fact, Findings, Note, check};
use serde::{Deserialize, Serialize};

use super::{LEASE, PATIENCE, Seat, settle};

const SUBSCRIBERS: [&str; 2] = ["careful", "fragile"];

#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
struct Counted {
    fact: String,
}

impl Event for Counted {
    const NAME: &'static str = "simulation.counted";
}

struct History {
    store: MemoryEvents,
    dice: Arc<Mutex<Dice>>,
    effects: Arc<Mutex<Vec<Effect>>>,
    ledger: Arc<Mutex<Vec<Entry>>>,
    facts: Vec<Fact>,
    seats: Vec<Seat<Result<(), Error>>>,
    started: usize,
}

#[test]
fn leases_pass_on_and_nothing_is_lost_or_done_twice() {
    super::play("events", 150, |seed| async move { History::new(seed).play().await });
}

impl History {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let seats = (0..=dice.below(4)).map(Seat::new).collect();
        Self {
            store: MemoryEvents::new(),
            dice: Arc::new(Mutex::new(dice)),
            effects: Arc::default(),
            ledger: Arc::default(),
            facts: Vec::new(),
            seats,
            started: 0,
        }
    }

    fn roll(&self, limit: u64) -> u64 {
        self.dice.lock().unwrap().below(limit)
    }

    async fn play(mut self) -> Findings {
        for name in SUBSCRIBERS {
            self.store.register(name, Start::Beginning).await.unwrap();
        }
        for _ in 0..20 + self.roll(40) {
            self.publish().await;
            let seat = usize::try_from(self.roll(self.seats.len() as u64)).unwrap();
            match self.roll(12) {
                0..3 => self.start(seat),
                3 => self.seats[seat].kill(),
                4..6 => self.seats[seat].is_paused = true,
                6..9 => self.seats[seat].is_paused = false,
                9 => self.jump(seat),
                _ => {}
            }
            self.pass();
            settle().await;
        }
        let stuck = self.drain().await;
        let books = self.books();
        let mut findings = check(&books, &self.ledger.lock().unwrap());
        findings.stuck.extend(stuck);
        findings
    }

    /// A wall clock is set, forward or back. Waits of the system's clock are counted by a steady timer; those of a
    /// test clock would last longer when it is set back, so that is done while no node goes by it.
    fn jump(&mut self, seat: usize) {
        let is_back = self.seats[seat].task.is_none();
        let hands = &self.seats[seat].hands;
        // What waits for another attempt is due by the clock of who failed, so skew delays it by as much.
        let span = Duration::from_secs(self.roll(120));
        let now = hands.now();
        hands.set(if is_back { now.saturating_sub(span) } else { now.saturating_add(span) });
    }

    /// Lets some time pass on each clock that goes: each at a pace of its own.
    fn pass(&self) {
        for seat in self.seats.iter().filter(|seat| !seat.is_paused) {
            seat.hands.advance(LEASE / 4 * u32::try_from(70 + self.roll(60)).unwrap() / 100);
        }
    }

    async fn publish(&mut self) {
        let outbox = Outbox::new(self.store.clone(), "/simulation", Clock::system()).unwrap();
        for _ in 0..self.roll(4) {
            let key = format!("key_{}", self.roll(5));
            let number = self.facts.iter().filter(|fact| fact.key == key).count();
            let fact = Fact {
                id: format!("{key}-{number}-{}", self.roll(u64::MAX)),
                topic: "counted".into(),
                key,
                number: i64::try_from(number).unwrap(),
            };
            let is_undone = self.roll(5) == 0;
            let published = self.store.transaction::<(), Error>(async |tx| {
                outbox.publish(tx, Draft::new(Counted { fact: fact.id.clone() }).about(&fact.key)).await?;
                if is_undone { Err(Error::Paused) } else { Ok(()) }
            });
            if published.await.is_ok() {
                self.facts.push(fact);
            }
        }
    }

    fn start(&mut self, seat: usize) {
        if self.seats[seat].task.is_some() {
            return;
        }
        self.started += 1;
        let config = NodeConfig::new().with_lease(LEASE).with_poll(LEASE / 4).with_concurrency(3);
        let mut node = EventNode::new(self.store.clone(), self.seats[seat].hands.clock(), config);
        for name in SUBSCRIBERS {
            node = node.with_subscriber(self.subscriber(name, format!("node{}", self.started)));
        }
        self.seats[seat].task = Some(tokio::spawn(node.run_until(std::future::pending())));
    }

    fn subscriber(&self, name: &'static str, process: String) -> Subscriber<MemoryEvents> {
        let (dice, effects, ledger) = (self.dice.clone(), self.effects.clone(), self.ledger.clone());
        let retry = Retry::new().with_attempts(10_000).with_waits(LEASE / 40, LEASE / 4);
        let subscriber = Subscriber::<MemoryEvents>::new(name).starting(Start::Beginning).retrying(retry);
        subscriber.on::<Counted>(move |event, tx: &mut MemoryTx<'_>| {
            let (dice, effects, ledger) = (dice.clone(), effects.clone(), ledger.clone());
            let (fact, process) = (event.data.fact.clone(), process.clone());
            Box::pin(async move {
                let attempt = dice.lock().unwrap().roll().to_string();
                let consumer = name.to_owned();
                let note = Note::Attempt {
                    consumer: consumer.clone(),
                    fact: fact.clone(),
                    attempt: attempt.clone(),
                };
                ledger.lock().unwrap().push(Entry { at: 0, process, note });
                // Here others run, and the node may die.
                if dice.lock().unwrap().chance(30) {
                    let nap = dice.lock().unwrap().below(8);
                    tokio::time::sleep(Duration::from_millis(nap)).await;
                }
                if name == "fragile" && dice.lock().unwrap().chance(15) {
                    return Err(Failure::new("it broke"));
                }
                tx.on_commit(move || effects.lock().unwrap().push(Effect { consumer, fact, attempt }));
                Ok(())
            })
        })
    }

    /// All is well again: what is left, if it does not come to an end.
    async fn drain(&mut self) -> Option<String> {
        for seat in 0..self.seats.len() {
            self.seats[seat].is_paused = false;
            self.start(seat);
        }
        let mut left = String::new();
        for _ in 0..PATIENCE {
            self.pass();
            settle().await;
            left = self.left().await;
            if left.is_empty() {
                return None;
            }
        }
        Some(left)
    }

    async fn left(&self) -> String {
        let mut left = String::new();
        for state in self.store.subscribers().await.unwrap() {
            let owners: std::collections::HashSet<_> = state.lanes.iter().map(|lane| lane.owner).collect();
            let is_shared = !owners.contains(&None) && owners.len() == self.seats.len();
            if state.pending + state.waiting + state.poisoned > 0 || !is_shared {
                left = format!("{state:?}");
            }
        }
        left
    }

    fn books(&self) -> Books {
        let consumer = |name: &str| Consumer { name: name.into(), topic: "counted".into(), is_ordered: true };
        Books {
            consumers: SUBSCRIBERS.map(consumer).to_vec(),
            facts: self.facts.clone(),
            effects: self.effects.lock().unwrap().clone(),
        }
    }
}
