//! The parts of the suite.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::TryStreamExt;
use serde_json::json;

use super::Bench;
use crate::audit::{
    AuditEntry, AuditFilter, AuditLog, AuditRecord, AuditStore, Checkpoint, Origin, Outcome, Reason,
};
use crate::security::{Key, KeyRing};
use crate::{Clock, Subject, TestClock, Timestamp};

fn keys() -> KeyRing {
    KeyRing::new(Key::new("suite", &[9; 32]).unwrap())
}

fn log<B: Bench>(bench: &B) -> (AuditLog<B::Store>, TestClock) {
    let clock = TestClock::at(Timestamp::from_seconds(1_700_000_000).unwrap());
    (AuditLog::new(bench.store(), &keys(), clock.clock()), clock)
}

fn entry(number: i64) -> AuditEntry {
    AuditEntry::new("note.changed").by(&Subject::from(number)).on("note", number)
}

async fn whole<S: AuditStore>(log: &AuditLog<S>) -> (u64, u64, u64) {
    let report = log.verify().await.unwrap();
    assert!(report.is_whole(), "{report:?}");
    (report.checked, report.pending, report.erased)
}

async fn all<S: AuditStore>(log: &AuditLog<S>, filter: AuditFilter) -> Vec<AuditRecord> {
    log.export(filter).try_collect().await.unwrap()
}

pub(super) async fn what_is_recorded_comes_back<B: Bench>(bench: &B) {
    let (log, clock) = log(bench);
    assert_eq!(whole(&log).await, (0, 0, 0));
    let origin = Origin {
        actor: Some(Subject::new("ада ✓").unwrap()),
        impersonator: Some(Subject::from(7)),
        address: Some("2001:db8::1".parse::<IpAddr>().unwrap()),
        user_agent: Some("x".repeat(512)),
        request_id: Some("req-1".into()),
        trace_id: Some("0".repeat(32)),
    };
    let entry = AuditEntry::new("user.suspended")
        .from(&origin)
        .on("user", "user_1")
        .outcome(Outcome::Failed)
        .change(
            json!({"state": 1, "password": "hunter2", "same": 0}),
            json!({"state": 2, "password": "x", "same": 0}),
        )
        .extra("reason", "a\u{0}b")
        .extra("api_key", "k");
    bench.record(&log, vec![entry, AuditEntry::new("system.started")], true).await;
    assert_eq!(whole(&log).await, (0, 2, 0));
    assert_eq!(log.seal().await.unwrap(), 2);
    assert_eq!(log.seal().await.unwrap(), 0);
    assert_eq!(whole(&log).await, (2, 0, 0));
    let found = all(&log, AuditFilter::default()).await;
    let [first, second] = &found[..] else { panic!("{found:?}") };
    assert_eq!(log.get(first.id).await.unwrap().as_ref(), Some(first));
    assert_eq!(first.recorded_at, clock.clock().now());
    assert_eq!((first.position, second.position), (Some(1), Some(2)));
    assert_eq!(first.actor.as_deref(), Some("ада ✓"));
    assert_eq!(first.impersonator.as_deref(), Some("7"));
    assert_eq!(first.address.as_deref(), Some("2001:db8::1"));
    assert_eq!((first.outcome, first.is_intact), (Some(Outcome::Failed), true));
    assert_eq!(first.before, Some(json!({"state": 1, "password": "***"})));
    assert_eq!(first.after, Some(json!({"state": 2, "password": "***"})));
    assert_eq!(first.extra, Some(json!({"reason": "a\u{0}b", "api_key": "***"})));
    assert_eq!((second.actor.as_ref(), second.target_id.as_ref(), second.extra.as_ref()), (None, None, None));
    for wrong in [AuditEntry::new(""), AuditEntry::new("A b"), AuditEntry::new("a").on("Kind", "1")] {
        assert!(log.record(wrong).await.is_err());
    }
}

pub(super) async fn an_entry_rolled_back_was_never_there<B: Bench>(bench: &B) {
    let (log, _) = log(bench);
    bench.record(&log, vec![entry(1), entry(2)], false).await;
    bench.record(&log, vec![entry(3)], true).await;
    log.record(entry(4).outcome(Outcome::Denied)).await.unwrap();
    assert_eq!(log.seal().await.unwrap(), 2);
    assert_eq!(whole(&log).await, (2, 0, 0));
    let actors: Vec<_> =
        all(&log, AuditFilter::default()).await.into_iter().map(|record| record.actor.unwrap()).collect();
    assert_eq!(actors, ["3", "4"]);
}

pub(super) async fn lists_are_filtered_and_paged<B: Bench>(bench: &B) {
    let (log, clock) = log(bench);
    let start = clock.clock().now();
    for number in 0..25 {
        let outcome = if number % 5 == 0 { Outcome::Denied } else { Outcome::Allowed };
        log.record(entry(number % 3).outcome(outcome)).await.unwrap();
        if number % 2 == 0 {
            clock.advance(Duration::from_secs(1));
        }
    }
    let mut seen = Vec::new();
    let mut from = None;
    loop {
        let page = log.list(&AuditFilter::default(), from.as_ref(), 4).await.unwrap();
        seen.extend(page.items.iter().map(|record| record.id));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let mut oldest: Vec<_> = all(&log, AuditFilter::default()).await.iter().map(|record| record.id).collect();
    oldest.reverse();
    assert_eq!((seen.len(), &seen), (25, &oldest));
    let count = async |filter: AuditFilter| all(&log, filter).await.len();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(count(AuditFilter { actor: text("1"), ..AuditFilter::default() }).await, 8);
    assert_eq!(
        count(AuditFilter { target_id: text("0"), target_kind: text("note"), ..AuditFilter::default() })
            .await,
        9
    );
    assert_eq!(count(AuditFilter { action: text("other"), ..AuditFilter::default() }).await, 0);
    assert_eq!(count(AuditFilter { outcome: Some(Outcome::Denied), ..AuditFilter::default() }).await, 5);
    let until = start.saturating_add(Duration::from_secs(2));
    assert_eq!(count(AuditFilter { until: Some(until), ..AuditFilter::default() }).await, 3);
    assert_eq!(count(AuditFilter { since: Some(until), ..AuditFilter::default() }).await, 22);
}

pub(super) async fn records_of_racing_writers_are_linked_once<B: Bench>(bench: &B) {
    const WRITERS: i64 = 64;
    let log = AuditLog::new(bench.store(), &keys(), Clock::system());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (bench, log) = (bench.clone(), log.clone());
            tokio::spawn(async move {
                for round in 0..4 {
                    bench.record(&log, vec![entry(writer), entry(writer)], round != 2).await;
                    if writer % 16 == 0 {
                        log.seal().await.unwrap();
                    }
                }
            })
        })
        .collect();
    // Checks go on meanwhile, and find nothing.
    let checker = {
        let log = log.clone();
        tokio::spawn(async move {
            let mut checkpoint = Checkpoint::START;
            for _ in 0..5 {
                let report = log.verify_from(&checkpoint).await.unwrap();
                assert!(report.is_whole(), "{report:?}");
                checkpoint = report.checkpoint;
                assert!(log.verify().await.unwrap().is_whole());
            }
        })
    };
    for writer in writers {
        writer.await.unwrap();
    }
    checker.await.unwrap();
    log.seal().await.unwrap();
    assert_eq!(whole(&log).await, (6 * WRITERS.unsigned_abs(), 0, 0));
    let filter = AuditFilter { actor: Some("5".into()), ..AuditFilter::default() };
    let positions: Vec<_> = all(&log, filter).await.iter().map(|record| record.position.unwrap()).collect();
    assert!(positions.is_sorted(), "a writer's own records keep their order: {positions:?}");
}

pub(super) async fn a_check_goes_on_from_a_checkpoint<B: Bench>(bench: &B) {
    let (log, _) = log(bench);
    assert_eq!(log.checkpoint().await.unwrap(), Checkpoint::START);
    log.record(entry(1)).await.unwrap();
    log.seal().await.unwrap();
    let first = log.verify().await.unwrap().checkpoint;
    assert_eq!(first, log.checkpoint().await.unwrap());
    assert_eq!(first.to_string().parse::<Checkpoint>().unwrap(), first);
    log.record(entry(2)).await.unwrap();
    log.record(entry(3)).await.unwrap();
    log.seal().await.unwrap();
    let report = log.verify_from(&first).await.unwrap();
    assert_eq!((report.checked, report.checkpoint.position(), report.is_whole()), (2, 3, true));
    // What the log of another has come to.
    let link = "suite.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (position, reason) in [(2, Reason::Rewritten), (4, Reason::Truncated)] {
        let other: Checkpoint = format!("{position}:{link}").parse().unwrap();
        let broken = log.verify_from(&other).await.unwrap().broken.unwrap();
        assert_eq!(broken.reason, reason);
    }
}

pub(super) async fn old_records_are_let_go_and_the_chain_holds<B: Bench>(bench: &B) {
    let (log, clock) = log(bench);
    for number in 0..6 {
        log.record(entry(number)).await.unwrap();
        clock.advance(Duration::from_secs(1));
    }
    log.erase_subject(&Subject::from(1)).await.unwrap();
    log.seal().await.unwrap();
    let early = log.checkpoint().await.unwrap();
    let old = clock.clock().now().saturating_sub(Duration::from_secs(3));
    assert_eq!(log.prune(old).await.unwrap(), 3);
    assert_eq!(log.prune(old).await.unwrap(), 0);
    assert_eq!(whole(&log).await, (3, 0, 0));
    assert!(log.verify_from(&early).await.unwrap().is_whole());
    assert!(log.verify_from(&Checkpoint::START).await.unwrap().is_whole());
    assert_eq!(all(&log, AuditFilter::default()).await.len(), 3);
    log.record(entry(9)).await.unwrap();
    log.seal().await.unwrap();
    assert_eq!(whole(&log).await, (4, 0, 0));
    // All that is linked may go; what waits stays.
    clock.advance(Duration::from_secs(60));
    log.record(entry(10)).await.unwrap();
    assert_eq!(log.prune(clock.clock().now()).await.unwrap(), 4);
    assert_eq!(whole(&log).await, (0, 1, 0));
    log.seal().await.unwrap();
    let report = log.verify().await.unwrap();
    assert_eq!((report.checked, report.checkpoint.position()), (1, 8));
}

pub(super) async fn a_subject_is_erased_and_the_chain_holds<B: Bench>(bench: &B) {
    let (log, _) = log(bench);
    let (ada, bob) = (Subject::new("ada").unwrap(), Subject::new("bob").unwrap());
    let by_ada = AuditEntry::new("note.made").by(&ada).on("note", 1).made(json!({"title": "t"}));
    log.record(by_ada).await.unwrap();
    log.record(AuditEntry::new("user.changed").by(&bob).on("user", &ada).made(json!({"email": "a"})))
        .await
        .unwrap();
    log.seal().await.unwrap();
    log.record(AuditEntry::new("user.left").by(&bob).impersonated_by(&ada)).await.unwrap();
    assert_eq!(log.erase_subject(&ada).await.unwrap(), 3);
    assert_eq!(log.erase_subject(&ada).await.unwrap(), 0);
    assert_eq!(whole(&log).await, (2, 1, 2));
    log.seal().await.unwrap();
    assert_eq!(whole(&log).await, (3, 0, 3));
    let found = all(&log, AuditFilter::default()).await;
    assert_eq!((found[0].actor.as_ref(), found[0].actor_erased, found[0].target_erased), (None, true, false));
    assert_eq!(found[0].after, Some(json!({"title": "t"})));
    assert_eq!((found[1].actor.as_deref(), found[1].target_id.as_ref()), (Some("bob"), None));
    assert!(found.iter().all(|record| record.is_intact));
    assert!(!serde_json::to_string(&found).unwrap().contains("ada"));
}

pub(super) async fn another_key_finds_everything_changed<B: Bench>(bench: &B) {
    let (log, _) = log(bench);
    log.record(entry(1)).await.unwrap();
    log.seal().await.unwrap();
    let newer = Key::new("newer", &[1; 32]).unwrap();
    let ring = KeyRing::new(newer.clone()).with_earlier(Key::new("suite", &[9; 32]).unwrap()).unwrap();
    let rotated = AuditLog::new(bench.store(), &ring, Clock::system());
    rotated.record(entry(2)).await.unwrap();
    rotated.seal().await.unwrap();
    assert_eq!(whole(&rotated).await, (2, 0, 0));
    let other = AuditLog::new(bench.store(), &KeyRing::new(newer), Clock::system());
    let broken = other.verify().await.unwrap().broken.unwrap();
    assert_eq!((broken.position, broken.reason), (Some(1), Reason::RecordChanged));
    assert!(matches!(other.prune(Timestamp::MAX).await, Err(crate::audit::Error::Broken(_))));
}
