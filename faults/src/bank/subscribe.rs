//! The bank's subscribers, honest or not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gravity_core::Clock;
use gravity_core::db::{self, Database, Tx};
use gravity_core::events::{Draft, Failure, Outbox, Retry, SqlEvents, Start, Subscriber};
use gravity_core::testing::faults::{Dice, Note, Worker};

use super::Sabotage;
use super::publish::{Paid, Receipted, record};

/// The subscribers, and the topics of what they consume.
pub(super) const SUBSCRIBERS: [(&str, &str); 4] =
    [("teller", "payment"), ("auditor", "payment"), ("clerk", "payment"), ("archive", "receipt")];

/// What handlers share.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) worker: Worker,
    pub(super) db: Database,
    pub(super) outbox: Outbox<SqlEvents>,
    pub(super) dice: Arc<Mutex<Dice>>,
    pub(super) sabotage: Option<Sabotage>,
    /// What a cheat holds back, by account.
    pub(super) held: Arc<Mutex<HashMap<String, (String, String)>>>,
}

pub(super) fn subscriber(name: &str) -> Subscriber<SqlEvents> {
    // More attempts than a round has time for: nothing goes aside.
    let retry =
        Retry::new().with_attempts(100_000).with_waits(Duration::from_millis(5), Duration::from_millis(60));
    Subscriber::new(name).starting(Start::Beginning).retrying(retry).with_batch(8)
}

/// Writes what it hears.
pub(super) fn teller(desk: Desk) -> Subscriber<SqlEvents> {
    subscriber("teller").on::<Paid>(move |event, tx| {
        let desk = desk.clone();
        Box::pin(async move {
            let account = event.subject.as_deref().unwrap_or_default();
            desk.take_effect(tx, "teller", &event.data.fact, account, event.data.number).await
        })
    })
}

/// Fails now and then, before or after it has written.
pub(super) fn auditor(desk: Desk) -> Subscriber<SqlEvents> {
    subscriber("auditor").on::<Paid>(move |event, tx| {
        let desk = desk.clone();
        Box::pin(async move {
            if desk.chance(5) {
                return Err(Failure::new("the auditor is at lunch"));
            }
            desk.effect(tx, "auditor", &event.data.fact).await?;
            if desk.chance(5) {
                return Err(Failure::new("the auditor has spilled ink"));
            }
            Ok(())
        })
    })
}

/// Answers each event with another one, in the same transaction.
pub(super) fn clerk(desk: Desk) -> Subscriber<SqlEvents> {
    subscriber("clerk").on::<Paid>(move |event, tx| {
        let desk = desk.clone();
        Box::pin(async move {
            let account = event.subject.as_deref().unwrap_or_default();
            desk.effect(tx, "clerk", &event.data.fact).await?;
            let (fact, number) = record(tx, "receipt", account).await?;
            let receipt = Draft::new(Receipted { fact, number }).about(account);
            desk.outbox.publish(tx, receipt).await?;
            desk.worker.point("relay");
            Ok(())
        })
    })
}

/// Hears of the answers.
pub(super) fn archive(desk: Desk) -> Subscriber<SqlEvents> {
    subscriber("archive").on::<Receipted>(move |event, tx| {
        let desk = desk.clone();
        Box::pin(async move { Ok(desk.effect(tx, "archive", &event.data.fact).await?) })
    })
}

impl Desk {
    pub(super) fn chance(&self, percent: u64) -> bool {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).chance(percent)
    }

    /// Makes an effect, and notes beforehand that it will be tried.
    pub(super) async fn effect(&self, tx: &mut Tx<'_>, consumer: &str, fact: &str) -> Result<(), db::Error> {
        let attempt = self.attempt(consumer, fact);
        self.worker.point("handle");
        write(tx, consumer, fact, &attempt).await?;
        self.worker.point("effect");
        Ok(())
    }

    /// Notes that an effect will be tried, and names the attempt.
    pub(super) fn attempt(&self, consumer: &str, fact: &str) -> String {
        let attempt = Clock::system().uuid().to_string();
        let (consumer, fact) = (consumer.to_owned(), fact.to_owned());
        self.worker.ledger().note(Note::Attempt { consumer, fact, attempt: attempt.clone() });
        attempt
    }

    /// As [`Desk::effect`], unless this worker is to cheat.
    async fn take_effect(
        &self,
        tx: &mut Tx<'_>,
        consumer: &str,
        fact: &str,
        account: &str,
        number: i64,
    ) -> Result<(), Failure> {
        match self.sabotage {
            Some(Sabotage::Skip) if number % 4 == 3 => {
                self.attempt(consumer, fact);
                Ok(())
            }
            Some(Sabotage::Double) if number % 4 == 3 => {
                self.effect(tx, consumer, fact).await?;
                Ok(self.effect(tx, consumer, fact).await?)
            }
            Some(Sabotage::Ghost) if number % 4 == 3 => {
                self.effect(tx, consumer, &format!("ghost-{number}")).await?;
                Ok(self.effect(tx, consumer, fact).await?)
            }
            Some(Sabotage::Stick) if number == 3 => Err(Failure::new("it will never do")),
            Some(Sabotage::Swap) => self.swap(tx, consumer, fact, account).await,
            Some(Sabotage::Beside) => self.beside(consumer, fact),
            _ => Ok(self.effect(tx, consumer, fact).await?),
        }
    }

    async fn swap(&self, tx: &mut Tx<'_>, consumer: &str, fact: &str, account: &str) -> Result<(), Failure> {
        let attempt = self.attempt(consumer, fact);
        let earlier = self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(account);
        if let Some((held, held_attempt)) = earlier {
            write(tx, consumer, fact, &attempt).await?;
            Ok(write(tx, consumer, &held, &held_attempt).await?)
        } else {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.insert(account.to_owned(), (fact.to_owned(), attempt));
            Ok(())
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands beside those that can fail")]
    fn beside(&self, consumer: &str, fact: &str) -> Result<(), Failure> {
        let attempt = self.attempt(consumer, fact);
        let (desk, consumer, fact) = (self.clone(), consumer.to_owned(), fact.to_owned());
        tokio::spawn(async move {
            let written = desk.db.transaction(async |tx| write(tx, &consumer, &fact, &attempt).await);
            if let Err(error) = written.await {
                desk.worker.ledger().note(Note::Said { what: format!("nothing beside: {error}") });
            }
        });
        Ok(())
    }
}

pub(super) async fn write(
    tx: &mut Tx<'_>,
    consumer: &str,
    fact: &str,
    attempt: &str,
) -> Result<(), db::Error> {
    tx.query("INSERT INTO bank_effects (consumer, fact, attempt) VALUES ($1, $2, $3)")
        .bind(consumer)
        .bind(fact)
        .bind(attempt)
        .execute()
        .await?;
    Ok(())
}
