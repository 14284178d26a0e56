//! A fresh database for a test, on every back end.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # async fn notes_can_be_counted() {
//! gravity_core::testing::db::each(async |db| {
//!     let one: i64 = db.query("SELECT $1").bind(1_i64).fetch_scalar().await.unwrap();
//!     assert_eq!(one, 1);
//! })
//! .await;
//! # }
//! ```
//!
//! PostgreSQL takes part when `DATABASE_URL` names a server on which databases can be created. Without it
//! one line on standard error says so; with `GRAVITY_REQUIRE_BACKENDS=1` it is a failure.

mod backend;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

pub use backend::{Backend, TestDatabase};

use crate::db::{Database, DatabaseConfig};

/// Runs `body` on each back end, with an empty database of its own, which is removed afterwards.
///
/// # Panics
///
/// When `body` panics on one of them: it is run on the others all the same, and the names of those that
/// failed are printed. Also when a back end cannot be set up.
pub async fn each(body: impl AsyncFn(Database)) {
    each_with(&DatabaseConfig::default(), body).await;
}

/// As [`each`], with limits of one's own.
///
/// # Panics
///
/// As [`each`] does.
pub async fn each_with(config: &DatabaseConfig, body: impl AsyncFn(Database)) {
    let mut failed = Vec::new();
    let mut panic = None;
    for &backend in Backend::ALL {
        let Some(test) = TestDatabase::create(backend, config).await else {
            continue;
        };
        let outcome = AssertUnwindSafe(body(test.database())).catch_unwind().await;
        test.remove().await;
        if let Err(payload) = outcome {
            failed.push(backend.name());
            panic.get_or_insert(payload);
        }
    }
    if let Some(payload) = panic {
        say(&format!("FAILED on {}", failed.join(", ")));
        std::panic::resume_unwind(payload);
    }
}

#[expect(clippy::print_stderr, reason = "a test's report goes where the test harness's goes")]
fn say(line: &str) {
    eprintln!("{line}");
}
