//! Servers that misbehave, and none at all.

use std::time::Duration;

use gravity_core::http::client::{Client, ClientConfig, ClientError};
use gravity_core::http::{Json, PUBLIC, Routes, get};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::serve::{Server, answer, read_head};

async fn number() -> Json<u8> {
    Json(7)
}

fn routes() -> Routes {
    Routes::new().route(get("/number", "number").allow(PUBLIC).to(number))
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::routes(routes()).await;
    let client = server.client();
    for _ in 0..20 {
        assert_eq!(client.clone().get("/number").send::<u8>().await.unwrap(), 7);
        assert!(client.get("/nowhere").send_empty().await.is_err(), "errors are read to their end");
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_is_no_error() {
    // Each connection takes one call, and hangs up on the second without a word.
    let server = Server::start(|mut stream, _| async move {
        if read_head(&mut stream).await {
            answer(&mut stream, "7").await;
            read_head(&mut stream).await;
        }
    })
    .await;
    let client = server.client();
    for connections in 1..=4 {
        assert_eq!(client.get("/").send::<u8>().await.unwrap(), 7);
        assert_eq!(server.accepted(), connections);
    }
    let error = client.post("/").send_empty().await.unwrap_err();
    assert!(matches!(error, ClientError::Io(_)), "it may have been done: {error:?}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_connection_that_closes_before_its_answer_is_tried_again() {
    let server = Server::start(|mut stream, number| async move {
        read_head(&mut stream).await;
        if number == 2 {
            answer(&mut stream, "7").await;
        }
    })
    .await;
    assert_eq!(server.client().get("/").send::<u8>().await.unwrap(), 7);
    assert_eq!(server.accepted(), 3);
    // From here on no connection answers.
    let client = server.client();
    assert!(client.post("/").json(&1).send_empty().await.is_err());
    assert_eq!(server.accepted(), 4, "it may have been done");
    assert!(client.post("/").json(&1).idempotency_key("k").send_empty().await.is_err());
    assert_eq!(server.accepted(), 7);
}

#[tokio::test]
async fn an_answer_cut_short_is_an_error() {
    let server = Server::start(|mut stream, _| async move {
        read_head(&mut stream).await;
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n7";
        stream.write_all(head).await.unwrap();
    })
    .await;
    let error = server.client().get("/").send::<u8>().await.unwrap_err();
    assert!(matches!(error, ClientError::Io(_)), "7 would have been JSON: {error:?}");
    let error = server.client().get("/").send_empty().await.unwrap_err();
    assert!(matches!(error, ClientError::Io(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_costs_the_timeout() {
    let server = Server::start(|stream, _| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let short = Duration::from_millis(50);
    let client = ClientConfig::new().with_timeout(short).connect(&server.url()).unwrap();
    let error = client.get("/").send::<u8>().await.unwrap_err();
    assert!(matches!(error, ClientError::Timeout(limit) if limit == short), "{error:?}");
    // TLS needs an answer too: then it is the connection that takes too long.
    let url = format!("https://{}", server.address);
    let client = ClientConfig::new().with_connect_timeout(short).with_retries(0).connect(&url).unwrap();
    let error = client.get("/").send::<u8>().await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(_)) && error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn something_that_speaks_no_http_is_not_asked_twice() {
    let server = Server::start(|mut stream, _| async move {
        read_head(&mut stream).await;
        stream.write_all(b"500 unrecognised command\r\n").await.unwrap();
    })
    .await;
    let error = server.client().get("/").send::<u8>().await.unwrap_err();
    assert!(matches!(error, ClientError::Io(_)) && !error.is_retryable(), "{error:?}");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn who_is_not_there_cannot_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let error = Client::connect(&format!("http://{free}")).unwrap().get("/").send::<u8>().await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(_)) && error.is_retryable(), "{error:?}");

    let nobody = ClientConfig::new().with_retries(0).connect("http://nobody.invalid").unwrap();
    let error = nobody.get("/").send::<u8>().await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(_)), "{error:?}");
}

#[tokio::test]
async fn calls_can_be_spawned() {
    let server = Server::routes(routes()).await;
    let client = server.client();
    let calls = (0..10).map(|_| tokio::spawn(client.get("/number").send::<u8>()));
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap(), 7);
    }
}
