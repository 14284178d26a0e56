//! A client that goes away cancels what was done for it.

use super::Probe;
use crate::testing::http::{Host, Raw};

async fn leaves(host: &Host, probe: &Probe, request: String, reads_head: bool) {
    let (started, ended) = (probe.started(), probe.ended());
    let mut raw = Raw::connect(host).await;
    raw.send(request).await;
    probe.wait_started(started).await;
    if reads_head {
        assert_eq!(raw.head().await.unwrap().0, 200);
        assert_eq!(raw.chunk().await.unwrap().unwrap(), b"drop");
    }
    assert_eq!(probe.ended(), ended, "the handler is at work");
    drop(raw);
    probe.wait_ended(ended).await;
}

/// While it waits for its answer.
pub async fn while_waiting(host: &Host, probe: &Probe) {
    leaves(host, probe, format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", host.path("/hang")), false).await;
}

/// While it waits for its answer to a request with a body.
pub async fn while_waiting_with_a_body(host: &Host, probe: &Probe) {
    let path = host.path("/hang");
    leaves(
        host,
        probe,
        format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\n12345"),
        false,
    )
    .await;
}

/// In the midst of its own request, whichever way that is framed.
pub async fn while_sending(host: &Host, probe: &Probe) {
    for (framing, sent) in [
        ("content-length: 10", "12345"),
        ("content-length: 1000000", "123"),
        ("transfer-encoding: chunked", "3\r\none\r\n"),
    ] {
        let path = host.path("/swallow");
        leaves(host, probe, format!("POST {path} HTTP/1.1\r\nhost: test\r\n{framing}\r\n\r\n{sent}"), false)
            .await;
    }
}

/// In the midst of the answer.
pub async fn while_receiving(host: &Host, probe: &Probe) {
    leaves(host, probe, format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", host.path("/drip")), true).await;
}
