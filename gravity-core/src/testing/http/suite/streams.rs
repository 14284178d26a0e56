//! Volume: constant memory, and a server that waits for its reader.

use super::Probe;
use crate::testing::http::{Host, Raw};

const MEGABYTE: u64 = 1024 * 1024;

/// How much is streamed: 64 MiB, or a whole gigabyte where the environment has `GRAVITY_FULL=1`.
fn volume() -> u64 {
    if std::env::var_os("GRAVITY_FULL").is_some_and(|value| value == "1") {
        1024 * MEGABYTE
    } else {
        64 * MEGABYTE
    }
}

/// How much memory this process has in use, where the system says so.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Watches the memory while something runs: it may not grow by what is streamed.
async fn in_constant_memory(what: impl Future<Output = ()>) {
    let before = resident();
    let mut what = std::pin::pin!(what);
    let mut clock = tokio::time::interval(std::time::Duration::from_millis(20));
    let mut most = before;
    loop {
        tokio::select! {
            () = what.as_mut() => break,
            _ = clock.tick() => most = most.max(resident()),
        }
    }
    if let (Some(before), Some(most)) = (before, most) {
        let grown = most.saturating_sub(before);
        assert!(grown < 48 * MEGABYTE, "the process has grown by {grown} bytes");
    }
}

/// A large upload goes through in constant memory.
pub async fn large_upload(host: &Host, _: &Probe) {
    let total = volume();
    in_constant_memory(async {
        let mut raw = Raw::connect(host).await;
        let path = host.path("/count");
        raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {total}\r\n\r\n")).await;
        let piece = vec![0; 1 << 16];
        for _ in 0..total / piece.len() as u64 {
            raw.send(&piece).await;
        }
        assert_eq!(raw.answer().await.text(), total.to_string());
    })
    .await;
}

/// A large answer goes through in constant memory.
pub async fn large_download(host: &Host, _: &Probe) {
    let total = volume();
    in_constant_memory(async {
        let mut raw = Raw::connect(host).await;
        let path = host.path(&format!("/bytes/{total}"));
        raw.send(format!("GET {path} HTTP/1.0\r\nhost: test\r\n\r\n")).await;
        assert_eq!(raw.head().await.unwrap().0, 200);
        assert_eq!(raw.skip(u64::MAX).await, total);
    })
    .await;
}

/// An answer is made no faster than it is read.
pub async fn slow_reader(host: &Host, probe: &Probe) {
    let total = 256 * MEGABYTE;
    let before = probe.produced();
    let mut raw = Raw::connect(host).await;
    let path = host.path(&format!("/bytes/{total}"));
    raw.send(format!("GET {path} HTTP/1.0\r\nhost: test\r\n\r\n")).await;
    assert_eq!(raw.head().await.unwrap().0, 200);
    // The system's own buffers take some megabytes; the server may add little to that.
    let ahead = probe.wait_quiet().await - before;
    assert!(ahead < 32 * MEGABYTE, "{ahead} bytes were made and not read");
    assert_eq!(raw.skip(ahead + MEGABYTE).await, ahead + MEGABYTE);
    assert!(probe.wait_quiet().await - before > ahead, "nothing was made once the reader went on");
}

/// A handler that answers and reads as it goes holds its client back.
pub async fn slow_echo(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    let path = host.path("/echo");
    let total = 256 * MEGABYTE;
    raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {total}\r\n\r\n")).await;
    let piece = vec![0; 1 << 16];
    let mut sent = 0;
    let quiet = std::time::Duration::from_millis(500);
    while let Ok(done) = tokio::time::timeout(quiet, raw.try_send(&piece)).await {
        done.expect("the server takes what it can");
        sent += piece.len() as u64;
        assert!(sent < 64 * MEGABYTE, "the server takes without end what nobody reads");
    }
}
