//! Somebody who can write to the tables of the audit log, and has no key, is found out.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use gravity_core::audit::{AuditEntry, AuditLog, AuditStore, Checkpoint, Reason, SqlAudit};
use gravity_core::db::{Database, Engine};
use gravity_core::security::{Key, KeyRing};
use gravity_core::testing::db::each;
use gravity_core::{Subject, TestClock, Timestamp};
use serde_json::json;

/// The tables that hold what was recorded. What only waits is checked by the records themselves.
const TABLES: [&str; 5] = ["audit_records", "audit_chain", "audit_head", "audit_cuts", "audit_erasures"];

struct Bench {
    log: AuditLog<SqlAudit>,
}

/// A log with a cut, an erasure of each part, and seven records in its chain.
async fn bench(db: &Database) -> Bench {
    let clock = TestClock::at(Timestamp::from_seconds(1_700_000_000).unwrap());
    let keys = KeyRing::new(Key::new("k", &[3; 32]).unwrap());
    let log = AuditLog::new(SqlAudit::new(db).await.unwrap(), &keys, clock.clock());
    for number in 0..10 {
        let entry = AuditEntry::new("note.changed")
            .by(&Subject::from(number))
            .impersonated_by(&Subject::from(100))
            .on("note", 1_000 + number)
            .change(json!({"a": 1}), json!({"a": 2}))
            .extra("reason", "none");
        log.record(entry).await.unwrap();
        clock.advance(Duration::from_secs(1));
    }
    log.seal().await.unwrap();
    log.prune(Timestamp::from_seconds(1_700_000_003).unwrap()).await.unwrap();
    log.erase_subject(&Subject::from(5)).await.unwrap();
    log.erase_subject(&Subject::from(1_006)).await.unwrap();
    assert!(log.verify().await.unwrap().is_whole());
    Bench { log }
}

async fn run(db: &Database, sql: impl Into<String>) -> Result<u64, gravity_core::db::Error> {
    db.query(Box::leak(sql.into().into_boxed_str())).execute().await
}

/// What an owner of the tables can do.
async fn without_triggers(db: &Database) {
    match db.engine() {
        Engine::Postgres => {
            for table in TABLES {
                run(db, format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await.unwrap();
            }
        }
        Engine::Sqlite => {
            let names: Vec<String> = db
                .query("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'")
                .fetch_all_scalars()
                .await
                .unwrap();
            for name in names {
                run(db, format!("DROP TRIGGER {name}")).await.unwrap();
            }
        }
    }
}

/// Name, type and whether it may be null, of every column.
async fn columns(db: &Database, table: &str) -> Vec<(String, String, bool)> {
    let sql = match db.engine() {
        Engine::Postgres => format!(
            "SELECT column_name::text, data_type::text, is_nullable::text = 'YES' FROM information_schema.columns \
             WHERE table_name = '{table}'"
        ),
        Engine::Sqlite => format!("SELECT name, type, \"notnull\" = 0 FROM pragma_table_info('{table}')"),
    };
    db.query(Box::leak(sql.into_boxed_str())).fetch_all().await.unwrap()
}

/// An expression that differs from the column's value.
fn other(column: &str, kind: &str) -> String {
    match kind.to_lowercase().as_str() {
        "uuid" => "'01900000-0000-7000-8000-00000000ffff'::uuid".into(),
        "bytea" => format!("{column} || '\\x00'::bytea"),
        "timestamp with time zone" => format!("{column} + interval '1 microsecond'"),
        "blob" if column.ends_with("id") => "x'0190000000007000800000000000ffff'".into(),
        "blob" => format!("CAST({column} || x'00' AS BLOB)"),
        "bigint" | "integer" => format!("{column} + 1000"),
        "text" => format!("COALESCE({column}, '') || ' '"),
        other => panic!("a column of a type that this test does not know: {other}"),
    }
}

async fn reason(bench: &Bench) -> Option<Reason> {
    bench.log.verify().await.unwrap().broken.map(|broken| broken.reason)
}

/// Copies of all tables, to begin again from.
async fn save(db: &Database) {
    for table in TABLES {
        run(db, format!("CREATE TABLE saved_{table} AS SELECT * FROM {table}")).await.unwrap();
    }
}

async fn restore(db: &Database) {
    for table in TABLES {
        run(db, format!("DELETE FROM {table}")).await.unwrap();
        run(db, format!("INSERT INTO {table} SELECT * FROM saved_{table}")).await.unwrap();
    }
    run(db, "DELETE FROM audit_pending").await.unwrap();
}

#[tokio::test]
async fn every_column_of_every_row_counts() {
    each(async |db| {
        let bench = bench(&db).await;
        without_triggers(&db).await;
        save(&db).await;
        let mut checked = 0;
        for table in TABLES {
            for (column, kind, is_nullable) in columns(&db, table).await {
                if column == "is_only" {
                    continue; // It has one value, by its constraint.
                }
                let key = columns(&db, table).await[0].0.clone();
                let key = if key == "is_only" { "position".to_owned() } else { key };
                let rows: Vec<i64> = db
                    .query(Box::leak(format!("SELECT COUNT(*) FROM {table}").into_boxed_str()))
                    .fetch_all_scalars()
                    .await
                    .unwrap();
                for row in 0..rows[0] {
                    let is_this = format!(
                        "WHERE {key} = (SELECT {key} FROM saved_{table} ORDER BY {key} LIMIT 1 OFFSET {row})"
                    );
                    for value in [Some(other(&column, &kind)), is_nullable.then(|| "NULL".to_owned())]
                        .into_iter()
                        .flatten()
                    {
                        let differs = format!("AND {column} IS DISTINCT FROM ({value})");
                        let changed =
                            run(&db, format!("UPDATE {table} SET {column} = {value} {is_this} {differs}"))
                                .await
                                .unwrap();
                        if changed == 0 {
                            continue;
                        }
                        assert!(
                            reason(&bench).await.is_some(),
                            "{table}.{column} = {value} of row {row} is not found"
                        );
                        checked += 1;
                        restore(&db).await;
                    }
                }
            }
        }
        assert!(checked > 150, "{checked}");
        assert_eq!(reason(&bench).await, None);
    })
    .await;
}

#[tokio::test]
async fn rows_cannot_be_taken_put_or_swapped() {
    each(async |db| {
        let bench = bench(&db).await;
        let early = bench.log.checkpoint().await.unwrap();
        without_triggers(&db).await;
        save(&db).await;
        let fifth = "(SELECT record_id FROM audit_chain WHERE position = 5)";
        let insert = "INSERT INTO audit_records SELECT * FROM saved_audit_records";
        for (what, statements, expected) in [
            ("a record in the middle", vec![format!("DELETE FROM audit_records WHERE id = {fifth}")], Reason::RecordMissing),
            ("its link too", vec![format!("DELETE FROM audit_records WHERE id = {fifth}"), "DELETE FROM audit_chain WHERE position = 5".into()], Reason::LinkMissing),
            ("the end", vec!["DELETE FROM audit_records WHERE id = (SELECT record_id FROM audit_chain WHERE position = 10)".into(), "DELETE FROM audit_chain WHERE position = 10".into()], Reason::LinkMissing),
            ("the end, and the head", vec!["DELETE FROM audit_chain WHERE position = 10".into(), "UPDATE audit_head SET position = 9, link = (SELECT link FROM audit_chain WHERE position = 9)".into()], Reason::HeadChanged),
            ("the head", vec!["DELETE FROM audit_head".into()], Reason::HeadChanged),
            ("a link alone", vec!["DELETE FROM audit_chain WHERE position = 7".into()], Reason::LinkMissing),
            ("two swapped", vec!["UPDATE audit_chain SET position = -1 WHERE position = 7".into(), "UPDATE audit_chain SET position = 7 WHERE position = 8".into(), "UPDATE audit_chain SET position = 8 WHERE position = -1".into()], Reason::LinkChanged),
            ("the cut", vec!["DELETE FROM audit_cuts".into()], Reason::LinkMissing),
            ("an erasure", vec!["DELETE FROM audit_erasures".into()], Reason::ActorChanged),
            ("one put beside", vec![format!("DELETE FROM audit_records WHERE id = {fifth}"), format!("{insert} WHERE id = {fifth}"), "DELETE FROM audit_chain WHERE position = 10".into(), "DELETE FROM audit_pending".into(), "UPDATE audit_head SET position = 9".into()], Reason::HeadChanged),
        ] {
            for statement in statements {
                run(&db, statement).await.unwrap();
            }
            assert_eq!(reason(&bench).await, Some(expected), "{what}");
            restore(&db).await;
        }
        // One of another making that was put in by hand, once beside the chain and once into the queue.
        run(&db, "CREATE TABLE forged AS SELECT * FROM audit_records LIMIT 1").await.unwrap();
        let id = other("id", if db.engine() == Engine::Postgres { "uuid" } else { "blob" });
        run(&db, format!("UPDATE forged SET id = {id}, action = 'forged'")).await.unwrap();
        run(&db, "INSERT INTO audit_records SELECT * FROM forged").await.unwrap();
        assert_eq!(reason(&bench).await, Some(Reason::Stray));
        run(&db, "INSERT INTO audit_pending (record_id) SELECT id FROM forged").await.unwrap();
        assert_eq!(reason(&bench).await, Some(Reason::RecordChanged));
        bench.log.seal().await.unwrap();
        assert_eq!(reason(&bench).await, Some(Reason::RecordChanged));
        restore(&db).await;
        // An older copy of everything: only the checkpoint that was kept outside knows better.
        bench.log.record(AuditEntry::new("note.deleted")).await.unwrap();
        run(&db, "INSERT INTO audit_pending (record_id) SELECT id FROM audit_records WHERE action = 'note.deleted'").await.unwrap();
        bench.log.seal().await.unwrap();
        let late = bench.log.checkpoint().await.unwrap();
        assert_eq!(late.position(), 11);
        restore(&db).await;
        assert_eq!(reason(&bench).await, None);
        let from = async |checkpoint: &Checkpoint| {
            bench.log.verify_from(checkpoint).await.unwrap().broken.map(|broken| broken.reason)
        };
        assert_eq!(from(&early).await, None);
        assert_eq!(from(&late).await, Some(Reason::Truncated));
    })
    .await;
}

#[tokio::test]
async fn the_tables_refuse_what_is_no_appending() {
    each(async |db| {
        let bench = bench(&db).await;
        let mut refused = Vec::new();
        for table in ["audit_records", "audit_chain", "audit_cuts", "audit_erasures"] {
            refused.push(format!("DELETE FROM {table}"));
            for (column, kind, _) in columns(&db, table).await {
                refused.push(format!("UPDATE {table} SET {column} = {}", other(&column, &kind)));
            }
        }
        refused.push("DELETE FROM audit_head".into());
        if db.engine() == Engine::Postgres {
            refused.extend(TABLES.map(|table| format!("TRUNCATE {table}")));
        }
        for sql in refused {
            let error = run(&db, sql.clone()).await.unwrap_err();
            let text = format!("{:?}", error.driver());
            assert!(text.contains("append-only"), "{sql}: {text}");
        }
        assert!(bench.log.verify().await.unwrap().is_whole());
        assert_eq!(bench.log.store().pending(i64::MIN, 10).await.unwrap().len(), 0);
    })
    .await;
}
