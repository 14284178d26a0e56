//! Hands a statement to its engine.

use std::task::Poll;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use sqlx::{Executor as _, FromRow, SqlStr};
use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::args::Args;
use super::pool::Connection;
use super::{Engine, Error, Row};

/// The longest text of a statement that a span has, in bytes.
const LONGEST: usize = 1_000;

/// A span for a statement, where the filter asks for it: `gravity::sql=debug`. Where values stand, the text has
/// their placeholders.
fn span(connection: &Connection<'_>, sql: &SqlStr) -> tracing::Span {
    let text = || {
        let text = sql.as_str();
        &text[..text.floor_char_boundary(LONGEST)]
    };
    tracing::debug_span!(
        target: "gravity::sql",
        "sql",
        otel.kind = "client",
        otel.name = text().split_whitespace().next().unwrap_or("sql"),
        db.system.name = match connection.engine() {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgresql",
        },
        db.query.text = text(),
    )
}

/// Awaits `$body` with the engine's connection and arguments, within the statement timeout.
macro_rules! on_engine {
    ($connection:expr, $args:expr, |$on:ident, $values:ident| $body:expr) => {
        match ($connection, $args) {
            #[cfg(feature = "sqlite")]
            (Connection::Sqlite(sqlite), Args::Sqlite($values)) => {
                let deadline = sqlite.deadline;
                if let Some(deadline) = deadline {
                    deadline.begin();
                }
                let $on = sqlite.connection;
                let result = $body;
                if let Some(deadline) = deadline {
                    deadline.lift();
                }
                result
            }
            #[cfg(feature = "postgres")]
            (Connection::Postgres($on), Args::Postgres($values)) => $body,
            #[cfg(all(feature = "sqlite", feature = "postgres"))]
            _ => Err(sqlx::Error::Protocol("values of one engine on a connection of the other".into())),
        }
    };
}

#[inline]
pub(super) async fn execute(connection: Connection<'_>, sql: SqlStr, args: Args) -> Result<u64, sqlx::Error> {
    let span = span(&connection, &sql);
    async move {
        on_engine!(connection, args, |on, values| on
            .execute((sql, Some(values)))
            .await
            .map(|done| done.rows_affected()))
    }
    .instrument(span)
    .await
}

/// Runs statements that are separated by semicolons and have no values.
pub(super) async fn execute_script(connection: Connection<'_>, sql: SqlStr) -> Result<(), sqlx::Error> {
    let script = sqlx::raw_sql(sql);
    match connection {
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(sqlite) => script.execute(sqlite.connection).await.map(drop),
        #[cfg(feature = "postgres")]
        Connection::Postgres(connection) => script.execute(connection).await.map(drop),
    }
}

#[inline]
pub(super) async fn fetch_optional<T: Row>(
    connection: Connection<'_>,
    sql: SqlStr,
    args: Args,
) -> Result<Option<T>, sqlx::Error> {
    let span = span(&connection, &sql);
    async move {
        on_engine!(connection, args, |on, values| match on.fetch_optional((sql, Some(values))).await {
            Ok(row) => row.map(|row| FromRow::from_row(&row)).transpose(),
            Err(error) => Err(error),
        })
    }
    .instrument(span)
    .await
}

#[inline]
pub(super) async fn fetch_all<T: Row>(
    connection: Connection<'_>,
    sql: SqlStr,
    args: Args,
) -> Result<Vec<T>, sqlx::Error> {
    let span = span(&connection, &sql);
    async move {
        on_engine!(connection, args, |on, values| {
            on.fetch((sql, Some(values)))
                .map(|row| row.and_then(|row| FromRow::from_row(&row)))
                .try_collect()
                .await
        })
    }
    .instrument(span)
    .await
}

/// Sends each row as it arrives, until nobody takes them any more.
pub(super) async fn fetch<T: Row>(
    connection: Connection<'_>,
    sql: SqlStr,
    args: Args,
    to: mpsc::Sender<T>,
) -> Result<(), sqlx::Error> {
    let span = span(&connection, &sql);
    async move {
        on_engine!(connection, args, |on, values| {
            let mut rows = on.fetch((sql, Some(values)));
            loop {
                match rows.try_next().await {
                    Ok(Some(row)) => match FromRow::from_row(&row) {
                        Ok(row) => {
                            if to.send(row).await.is_err() {
                                break Ok(());
                            }
                        }
                        Err(error) => break Err(error),
                    },
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
        })
    }
    .instrument(span)
    .await
}

/// A stream of what `produce` sends, ended by its error if it has one.
///
/// The producer owns the connection that its rows come from, and runs only while the stream is polled.
pub(super) fn stream<'a, T, P, F>(produce: P) -> impl Stream<Item = Result<T, Error>> + Send + 'a
where
    T: Send + 'a,
    P: FnOnce(mpsc::Sender<T>) -> F,
    F: Future<Output = Result<(), Error>> + Send + 'a,
{
    let (sender, mut rows) = mpsc::channel(1);
    let mut producer = Some(Box::pin(produce(sender)));
    let mut failure = None;
    stream::poll_fn(move |context| {
        loop {
            if let Ok(row) = rows.try_recv() {
                return Poll::Ready(Some(Ok(row)));
            }
            // Nothing is waiting: let the producer go on, then look again. Its send wakes nobody, because it
            // is polled from here.
            let Some(running) = &mut producer else {
                return Poll::Ready(failure.take().map(Err));
            };
            match running.as_mut().poll(context) {
                Poll::Ready(result) => {
                    producer = None;
                    failure = result.err();
                }
                Poll::Pending if rows.is_empty() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    })
}
