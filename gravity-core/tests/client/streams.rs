//! Large bodies, in constant memory, and bodies that break.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use gravity_core::http::client::{ClientConfig, ClientError};
use gravity_core::http::{
    Body, BoxError, Json, PUBLIC, Problem, Response, Routes, State, get, post, problems,
};

use crate::serve::both;

const PIECE: usize = 64 * 1024;
const PIECES: u64 = 1024;
const TOTAL: u64 = PIECE as u64 * PIECES;

/// Bytes that were made and not yet read: how much lies in memory between the two ends.
#[derive(Default)]
struct Level {
    made: AtomicU64,
    read: AtomicU64,
    highest: AtomicU64,
}

impl Level {
    fn pieces(self: &Arc<Self>) -> Body {
        let level = Arc::clone(self);
        Body::from_stream(stream::iter(0..PIECES).map(move |number| {
            let made = level.made.fetch_add(PIECE as u64, Ordering::SeqCst) + PIECE as u64;
            level.highest.fetch_max(made - level.read.load(Ordering::SeqCst), Ordering::SeqCst);
            Ok::<_, BoxError>(Bytes::from(vec![number.to_le_bytes()[0]; PIECE]))
        }))
    }

    async fn drain(&self, body: Body) -> Result<u64, BoxError> {
        let mut pieces = std::pin::pin!(body.into_stream());
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            let read = self.read.load(Ordering::SeqCst);
            assert_eq!(piece[0], (read / PIECE as u64).to_le_bytes()[0], "in order");
            self.read.fetch_add(piece.len() as u64, Ordering::SeqCst);
        }
        Ok(self.read.load(Ordering::SeqCst))
    }

    fn restart(&self) {
        assert!(self.highest.swap(0, Ordering::SeqCst) < 16 * 1024 * 1024, "the whole lay in memory");
        self.made.store(0, Ordering::SeqCst);
        self.read.store(0, Ordering::SeqCst);
    }
}

async fn upload(State(level): State<Arc<Level>>, body: Body) -> Result<Json<u64>, Problem> {
    Ok(Json(level.drain(body).await.map_err(|error| Problem::new(problems::BAD_BODY).because(error))?))
}

async fn download(State(level): State<Arc<Level>>) -> Response {
    Response::new(level.pieces())
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let level = Arc::new(Level::default());
    let routes = Routes::new()
        .route(post("/upload", "upload").allow(PUBLIC).limit_body(TOTAL).to(upload))
        .route(get("/download", "download").allow(PUBLIC).to(download))
        .state(&level);
    both(routes, ClientConfig::new().with_timeout(Duration::from_mins(1)), async |client| {
        assert_eq!(client.post("/upload").body(level.pieces()).send::<u64>().await.unwrap(), TOTAL);
        level.restart();
        let response = client.get("/download").send_raw().await.unwrap();
        assert_eq!(level.drain(response.into_body()).await.unwrap(), TOTAL);
        level.restart();
    })
    .await;
}

async fn breaks() -> Response {
    let pieces = [Ok(Bytes::from("[1,2")), Err(std::io::Error::other("the disk is gone"))];
    // The first piece has left before the error is made, so that the answer has begun.
    Response::new(Body::from_stream(stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    })))
}

async fn stalls() -> Response {
    let first = stream::iter([Ok::<_, BoxError>(Bytes::from("[1,2"))]);
    Response::new(Body::from_stream(first.chain(stream::pending())))
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error() {
    let short = Duration::from_millis(100);
    let routes: Routes = Routes::new()
        .route(get("/breaks", "breaks").allow(PUBLIC).to(breaks))
        .route(get("/stalls", "stalls").allow(PUBLIC).to(stalls));
    both(routes, ClientConfig::new().with_stall_timeout(short), async |client| {
        let error = client.get("/breaks").send::<Vec<u8>>().await.unwrap_err();
        assert!(matches!(error, ClientError::Io(_)), "{error:?}");
        let body = client.get("/breaks").send_raw().await.unwrap().into_body();
        assert!(body.into_bytes(1024).await.is_err());

        let error = client.get("/stalls").timeout(short).send::<Vec<u8>>().await.unwrap_err();
        assert!(matches!(error, ClientError::Timeout(_)), "{error:?}");
        let body = client.get("/stalls").send_raw().await.unwrap().into_body();
        assert!(body.into_bytes(1024).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_an_error() {
    let level = Arc::new(Level::default());
    let routes = Routes::new().route(post("/upload", "upload").allow(PUBLIC).to(upload)).state(&level);
    both(routes, ClientConfig::new(), async |client| {
        let broken = stream::iter([Ok(Bytes::from("")), Err(std::io::Error::other("the file is gone"))]);
        assert!(client.post("/upload").body(Body::from_stream(broken)).send::<u64>().await.is_err());
    })
    .await;
}
