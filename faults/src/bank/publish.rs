//! Payments: a number of the account, a row, an event and two jobs, in one transaction that may be rolled back.

use std::time::Duration;

use gravity_core::Clock;
use gravity_core::db::{self, Database, Tx};
use gravity_core::events::{self, Draft, Event, Outbox, SqlEvents};
use gravity_core::jobs::{self, Jobs, SqlJobs};
use gravity_core::testing::faults::{Dice, Note, Worker};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sabotage;
use super::jobs::enqueue;
use super::schema::{ACCOUNTS, account_name};

/// Money was paid.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Paid {
    pub(super) fact: String,
    pub(super) number: i64,
}

impl Event for Paid {
    const NAME: &'static str = "bank.paid";
}

/// A receipt was written, in the handler of a payment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Receipted {
    pub(super) fact: String,
    pub(super) number: i64,
}

impl Event for Receipted {
    const NAME: &'static str = "bank.receipted";
}

/// Why a payment was not committed, as far as one knows.
#[derive(Debug)]
enum Undone {
    OnPurpose,
    Failed(String),
}

impl From<db::Error> for Undone {
    fn from(error: db::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<events::Error> for Undone {
    fn from(error: events::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<jobs::Error> for Undone {
    fn from(error: jobs::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// How many payments each payer makes, however little time there is: no round is empty.
const LEAST: usize = 4;

/// Pays until there is to be no more load.
pub(super) async fn pay(
    worker: Worker,
    db: Database,
    outbox: Outbox<SqlEvents>,
    jobs: Jobs<SqlJobs>,
    mut dice: Dice,
    sabotage: Option<Sabotage>,
) {
    let mut paid = 0;
    while worker.is_loading() || paid < LEAST {
        match payment(&worker, &db, &outbox, &jobs, &mut dice).await {
            Ok(facts) => {
                paid += 1;
                worker.point("acknowledge");
                for fact in facts {
                    worker.ledger().note(Note::Acknowledged { fact });
                }
                if sabotage == Some(Sabotage::Forget) && paid == 1 {
                    worker.ledger().note(Note::Acknowledged { fact: format!("forgotten-{}", dice.roll()) });
                }
            }
            Err(Undone::OnPurpose) => {}
            // Whether it was committed is for the database to say.
            Err(Undone::Failed(what)) => {
                worker.ledger().note(Note::Said { what: format!("a payment failed: {what}") });
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        tokio::time::sleep(dice.span(Duration::from_millis(2), Duration::from_millis(30))).await;
    }
}

async fn payment(
    worker: &Worker,
    db: &Database,
    outbox: &Outbox<SqlEvents>,
    jobs: &Jobs<SqlJobs>,
    dice: &mut Dice,
) -> Result<Vec<String>, Undone> {
    let account = account_name(dice.index(ACCOUNTS));
    let count = 1 + dice.below(3);
    let nap = dice.chance(20).then(|| dice.span(Duration::ZERO, Duration::from_millis(15)));
    let is_undone = dice.chance(15);
    db.transaction(async |tx| {
        let mut facts = Vec::new();
        for _ in 0..count {
            let (fact, number) = record(tx, "payment", &account).await?;
            let paid = Paid { fact: fact.clone(), number };
            outbox.publish(tx, Draft::new(paid).about(account.as_str())).await?;
            enqueue(jobs, tx, &fact, &account).await?;
            facts.push(fact);
        }
        worker.point("publish");
        if let Some(nap) = nap {
            tokio::time::sleep(nap).await;
        }
        if is_undone { Err(Undone::OnPurpose) } else { Ok(facts) }
    })
    .await
}

/// Writes the next fact of a topic and an account down. The account is locked until the transaction ends, so
/// numbers are in the order of commits and without gaps.
pub(super) async fn record(tx: &mut Tx<'_>, topic: &str, account: &str) -> Result<(String, i64), db::Error> {
    let number = tx
        .query(
            "UPDATE bank_accounts SET number = number + 1 WHERE topic = $1 AND account = $2 RETURNING number",
        )
        .bind(topic)
        .bind(account)
        .fetch_scalar()
        .await?;
    let fact = Clock::system().uuid().to_string();
    tx.query("INSERT INTO bank_facts (id, topic, account, number) VALUES ($1, $2, $3, $4)")
        .bind(fact.as_str())
        .bind(topic)
        .bind(account)
        .bind(number)
        .execute()
        .await?;
    Ok((fact, number))
}
