//! The opening handshake.

use serde_json::Value;

use super::raw::{Ask, Server, TEXT, answer, farewell, frame, opened};
use tokio::io::AsyncWriteExt;

/// All cases of this group.
pub async fn run(server: &Server) {
    spellings(server).await;
    refusals(server).await;
    versions(server).await;
    other_methods(server).await;
    origins(server).await;
    protocols(server).await;
    no_extensions(server).await;
    eager(server).await;
}

async fn opens(server: &Server, ask: Ask) {
    let mut socket = ask.open(server.connect().await).await;
    socket.send(TEXT, "hello").await;
    socket.expect(TEXT, "hello").await;
    socket.close().await;
}

/// Asserts a refusal: its status and its code.
async fn refused(server: &Server, ask: Ask, status: u16, code: &str) -> http::HeaderMap {
    let (got, headers, raw) = ask.send(server.connect().await).await;
    assert_eq!(got, status, "{ask:?}");
    assert_eq!(headers["content-type"], "application/problem+json", "{ask:?}");
    let len = headers["content-length"].to_str().unwrap().parse().unwrap();
    let problem: Value = serde_json::from_slice(&raw.rest(len).await).unwrap();
    assert_eq!(problem["code"], code, "{ask:?} {problem}");
    headers
}

/// Tokens in any case, among others, and over several headers.
pub async fn spellings(server: &Server) {
    let ask = || server.ask("/echo");
    opens(server, ask()).await;
    opens(server, ask().with("Upgrade", "WebSocket")).await;
    opens(server, ask().with("Upgrade", "WEBSOCKET").with("Connection", "UPGRADE")).await;
    opens(server, ask().with("Connection", "keep-alive, Upgrade")).await;
    opens(server, ask().with("Connection", "keep-alive").and("Connection", "upgrade")).await;
    opens(server, ask().with("connection", "upgrade").with("UPGRADE", "websocket")).await;
}

/// What is no request to open a socket, or not a whole one.
pub async fn refusals(server: &Server) {
    let ask = || server.ask("/echo");
    for spoilt in [
        ask().without("Upgrade"),
        ask().without("Connection"),
        ask().with("Upgrade", "h2c"),
        ask().with("Connection", "keep-alive"),
        ask().with("Connection", "upgraded"),
    ] {
        let headers = refused(server, spoilt, 426, "http.upgrade_required").await;
        assert_eq!(headers["upgrade"], "websocket");
    }
    for spoilt in [
        ask().without("Sec-WebSocket-Key"),
        ask().with("Sec-WebSocket-Key", ""),
        ask().with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ"),
        ask().with("Sec-WebSocket-Key", "dG9vIHNob3J0"),
        ask().with("Sec-WebSocket-Key", "dGhpcyBpcyB0b28gbG9uZyBmb3IgYSBub25jZQ=="),
        ask().with("Sec-WebSocket-Key", "not base64 at all!!!!!=="),
        ask().and("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ] {
        refused(server, spoilt, 400, "http.bad_request").await;
    }
}

/// Other versions of the protocol are answered with the one that is spoken.
pub async fn versions(server: &Server) {
    let ask = || server.ask("/echo");
    for spoilt in [
        ask().with("Sec-WebSocket-Version", "12"),
        ask().with("Sec-WebSocket-Version", "14"),
        ask().with("Sec-WebSocket-Version", "x"),
        ask().with("Sec-WebSocket-Version", "8").and("Sec-WebSocket-Version", "13"),
        ask().without("Sec-WebSocket-Version"),
    ] {
        let headers = refused(server, spoilt, 426, "http.upgrade_required").await;
        assert_eq!(headers["sec-websocket-version"], "13");
    }
}

/// A socket is opened with GET over HTTP/1.1.
pub async fn other_methods(server: &Server) {
    let post = server.ask("/echo").line(|line| line.replace("GET", "POST")).with("Content-Length", "0");
    refused(server, post, 405, "http.method_not_allowed").await;
    let with_body = server.ask("/echo").with("Content-Length", "5");
    let mut io = server.connect().await;
    io.write_all(&[with_body.bytes(), b"hello".to_vec()].concat()).await.unwrap();
    assert_eq!(answer(io).await.0, 400);
    let head = server.ask("/echo").line(|line| line.replace("GET", "HEAD"));
    assert_eq!(head.send(server.connect().await).await.0, 400);
}

/// Pages of other origins are kept out, unless they are let in.
pub async fn origins(server: &Server) {
    let own = server.ask("/echo");
    let host = String::from_utf8(own.bytes()).unwrap();
    let host = host.split("Host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap().to_owned();
    opens(server, own.clone().with("Origin", &format!("http://{host}"))).await;
    for foreign in ["https://evil.example", "null", "http://127.0.0.1", ""] {
        refused(server, own.clone().with("Origin", foreign), 403, "http.forbidden").await;
    }
    for listed in ["https://app.example.com", "http://localhost:3000"] {
        opens(server, server.ask("/listed").with("Origin", listed)).await;
    }
    opens(server, server.ask("/listed")).await;
    for foreign in
        ["http://app.example.com", "https://app.example.com.evil.example", &format!("http://{host}")]
    {
        refused(server, server.ask("/listed").with("Origin", foreign), 403, "http.forbidden").await;
    }
    opens(server, server.ask("/any").with("Origin", "https://evil.example")).await;
}

/// The server's first subprotocol that the client offers.
pub async fn protocols(server: &Server) {
    for (offered, agreed) in [
        (&["chat.v1, chat.v2"][..], Some("chat.v2")),
        (&["chat.v1", "other"], Some("chat.v1")),
        (&["CHAT.V1"], None),
        (&["other"], None),
        (&[], None),
    ] {
        let ask = offered
            .iter()
            .fold(server.ask("/protocols"), |ask, names| ask.and("Sec-WebSocket-Protocol", names));
        let (status, headers, mut socket) = ask.send(server.connect().await).await;
        opened(status, &headers);
        let told = headers.get("sec-websocket-protocol").map(|name| name.to_str().unwrap());
        assert_eq!(told, agreed, "{offered:?}");
        socket.expect(TEXT, agreed.unwrap_or("none")).await;
        socket.expect_close(1000).await;
    }
}

/// Compression is offered by every browser, and not agreed to.
pub async fn no_extensions(server: &Server) {
    let offer = "permessage-deflate; client_max_window_bits";
    opens(server, server.ask("/echo").with("Sec-WebSocket-Extensions", offer)).await;
}

/// A client that does not wait for the answer before it sends.
pub async fn eager(server: &Server) {
    let mut io = server.connect().await;
    let close = frame(0x88, &farewell(1000, ""));
    io.write_all(&[server.ask("/echo").bytes(), frame(0x81, b"early")].concat()).await.unwrap();
    let (status, headers, mut socket) = answer(io).await;
    opened(status, &headers);
    socket.expect(TEXT, "early").await;
    socket.bytes(&close).await;
    socket.expect_close(1000).await;
}
