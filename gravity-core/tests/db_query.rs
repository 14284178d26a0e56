//! Statements, values and rows, on every back end.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::{StreamExt as _, TryStreamExt as _};
use gravity_core::Timestamp;
use gravity_core::db::{Database, ErrorKind, Executor, FromRow, Json};
use gravity_core::testing::db::each;
use uuid::Uuid;

#[derive(Debug, PartialEq, FromRow)]
struct Thing {
    id: Uuid,
    name: String,
    size: i64,
    ratio: f64,
    is_old: bool,
    data: Vec<u8>,
    tags: Json<Vec<String>>,
    at: Timestamp,
    note: Option<String>,
}

impl Thing {
    fn sample(name: &str) -> Self {
        Self {
            id: Uuid::now_v7(),
            name: name.into(),
            size: i64::MAX,
            ratio: 0.1,
            is_old: true,
            data: vec![0, 255, 1],
            tags: Json(vec!["a".into(), "ü\"".into()]),
            at: Timestamp::from_micros(1_700_000_000_123_456).unwrap(),
            note: None,
        }
    }

    async fn insert(&self, on: impl Into<Executor<'_>>) -> Result<u64, gravity_core::db::Error> {
        on.into()
            .query("INSERT INTO things (id, name, size, ratio, is_old, data, tags, at, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(self.id)
            .bind(&self.name)
            .bind(self.size)
            .bind(self.ratio)
            .bind(self.is_old)
            .bind(&self.data)
            .bind(&self.tags)
            .bind(self.at)
            .bind(self.note.as_deref())
            .execute()
            .await
    }
}

async fn create(db: &Database) {
    let sql = match db.engine() {
        gravity_core::db::Engine::Sqlite => {
            "CREATE TABLE things (id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> 'bad'), size INTEGER NOT NULL,
             ratio REAL NOT NULL, is_old BOOLEAN NOT NULL, data BLOB NOT NULL, tags TEXT NOT NULL, at INTEGER NOT NULL, note TEXT)"
        }
        gravity_core::db::Engine::Postgres => {
            "CREATE TABLE things (id uuid PRIMARY KEY, name text NOT NULL UNIQUE CHECK (name <> 'bad'), size bigint NOT NULL,
             ratio double precision NOT NULL, is_old boolean NOT NULL, data bytea NOT NULL, tags jsonb NOT NULL, at timestamptz NOT NULL, note text)"
        }
    };
    db.query(sql).execute().await.unwrap();
}

#[tokio::test]
async fn native_types_come_back_as_they_were() {
    each(async |db| {
        create(&db).await;
        let big = "x\u{10ffff}é".repeat(400_000);
        for (name, note) in [
            ("", None),
            ("naïve 日本語 🦀 \u{202e}", Some(String::new())),
            ("'; DROP TABLE things; --", None),
            ("big", Some(big)),
        ] {
            let thing = Thing { note, ..Thing::sample(name) };
            assert_eq!(thing.insert(&db).await.unwrap(), 1);
            let found: Thing = db
                .query("SELECT * FROM things WHERE id = $1 AND name = $2")
                .bind(thing.id)
                .bind(name)
                .fetch_one()
                .await
                .unwrap();
            assert_eq!(found, thing);
        }
        let count: i64 = db.query("SELECT count(*) FROM things").fetch_scalar().await.unwrap();
        assert_eq!(count, 4);
    })
    .await;
}

#[tokio::test]
async fn violations_have_the_same_kind_and_constraint() {
    each(async |db| {
        create(&db).await;
        let thing = Thing::sample("one");
        thing.insert(&db).await.unwrap();

        let same_name = Thing::sample("one").insert(&db).await.unwrap_err();
        assert_eq!(same_name.kind(), ErrorKind::UniqueViolation);
        assert!(same_name.is_unique_violation_on("things", &["name"]), "{same_name:?}");
        assert!(!same_name.is_unique_violation_on("things", &["id"]));

        let same_id = Thing { id: thing.id, ..Thing::sample("two") }.insert(&db).await.unwrap_err();
        assert!(same_id.is_unique_violation_on("things", &["id"]), "{same_id:?}");

        let check = Thing::sample("bad").insert(&db).await.unwrap_err();
        assert_eq!(check.kind(), ErrorKind::CheckViolation);
        let null = db.query("UPDATE things SET name = $1").bind(None::<&str>).execute().await.unwrap_err();
        assert_eq!(null.kind(), ErrorKind::NotNullViolation, "{null:?}");

        db.query("CREATE TABLE parts (thing INTEGER PRIMARY KEY)").execute().await.unwrap();
        db.query("CREATE TABLE screws (part INTEGER REFERENCES parts (thing))").execute().await.unwrap();
        let orphan = db.query("INSERT INTO screws VALUES (7)").execute().await.unwrap_err();
        assert_eq!(orphan.kind(), ErrorKind::ForeignKeyViolation);

        db.query("CREATE UNIQUE INDEX things_lower_name ON things (lower(name))").execute().await.unwrap();
        let index = Thing::sample("ONE").insert(&db).await.unwrap_err();
        assert!(index.is_unique_violation_of("things_lower_name"), "{index:?}");
    })
    .await;
}

#[tokio::test]
async fn errors_hold_no_values() {
    each(async |db| {
        create(&db).await;
        let secret = "s3cret";
        Thing::sample(secret).insert(&db).await.unwrap();
        let duplicate = Thing::sample(secret).insert(&db).await.unwrap_err();
        let cast = db.query("SELECT abs($1)").bind(secret).fetch_scalar::<i64>().await.unwrap_err();
        let decode = db.query("SELECT name FROM things").fetch_scalar::<i64>().await.unwrap_err();
        let uuid = db.query("SELECT name FROM things").fetch_scalar::<Json<i64>>().await.unwrap_err();
        for error in [duplicate, cast, decode, uuid] {
            let text = format!("{error} {error:?}");
            assert!(!text.contains(secret), "{text}");
            assert!(error.driver().is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn rows_that_do_not_fit_are_decode_errors() {
    each(async |db| {
        let wrong = db.query("SELECT 'text'").fetch_scalar::<i64>().await.unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Decode, "{wrong:?}");
        // The driver reads a null of SQLite as an empty text or 0: what may be null is an `Option`.
        let null = db.query("SELECT CAST(NULL AS TEXT)").fetch_scalar::<Option<String>>().await.unwrap();
        assert_eq!(null, None);
        if db.engine() == gravity_core::db::Engine::Postgres {
            let null = db.query("SELECT CAST(NULL AS TEXT)").fetch_scalar::<String>().await.unwrap_err();
            assert_eq!(null.kind(), ErrorKind::Decode);
            assert!(null.to_string().contains("null"), "{null}");
        }
        let missing = db.query("SELECT 1 AS id").fetch_one::<Thing>().await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Decode);
        let none = db.query("SELECT 1 WHERE 1 = 0").fetch_one::<(i32,)>().await.unwrap_err();
        assert_eq!(none.kind(), ErrorKind::NotFound);
        assert!(db.query("SELECT 1 WHERE 1 = 0").fetch_optional::<(i32,)>().await.unwrap().is_none());
        let sql = db.query("SELEC 1").execute().await.unwrap_err();
        assert_eq!(sql.kind(), ErrorKind::Other);
    })
    .await;
}

#[tokio::test]
async fn text_with_nul_bytes_is_stored_or_refused_clearly() {
    each(async |db| {
        create(&db).await;
        let stored = Thing::sample("a\0b").insert(&db).await;
        match db.engine() {
            gravity_core::db::Engine::Sqlite => {
                stored.unwrap();
                let name: String = db.query("SELECT name FROM things").fetch_scalar().await.unwrap();
                assert_eq!(name, "a\0b");
            }
            gravity_core::db::Engine::Postgres => {
                let error = stored.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Encode);
                assert!(error.to_string().contains("NUL"), "{error}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn parts_are_appended_with_the_right_numbers() {
    each(async |db| {
        db.query("CREATE TABLE numbers (n BIGINT NOT NULL, name TEXT NOT NULL)").execute().await.unwrap();
        for n in 1..=20_i64 {
            db.query("INSERT INTO numbers VALUES ($1, $2)")
                .bind(n)
                .bind(format!("n{}", n % 2))
                .execute()
                .await
                .unwrap();
        }
        let find = async |ids: &[i64], name: Option<&str>| -> Vec<i64> {
            let mut query =
                db.query("SELECT n FROM numbers WHERE n > $1").bind(2_i64).push(" AND ").push_in("n", ids);
            if let Some(name) = name {
                query = query.push(" AND name = ").push_bind(name);
            }
            query.push(" ORDER BY n").fetch_all_scalars().await.unwrap()
        };
        assert_eq!(find(&[1, 3, 4, 5, 99], None).await, [3, 4, 5]);
        assert_eq!(find(&[1, 3, 4, 5, 6], Some("n0")).await, [4, 6]);
        assert!(find(&[], None).await.is_empty());
        let many: Vec<i64> = (0..30_000).collect();
        assert_eq!(find(&many, None).await.len(), 18);
    })
    .await;
}

#[tokio::test]
async fn a_stream_gives_rows_as_they_come_and_lets_go_when_dropped() {
    each(async |db| {
        let series =
            "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 5000) SELECT n FROM s";
        let rows: Vec<_> = db.query(series).fetch::<(i32,)>().try_collect().await.unwrap();
        assert_eq!(rows.len(), 5000);
        assert_eq!(rows[4999], (5000,));
        for _ in 0..30 {
            let first: Vec<_> = db.query(series).fetch::<(i32,)>().take(3).collect().await;
            assert_eq!(first.len(), 3);
        }
        let mut failing = std::pin::pin!(db.query("SELEC").fetch::<(i32,)>());
        assert!(failing.next().await.unwrap().is_err());
        assert!(failing.next().await.is_none());
        db.ping().await.unwrap();
    })
    .await;
}
