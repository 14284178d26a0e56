//! The routes that the suite asks.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt, stream};
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::probe::Probe;
use crate::http::host::PeerAddr;
use crate::http::openapi::Operation;
use crate::http::upgrade::{OnUpgrade, Upgraded};
use crate::http::{
    Body, Created, FromParts, Json, NoContent, PUBLIC, Parts, Path, Problem, Query, Response, Routes, State,
    delete, get, post, problems,
};

const PIECE: usize = 64 * 1024;

/// The routes of the suite, which tell the probe what happens to them.
pub fn routes(probe: &Probe) -> Routes {
    Routes::new()
        .route(get("/", "root").allow(PUBLIC).to(async || "root"))
        .route(get("/hello", "hello").allow(PUBLIC).to(async || "hello"))
        .route(get("/hello/{name}", "helloName").allow(PUBLIC).to(hello))
        .route(get("/things/{id}", "getThing").allow(PUBLIC).to(async |Path(id): Path<u64>| Json(id)))
        .route(delete("/things/{id}", "deleteThing").allow(PUBLIC).to(async |_: Path<u64>| NoContent))
        .route(post("/things", "createThing").allow(PUBLIC).to(create))
        .route(get("/query", "query").allow(PUBLIC).to(query))
        .route(get("/peer", "peer").allow(PUBLIC).to(async |Peer(peer): Peer| peer.to_string()))
        .route(get("/where", "where").allow(PUBLIC).to(async |Original(path): Original| path))
        .route(post("/echo", "echo").allow(PUBLIC).limit_body(u64::MAX).to(echo))
        .route(post("/count", "count").allow(PUBLIC).limit_body(u64::MAX).limit_time(HOUR).to(count))
        .route(post("/small", "small").allow(PUBLIC).limit_body(1024).to(small))
        .route(post("/early", "early").allow(PUBLIC).to(async || "not read"))
        .route(
            post("/slow", "slow")
                .allow(PUBLIC)
                .limits(|limits| limits.body_idle = Duration::from_millis(300))
                .to(small),
        )
        .route(get("/bytes/{count}", "bytes").allow(PUBLIC).to(bytes))
        .route(get("/hang", "hang").allow(PUBLIC).to(hang))
        .route(post("/hang", "hangWithBody").allow(PUBLIC).to(hang_with_body))
        .route(post("/swallow", "swallow").allow(PUBLIC).limit_body(u64::MAX).to(swallow))
        .route(get("/drip", "drip").allow(PUBLIC).to(drip))
        .route(get("/broken", "broken").allow(PUBLIC).to(broken))
        .route(get("/panic", "panic").allow(PUBLIC).to(panics))
        .route(get("/upgrade", "upgrade").allow(PUBLIC).to(upgrade))
        .state(probe)
}

const HOUR: Duration = Duration::from_hours(1);

async fn hello(Path(name): Path<String>) -> String {
    format!("hello {name}")
}

/// What is posted.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Thing {
    name: String,
}

async fn create(Json(thing): Json<Thing>) -> Created<Thing> {
    Created::new(7, thing)
}

/// What is asked.
#[derive(Debug, Deserialize, JsonSchema)]
struct Question {
    q: String,
}

async fn query(Query(question): Query<Question>) -> String {
    question.q
}

async fn echo(body: Body) -> Response {
    Response::new(body)
}

async fn count(body: Body) -> Result<String, Problem> {
    let mut stream = Box::pin(body.into_stream());
    let mut total = 0;
    while let Some(piece) = stream.next().await {
        total += piece.map_err(|error| Problem::new(problems::BAD_BODY).because(error))?.len();
    }
    Ok(total.to_string())
}

async fn small(body: Bytes) -> String {
    body.len().to_string()
}

fn pieces(probe: Probe, count: u64) -> impl Stream<Item = Result<Bytes, io::Error>> + Send {
    const ZEROS: &[u8] = &[0; PIECE];
    stream::unfold(count, move |left| {
        let size = left.min(PIECE as u64);
        probe.produce(size);
        std::future::ready((left > 0).then(|| {
            // At most `PIECE`, which is a `usize`.
            let piece = Bytes::from_static(&ZEROS[..usize::try_from(size).unwrap_or(PIECE)]);
            (Ok(piece), left - size)
        }))
    })
}

async fn bytes(State(probe): State<Probe>, Path(count): Path<u64>) -> Response {
    Response::new(Body::from_stream(pieces(probe, count)))
}

async fn hang(State(probe): State<Probe>) -> NoContent {
    let _guard = probe.guard();
    std::future::pending().await
}

async fn swallow(State(probe): State<Probe>, body: Body) -> NoContent {
    let _guard = probe.guard();
    let mut stream = Box::pin(body.into_stream());
    while let Some(Ok(_)) = stream.next().await {}
    NoContent
}

async fn hang_with_body(State(probe): State<Probe>, body: Bytes) -> NoContent {
    let _guard = probe.guard();
    let _body = body;
    std::future::pending().await
}

async fn drip(State(probe): State<Probe>) -> Response {
    let guard = probe.guard();
    let first = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"drop"))]);
    Response::new(Body::from_stream(first.chain(stream::once(async move {
        let _guard = guard;
        std::future::pending().await
    }))))
}

async fn broken() -> Response {
    Response::new(Body::from_stream(stream::iter([
        Ok(Bytes::from_static(b"half of it")),
        Err(io::Error::other("the other half is lost")),
    ])))
}

async fn panics() -> NoContent {
    panic!("a secret")
}

async fn upgrade(State(probe): State<Probe>, Upgrading(ready): Upgrading) -> Response {
    let guard = probe.guard();
    tokio::spawn(async move {
        let _guard = guard;
        if let Ok(connection) = ready.await {
            // However it ends: the client is gone.
            let _ = speak(connection).await;
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    response
}

/// Speaks first, then says back what it hears in capitals, until it hears `!`.
async fn speak(mut connection: Upgraded) -> io::Result<()> {
    connection.write_all(b"hi").await?;
    connection.flush().await?;
    let mut buffer = [0; 4096];
    loop {
        let read = connection.read(&mut buffer).await?;
        let heard = &mut buffer[..read];
        heard.make_ascii_uppercase();
        connection.write_all(heard).await?;
        connection.flush().await?;
        if read == 0 || heard.contains(&b'!') {
            return connection.shutdown().await;
        }
    }
}

struct Upgrading(BoxFuture<'static, io::Result<Upgraded>>);

impl<S> FromParts<S> for Upgrading {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        OnUpgrade::take(parts.extensions_mut()).map(Self).ok_or_else(|| problems::UPGRADE_REQUIRED.into())
    }

    fn describe(_: &mut Operation<'_>) {}
}

struct Peer(SocketAddr);

impl<S> FromParts<S> for Peer {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        PeerAddr::of(parts.extensions()).map(Self).ok_or_else(|| problems::INTERNAL.into())
    }

    fn describe(_: &mut Operation<'_>) {}
}

struct Original(String);

impl<S> FromParts<S> for Original {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(format!("{} {}", parts.original_path(), parts.uri().path())))
    }

    fn describe(_: &mut Operation<'_>) {}
}
