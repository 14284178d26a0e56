//! The WebSocket suite through every host.
#![cfg(feature = "testing")]

use gravity_core::testing::http::{Host, Kind};
use gravity_core::testing::websocket::{Server, Suite};

#[tokio::test]
async fn every_host_passes_the_suite() {
    for kind in Kind::ALL {
        let suite = Suite::new();
        let host = Host::start(*kind, "/ws", suite.routes());
        suite.run(&Server::nested(host.address(), "/ws")).await;
    }
}
