//! The value types as columns of each engine.

#![cfg(any(feature = "sqlite", feature = "postgres"))]
#![expect(clippy::expect_used, reason = "the helper that connects is part of the tests, which may")]

use gravity_core::{Currency, Entity, Id, Subject, Timestamp};

#[derive(Debug)]
struct Note;
impl Entity for Note {
    const PREFIX: &'static str = "note";
}

const TYPE_ID: &str = "note_01h455vb4pex5vsknk084sn02q";

fn times() -> impl Iterator<Item = Timestamp> {
    [i64::MIN, -1, 0, 1, 946_684_800_000_000, 1_700_000_000_123_456, i64::MAX].into_iter().map(|micros| {
        Timestamp::from_micros(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
    })
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use sqlx::{Connection, SqliteConnection};

    use super::*;

    #[tokio::test]
    async fn values_come_back_as_they_went() {
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::query("CREATE TABLE t (id BLOB, at INTEGER, subject TEXT, currency TEXT, later INTEGER)")
            .execute(&mut db)
            .await
            .unwrap();
        let id: Id<Note> = TYPE_ID.parse().unwrap();
        let subject = Subject::new("café").unwrap();
        let currency = Currency::new("EUR");
        for at in times() {
            let row: (Id<Note>, Timestamp, Subject, Currency, Option<Timestamp>) =
                sqlx::query_as("INSERT INTO t VALUES ($1, $2, $3, $4, $5) RETURNING *")
                    .bind(id)
                    .bind(at)
                    .bind(&subject)
                    .bind(currency)
                    .bind(None::<Timestamp>)
                    .fetch_one(&mut db)
                    .await
                    .unwrap();
            assert_eq!(row, (id, at, subject.clone(), currency, None));
        }
        let sorted: Vec<(Timestamp,)> =
            sqlx::query_as("SELECT at FROM t ORDER BY at").fetch_all(&mut db).await.unwrap();
        assert!(sorted.is_sorted());
        let (kind, length): (String, i64) =
            sqlx::query_as("SELECT typeof(id), length(id) FROM t").fetch_one(&mut db).await.unwrap();
        assert_eq!((kind.as_str(), length), ("blob", 16));
    }

    #[tokio::test]
    async fn values_that_are_none_are_refused() {
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let time: Result<(Timestamp,), _> =
            sqlx::query_as("SELECT 9223372036854775807").fetch_one(&mut db).await;
        assert!(time.is_err());
        let currency: Result<(Currency,), _> = sqlx::query_as("SELECT 'XXX'").fetch_one(&mut db).await;
        assert!(currency.is_err());
        let subject: Result<(Subject,), _> = sqlx::query_as("SELECT ''").fetch_one(&mut db).await;
        assert!(subject.is_err());
        let id: Result<(Id<Note>,), _> = sqlx::query_as("SELECT x'00'").fetch_one(&mut db).await;
        assert!(id.is_err());
    }
}

/// Runs where `DATABASE_URL` names a PostgreSQL server.
#[cfg(feature = "postgres")]
mod postgres {
    use sqlx::{Connection, PgConnection};

    use super::*;

    async fn connect() -> Option<PgConnection> {
        let url = std::env::var("DATABASE_URL").ok()?;
        if !url.starts_with("postgres") {
            return None;
        }
        Some(PgConnection::connect(&url).await.expect("the server of DATABASE_URL"))
    }

    #[tokio::test]
    async fn values_come_back_as_they_went() {
        let Some(mut db) = connect().await else {
            return;
        };
        let id: Id<Note> = TYPE_ID.parse().unwrap();
        let subject = Subject::new("café").unwrap();
        let currency = Currency::new("EUR");
        for at in times() {
            let row: (Id<Note>, Timestamp, Subject, Currency, Option<Timestamp>) =
                sqlx::query_as("SELECT $1::uuid, $2::timestamptz, $3::text, $4::text, $5::timestamptz")
                    .bind(id)
                    .bind(at)
                    .bind(&subject)
                    .bind(currency)
                    .bind(None::<Timestamp>)
                    .fetch_one(&mut db)
                    .await
                    .unwrap();
            assert_eq!(row, (id, at, subject.clone(), currency, None));
        }
        // The server reads the time as we mean it.
        let (same,): (bool,) = sqlx::query_as("SELECT $1 = '2023-11-14 22:13:20.123456+00'::timestamptz")
            .bind(Timestamp::from_micros(1_700_000_000_123_456).unwrap())
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert!(same);
    }

    #[tokio::test]
    async fn arrays_and_the_text_protocol() {
        let Some(mut db) = connect().await else {
            return;
        };
        let all: Vec<_> = times().collect();
        let ids: Vec<Id<Note>> = vec![TYPE_ID.parse().unwrap()];
        let row: (Vec<Timestamp>, Vec<Id<Note>>) =
            sqlx::query_as("SELECT $1, $2").bind(&all).bind(&ids).fetch_one(&mut db).await.unwrap();
        assert_eq!(row, (all, ids));

        let row = sqlx::raw_sql("SELECT '1969-12-31 23:59:59.5+00'::timestamptz AS at")
            .fetch_one(&mut db)
            .await
            .unwrap();
        let at: Timestamp = sqlx::Row::get(&row, "at");
        assert_eq!(at.as_micros(), -500_000);

        let infinite: Result<(Timestamp,), _> =
            sqlx::query_as("SELECT 'infinity'::timestamptz").fetch_one(&mut db).await;
        assert!(infinite.is_err());
    }
}
