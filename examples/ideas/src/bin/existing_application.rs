//! An application that has been there for years, with its own users, whose ids are numbers, and its own sessions,
//! adopts one part: the audit log, with its routes.
#![allow(clippy::print_stdout, reason = "it says what it has done")]

use futures_util::future::BoxFuture;
use gravity_core::audit::{self, AuditEntry, AuditLog, SqlAudit};
use gravity_core::db::Database;
use gravity_core::http::client::Client;
use gravity_core::http::{Authenticator, Problem, Routes, Scheme};
use gravity_core::page::CursorKeys;
use gravity_core::security::{Key, KeyRing};
use gravity_core::{Clock, Principal, Subject};
use http::request::Parts;
use serde_json::{Value, json};

/// Says who calls, by the application's own sessions and users.
struct OurSessions(Database);

impl Authenticator for OurSessions {
    fn authenticate<'a>(&'a self, head: &'a Parts) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        Box::pin(async move {
            let shown = head.headers.get("authorization").and_then(|value| value.to_str().ok());
            let Some(session) = shown.and_then(|value| value.strip_prefix("Bearer ")) else {
                return Ok(None);
            };
            let user = self.0.query(
                "SELECT users.id, users.is_admin FROM sessions JOIN users ON users.id = sessions.user_id \
                 WHERE sessions.secret = $1",
            );
            let user: Option<(i64, bool)> =
                user.bind(session).fetch_optional().await.map_err(Problem::from)?;
            Ok(user.map(|(id, is_admin)| {
                let grants = if is_admin { "*" } else { "" };
                // A number is as good as any other name.
                Principal::new(Subject::from(id)).with_permissions(grants.parse().unwrap_or_default())
            }))
        })
    }

    fn schemes(&self) -> Vec<Scheme> {
        vec![Scheme::Bearer]
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = Database::connect("sqlite::memory:").await?;
    for sql in [
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, is_admin INTEGER NOT NULL)",
        "CREATE TABLE sessions (secret TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id))",
        "INSERT INTO users VALUES (1, 'Ada', 1), (42, 'Bob', 0)",
        "INSERT INTO sessions VALUES ('adas session', 1), ('bobs session', 42)",
    ] {
        db.query(sql).execute().await?;
    }

    let keys = KeyRing::new(Key::generate("2026-11")?);
    let log = AuditLog::new(SqlAudit::new(&db).await?, &keys, Clock::system());
    // The change and its entry, in one transaction.
    db.transaction(async |tx| {
        tx.query("UPDATE users SET name = 'Robert' WHERE id = 42").execute().await?;
        let entry = AuditEntry::new("user.renamed").by(&Subject::from(42_i64)).on("user", 42_i64);
        log.record_in(tx, entry.change(json!({ "name": "Bob" }), json!({ "name": "Robert" }))).await?;
        Ok::<_, audit::Error>(())
    })
    .await?;

    // The routes know the application's users; `into_axum`, actix's `mount` or our server serve them.
    let routes: Routes = audit::routes(log, CursorKeys::from(&keys)).authenticator(OurSessions(db));
    let client = Client::in_process(routes);
    let refused = client.with_bearer("bobs session")?.get("/audit").send::<Value>().await;
    println!("Bob: {}", refused.err().ok_or("Bob may not see it")?);
    let page: Value = client.with_bearer("adas session")?.get("/audit").send().await?;
    println!("Ada: {}", page["items"][0]);
    assert_eq!(page["items"][0]["actor"], "42");
    Ok(())
}
