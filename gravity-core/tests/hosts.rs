//! The transport suite on every host.
#![cfg(feature = "testing")]
#![allow(clippy::print_stderr, reason = "it says which host has failed")]

use gravity_core::testing::http::suite::{self, Probe, paths::PREFIXES};
use gravity_core::testing::http::{Host, Kind};

macro_rules! suite {
    ($($group:ident: $($check:ident),+;)*) => {$(
        mod $group {
            use super::{Host, Probe, run, suite};

            $(#[tokio::test]
            async fn $check() {
                run(async |host: &Host, probe: &Probe| suite::$group::$check(host, probe).await).await;
            })+
        }
    )*};
}

suite! {
    bodies: echo, answer_before_the_end_of_the_request, too_long, too_slow, broken_answer, unread;
    disconnects: while_waiting, while_waiting_with_a_body, while_sending, while_receiving;
    framing: keep_alive, pipelining, http_1_0, expect_continue, chunk_extensions_and_trailers, dribbled_head, panics;
    http2: many_at_once, the_same_answers, cancelled;
    paths: prefixes, percent_encoding, strict, methods;
    refusals: long_addresses, large_heads, media_types, upgrade_required;
    smuggling: broken_heads, refusals_are_problems, length_and_encoding, broken_chunks;
    streams: large_upload, large_download, slow_reader, slow_echo;
    upgrades: both_ways, server_closes, client_leaves, not_taken;
}

async fn run(check: impl AsyncFn(&Host, &Probe)) {
    for kind in Kind::ALL {
        for prefix in PREFIXES {
            eprintln!("{kind} under {prefix:?}");
            let probe = Probe::default();
            check(&Host::start(*kind, prefix, suite::routes(&probe)), &probe).await;
        }
    }
}
