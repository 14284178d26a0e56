//! Nodes of jobs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gravity_core::jobs::{
    Error, Failure, Job, JobDraft, JobNode, JobStore as _, Jobs, MemoryJobs, NodeConfig, Queue,
};
use gravity_core::testing::faults::{Books, Consumer, Dice, Effect, Entry, Fact, Findings, Note, check};
use serde::{Deserialize, Serialize};

use super::{LEASE, PATIENCE, Seat, settle};

#[derive(Debug, Serialize, Deserialize)]
struct Count {
    fact: String,
}

impl Job for Count {
    const KIND: &'static str = "simulation.count";
    const MAX_ATTEMPTS: u32 = 10_000;

    fn wait(&self, attempt: u32) -> Duration {
        LEASE / 40 * attempt.min(8)
    }
}

struct History {
    store: MemoryJobs,
    dice: Arc<Mutex<Dice>>,
    effects: Arc<Mutex<Vec<Effect>>>,
    ledger: Arc<Mutex<Vec<Entry>>>,
    facts: Vec<Fact>,
    seats: Vec<Seat<Result<(), Error>>>,
    started: usize,
}

#[test]
fn jobs_pass_on_and_are_done_once_and_keyed_ones_in_order() {
    super::play("jobs", 150, |seed| async move { History::new(seed).play().await });
}

impl History {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let seats = (0..=dice.below(4)).map(|_| Seat::new(0)).collect();
        Self {
            store: MemoryJobs::new(),
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
        for _ in 0..20 + self.roll(40) {
            self.enqueue().await;
            let seat = usize::try_from(self.roll(self.seats.len() as u64)).unwrap();
            match self.roll(12) {
                0..4 => self.start(seat),
                // Not too often: a job whose nodes die again and again dies itself.
                4 if self.roll(3) == 0 => self.seats[seat].kill(),
                5 => self.seats[seat].is_paused = true,
                6..9 => self.seats[seat].is_paused = false,
                _ => {}
            }
            self.pass();
            settle().await;
        }
        let stuck = self.drain().await;
        let mut findings = check(&self.books(), &self.ledger.lock().unwrap());
        findings.stuck.extend(stuck);
        findings
    }

    fn pass(&self) {
        for seat in self.seats.iter().filter(|seat| !seat.is_paused) {
            seat.hands.advance(LEASE / 4 * u32::try_from(70 + self.roll(60)).unwrap() / 100);
        }
    }

    async fn enqueue(&mut self) {
        // Times of jobs are wall clock times, so the nodes' clocks begin at the same time here.
        let jobs = Jobs::new(self.store.clone(), self.seats[0].hands.clock());
        for _ in 0..self.roll(4) {
            let key = format!("key_{}", self.roll(5));
            let topic = if self.roll(2) == 0 { "keyed" } else { "free" };
            let of_key = |fact: &&Fact| fact.key == key && fact.topic == topic;
            let number = self.facts.iter().filter(of_key).count();
            let fact = Fact {
                id: format!("{topic}-{key}-{number}-{}", self.roll(u64::MAX)),
                topic: topic.into(),
                key,
                number: i64::try_from(number).unwrap(),
            };
            let is_undone = self.roll(5) == 0;
            let enqueued = self.store.transaction::<(), Error>(async |tx| {
                let draft = JobDraft::new(Count { fact: fact.id.clone() });
                let draft = if topic == "keyed" { draft.keyed(&fact.key) } else { draft };
                jobs.enqueue_in(tx, draft).await?;
                if is_undone { Err(Error::Fenced) } else { Ok(()) }
            });
            if enqueued.await.is_ok() {
                self.facts.push(fact);
            }
        }
    }

    fn start(&mut self, seat: usize) {
        if self.seats[seat].task.is_some() {
            return;
        }
        self.started += 1;
        let process = format!("node{}", self.started);
        let (dice, effects, ledger) = (self.dice.clone(), self.effects.clone(), self.ledger.clone());
        let config = NodeConfig::new().with_lease(LEASE).with_poll(LEASE / 4);
        let node = JobNode::new(self.store.clone(), self.seats[seat].hands.clock(), config)
            .with_queue(Queue::new("default").with_concurrency(3))
            .with_worker_in_tx::<Count>(move |job, _, tx| {
                let (dice, effects, ledger) = (dice.clone(), effects.clone(), ledger.clone());
                let (fact, process) = (job.fact.clone(), process.clone());
                Box::pin(async move {
                    let attempt = dice.lock().unwrap().roll().to_string();
                    let consumer = fact.split('-').next().unwrap().to_owned();
                    let note = Note::Attempt {
                        consumer: consumer.clone(),
                        fact: fact.clone(),
                        attempt: attempt.clone(),
                    };
                    ledger.lock().unwrap().push(Entry { at: 0, process, note });
                    if dice.lock().unwrap().chance(30) {
                        let nap = dice.lock().unwrap().below(8);
                        tokio::time::sleep(Duration::from_millis(nap)).await;
                    }
                    if dice.lock().unwrap().chance(10) {
                        return Err(Failure::new("it broke"));
                    }
                    tx.on_commit(move || effects.lock().unwrap().push(Effect { consumer, fact, attempt }));
                    Ok(())
                })
            });
        self.seats[seat].task = Some(tokio::spawn(node.run_until(std::future::pending())));
    }

    async fn drain(&mut self) -> Option<String> {
        for seat in 0..self.seats.len() {
            self.seats[seat].is_paused = false;
            self.start(seat);
        }
        let mut left = String::new();
        for _ in 0..PATIENCE {
            self.pass();
            settle().await;
            left = format!("{:?}", self.store.counts().await.unwrap());
            if left == "[]" {
                return None;
            }
        }
        Some(left)
    }

    fn books(&self) -> Books {
        let consumer =
            |(name, is_ordered): (&str, bool)| Consumer { name: name.into(), topic: name.into(), is_ordered };
        Books {
            consumers: [("keyed", true), ("free", false)].map(consumer).to_vec(),
            facts: self.facts.clone(),
            effects: self.effects.lock().unwrap().clone(),
        }
    }
}
