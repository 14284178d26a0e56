//! Messages and frames that are too big.

use super::fixture::SMALL;
use super::raw::{BINARY, CONTINUE, Server, TEXT, header};

/// All cases of this group.
pub async fn run(server: &Server) {
    just_fits(server).await;
    too_big(server).await;
    too_big_in_fragments(server).await;
    frame_too_big(server).await;
}

/// A message as long as the limit.
pub async fn just_fits(server: &Server) {
    let mut socket = server.open("/small").await;
    let text = "x".repeat(SMALL);
    socket.send(TEXT, &text).await;
    socket.expect(TEXT, &text).await;
    let (one, two) = text.split_at(SMALL / 3);
    socket.send_part(TEXT, one).await;
    socket.send(CONTINUE, two).await;
    socket.expect(TEXT, &text).await;
    socket.close().await;
}

/// A message that is longer is refused when its head has come.
pub async fn too_big(server: &Server) {
    for opcode in [TEXT, BINARY] {
        let mut socket = server.open("/small").await;
        socket.send(opcode, "x".repeat(SMALL + 1)).await;
        socket.expect_close(1009).await;

        let mut socket = server.open("/small").await;
        let mut bytes = header(0x80 | opcode, 1 << 30, true);
        bytes.extend([1, 2, 3, 4]);
        socket.bytes(&bytes).await;
        socket.expect_close(1009).await;
    }
}

/// Fragments that are too long together, before the last has come.
pub async fn too_big_in_fragments(server: &Server) {
    for opcode in [TEXT, BINARY] {
        let mut socket = server.open("/small").await;
        socket.send_part(opcode, "x".repeat(SMALL / 2)).await;
        socket.send_part(CONTINUE, "x".repeat(SMALL / 2)).await;
        socket.send_part(CONTINUE, "x").await;
        socket.expect_close(1009).await;
    }
}

/// A limit of frames is one of frames only.
pub async fn frame_too_big(server: &Server) {
    let mut socket = server.open("/frames").await;
    let text = "x".repeat(SMALL);
    socket.send_part(TEXT, &text).await;
    socket.send_part(CONTINUE, &text).await;
    socket.send(CONTINUE, &text).await;
    socket.expect(TEXT, text.repeat(3)).await;
    socket.send(TEXT, "x".repeat(SMALL + 1)).await;
    socket.expect_close(1009).await;
}
