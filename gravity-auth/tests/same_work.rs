//! Whether an address is known is not told by the work that a request makes: the same hashes are made and the same
//! statements are run, one by one. What a clock would tell is in `same_time.rs`.
//!
//! It listens to what the whole process asks its database, and so has this file for itself.
#![cfg(all(feature = "testing", any(feature = "sqlite", feature = "postgres")))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod visitors;

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use gravity_auth::testing::http::{PASSWORD, hashes};
use gravity_auth::{Auth, AuthConfig, Throttles};
use gravity_core::limits::{MemoryLimiter, Quota, RateLimiter};
use gravity_core::testing::db::each;
use serde_json::{Value, json};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use visitors::{PROBES, Probe, Site, Visitor};

/// What a request has made the database and the hasher do, and its answer.
#[derive(Debug, PartialEq)]
struct Work {
    answer: (u16, Value),
    hashes: u64,
    statements: Vec<String>,
    /// Whether anything was written: that waits for a disk.
    writes: bool,
}

/// What whoever has signed up can ask as well: whether it was they who made the account.
const OWN_PASSWORD: Probe = Probe {
    name: "the password of a sign-up that was not verified",
    path: "/login",
    body: |email, _| json!({ "email": email, "password": PASSWORD }),
};

static HEARD: Mutex<Vec<(String, u64)>> = Mutex::new(Vec::new());

/// Writes down each statement, with how many rows it has changed.
struct Listener;

#[derive(Default)]
struct Statement {
    summary: String,
    text: String,
    changed: u64,
}

impl tracing::field::Visit for Statement {
    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.text),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &tracing::field::Field, value: u64) {
        if field.name() == "rows_affected" {
            self.changed = value;
        }
    }

    fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn Debug) {}
}

impl<S: tracing::Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut heard = Statement::default();
            event.record(&mut heard);
            let text = if heard.text.is_empty() { heard.summary } else { heard.text };
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            // Workers are woken once in a while, whoever it was that asked.
            if text.contains("pg_notify") {
                return;
            }
            HEARD.lock().unwrap_or_else(PoisonError::into_inner).push((text, heard.changed));
        }
    }
}

/// Begins to listen, for one test at a time: under `cargo test` both are in one process.
async fn listen() -> tokio::sync::MutexGuard<'static, ()> {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let turn = TURN.lock().await;
    // The second one finds the listener of the first.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Listener));
    turn
}

fn take() -> Vec<(String, u64)> {
    std::mem::take(&mut *HEARD.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn work(site: &Site, probe: &Probe, visitor: Visitor, number: usize) -> Work {
    take();
    let before = hashes(&site.auth);
    let answer = site.ask(probe, visitor, number).await;
    let heard = take();
    Work {
        answer,
        hashes: hashes(&site.auth) - before,
        // PostgreSQL says of a SELECT how many rows it has found.
        writes: heard.iter().any(|(text, changed)| *changed > 0 && !text.starts_with("SELECT")),
        statements: heard.into_iter().map(|(text, _)| text).collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn known_and_unknown_cost_the_same() {
    let _turn = listen().await;
    each(async |db| {
        let site = Site::new(async |config| Auth::new(db.clone(), config).await.unwrap()).await;
        for probe in PROBES {
            // The first of each may have to prepare something that later ones find.
            work(&site, probe, Visitor::Nobody, 0).await;
            let nobody = work(&site, probe, Visitor::Nobody, 1).await;
            assert!(!nobody.statements.is_empty() && nobody.writes, "{}: {nobody:#?}", probe.name);
            for visitor in [Visitor::Known, Visitor::Other, Visitor::Unverified] {
                assert_eq!(work(&site, probe, visitor, 1).await, nobody, "{visitor:?}, {}", probe.name);
            }
        }
        let wrong = work(&site, &PROBES[0], Visitor::Nobody, 2).await;
        assert_eq!(work(&site, &OWN_PASSWORD, Visitor::Unverified, 2).await, wrong, "{}", OWN_PASSWORD.name);
        // Nor can it be told by what is left of limits that both share.
        for probe in PROBES {
            let nobody = work(&site, probe, Visitor::Nobody, 2).await;
            assert_eq!(
                work(&site, probe, Visitor::Unverified, 2).await,
                nobody,
                "{}, afterwards",
                probe.name
            );
        }
    })
    .await;
}

/// An account that is held against the whole world costs what the address of nobody costs.
#[tokio::test(flavor = "multi_thread")]
async fn known_and_unknown_are_held_alike() {
    let _turn = listen().await;
    each(async |db| {
        let few = |config: AuthConfig| {
            let one: Arc<dyn RateLimiter> = Arc::new(MemoryLimiter::new(Quota::per_hour(1)));
            let many: Arc<dyn RateLimiter> = Arc::new(MemoryLimiter::new(Quota::per_second(1_000_000)));
            config.with_throttles(Throttles {
                sign_in: many.clone(),
                account: one,
                network: many.clone(),
                mail: many.clone(),
                mailbox: many.clone(),
                requests: many.clone(),
                api_keys: many,
            })
        };
        let site = Site::new(async |config| Auth::new(db.clone(), few(config)).await.unwrap()).await;
        for visitor in [Visitor::Known, Visitor::Nobody] {
            assert_eq!(site.ask(&PROBES[0], visitor, 1).await.0, 401);
        }
        let nobody = work(&site, &PROBES[0], Visitor::Nobody, 1).await;
        assert_eq!(nobody.answer.0, 429);
        assert_eq!(work(&site, &PROBES[0], Visitor::Known, 1).await, nobody);
    })
    .await;
}
