//! Frames that break the rules: reserved bits, reserved operations, no mask.

use super::raw::{BINARY, PING, Server, TEXT, frame, header};

/// All cases of this group.
pub async fn run(server: &Server) {
    reserved_bits(server).await;
    reserved_operations(server).await;
    unmasked(server).await;
    bad_lengths(server).await;
}

/// No extension is agreed to, so that no reserved bit has a meaning. What came before is answered.
pub async fn reserved_bits(server: &Server) {
    for bits in 1..8_u8 {
        for opcode in [TEXT, BINARY, PING] {
            let mut socket = server.open("/echo").await;
            socket.send(TEXT, "before").await;
            socket.expect(TEXT, "before").await;
            socket.bytes(&frame(0x80 | (bits << 4) | opcode, b"spoilt")).await;
            socket.expect_close(1002).await;
        }
    }
}

/// Operations that are not defined.
pub async fn reserved_operations(server: &Server) {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for payload in ["", "payload"] {
            let mut socket = server.open("/echo").await;
            socket.send(opcode, payload).await;
            socket.expect_close(1002).await;
        }
    }
}

/// A client masks every frame.
pub async fn unmasked(server: &Server) {
    for opcode in [TEXT, PING] {
        let mut socket = server.open("/echo").await;
        let mut bytes = header(0x80 | opcode, 5, false);
        bytes.extend(b"Hello");
        socket.bytes(&bytes).await;
        socket.expect_close(1002).await;
    }
}

/// A length that no message may have is refused before the message comes.
pub async fn bad_lengths(server: &Server) {
    for len in [u64::MAX, 1 << 63, 1 << 40] {
        let mut socket = server.open("/echo").await;
        let mut bytes = vec![0x80 | BINARY, 0x80 | 127];
        bytes.extend(len.to_be_bytes());
        bytes.extend([1, 2, 3, 4]);
        socket.bytes(&bytes).await;
        socket.expect_close(1009).await;
    }
}
