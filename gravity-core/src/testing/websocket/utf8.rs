//! Text is UTF-8, over the borders of fragments too.

use super::raw::{BINARY, CLOSE, CONTINUE, Server, TEXT};

/// Text at the borders of UTF-8's ranges.
const VALID: &[&str] = &[
    "κόσμε",
    "Hello-µ@ßöäüàá-UTF-8!!",
    "\u{0}",
    "\u{7f}",
    "\u{80}",
    "\u{7ff}",
    "\u{800}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{10000}",
    "\u{1fffe}",
    "\u{10ffff}",
    "👩‍👩‍👧‍👦 e\u{301}",
];

/// What is no UTF-8: lone continuations, bytes that never occur, overlong forms, surrogates, code
/// points past the last, and characters that are cut off.
const INVALID: &[&[u8]] = &[
    b"\x80",
    b"\xbf",
    b"a\x80\xbfb",
    b"\xc0 ",
    b"\xfe",
    b"\xff",
    b"\xfe\xfe\xff\xff",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xf8\x80\x80\x80\xaf",
    b"\xfc\x80\x80\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    b"\xce",
    b"\xe1\xbd",
    b"\xf0\x9f\x91",
];

/// All cases of this group.
pub async fn run(server: &Server) {
    valid(server).await;
    valid_in_fragments(server).await;
    invalid(server).await;
    invalid_in_fragments(server).await;
    fails_fast(server).await;
    binary_is_not_checked(server).await;
    reason(server).await;
}

/// Valid text comes back as it is.
pub async fn valid(server: &Server) {
    let mut socket = server.open("/echo").await;
    for text in VALID {
        socket.send(TEXT, text).await;
        socket.expect(TEXT, text).await;
    }
    socket.close().await;
}

/// A character may be spread over fragments.
pub async fn valid_in_fragments(server: &Server) {
    let mut socket = server.open("/echo").await;
    for text in VALID {
        socket.send_part(TEXT, "").await;
        for byte in text.as_bytes() {
            socket.send_part(CONTINUE, [*byte]).await;
        }
        socket.send(CONTINUE, "").await;
        socket.expect(TEXT, text).await;
    }
    socket.close().await;
}

/// Invalid text closes the socket.
pub async fn invalid(server: &Server) {
    for bytes in INVALID {
        let mut socket = server.open("/echo").await;
        socket.send(TEXT, bytes).await;
        socket.expect_close(1007).await;
    }
}

/// In the second fragment, and a byte at a time.
pub async fn invalid_in_fragments(server: &Server) {
    for bytes in INVALID {
        let mut socket = server.open("/echo").await;
        socket.send_part(TEXT, "fine so far ").await;
        socket.send(CONTINUE, bytes).await;
        socket.expect_close(1007).await;

        let mut socket = server.open("/echo").await;
        socket.send_part(TEXT, "").await;
        for byte in *bytes {
            socket.send_part(CONTINUE, [*byte]).await;
        }
        socket.send(CONTINUE, "").await;
        socket.expect_close(1007).await;
    }
}

/// What can never become valid is refused before the message is whole.
pub async fn fails_fast(server: &Server) {
    for bytes in [&b"\xff"[..], b"valid\xed\xa0\x80", b"\xf4\x90"] {
        let mut socket = server.open("/echo").await;
        socket.send_part(TEXT, bytes).await;
        socket.expect_close(1007).await;
    }
}

/// Only text is text.
pub async fn binary_is_not_checked(server: &Server) {
    let mut socket = server.open("/echo").await;
    for bytes in INVALID {
        socket.send(BINARY, bytes).await;
        socket.expect(BINARY, bytes).await;
    }
    socket.close().await;
}

/// The reason in a close frame is text.
pub async fn reason(server: &Server) {
    let mut socket = server.open("/echo").await;
    socket.send(CLOSE, b"\x03\xe8\xce\xba\xed\xa0\x80").await;
    socket.expect_close(1007).await;
}
