//! Sessions: who gets in, and how it ends.

use std::time::Duration;

use futures_util::future::{join, join_all};
use gravity_core::{Clock, Id};

use super::fixture::{Fixture, RACERS, hash, refused, start, tally};
use crate::domain::{EndReason, UserStatus};
use crate::store::{AuthStore, Change};

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    a_session_comes_back(fixture).await;
    nobody_gets_in_who_may_not(fixture).await;
    the_oldest_give_way(fixture).await;
    a_session_ends_once_and_by_its_user(fixture).await;
    all_end_but_one(fixture).await;
    it_runs_out(fixture).await;
    who_is_suspended_while_signing_in_is_out(fixture).await;
    pages_hold_each_once(fixture).await;
    what_ended_is_told(fixture).await;
    what_is_long_over_is_forgotten(fixture).await;
}

async fn a_session_comes_back<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let session = fixture.signed_in(user.id).await;
    assert_eq!(fixture.store.session(session.id).await.unwrap().as_ref(), Some(&session));
    assert_eq!(fixture.live(user.id).await, std::slice::from_ref(&session));
    let name = Change::NameSession {
        user: user.id,
        session: session.id,
        name: Some("📱".to_owned()),
        at: fixture.now(),
    };
    fixture.apply(name).await.unwrap();
    let client = fixture.store.session(session.id).await.unwrap().unwrap().client;
    assert_eq!((client.name.as_deref(), client.address), (Some("📱"), session.client.address));
    assert_eq!(fixture.store.session(Id::new(&Clock::default())).await.unwrap(), None);
}

async fn nobody_gets_in_who_may_not<S: AuthStore>(fixture: &Fixture<S>) {
    let nobody = fixture.somebody();
    refused!(fixture.apply(start(&fixture.new_session(nobody.id))).await, Stale);
    let user = fixture.registered().await;
    let by = |password: &str| Change::StartSession {
        session: fixture.new_session(user.id),
        password: Some(hash(password)),
        most: 100,
    };
    refused!(fixture.apply(by("two")).await, Stale);
    fixture.apply(by("one")).await.unwrap();
    for to in [UserStatus::Suspended, UserStatus::Deleted] {
        fixture.apply(Change::SetStatus { user: user.id, to, at: fixture.now() }).await.unwrap();
        refused!(fixture.apply(by("one")).await, Stale);
    }
}

async fn the_oldest_give_way<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let mut sessions = Vec::new();
    for _ in 0..5 {
        fixture.time.advance(Duration::from_secs(1));
        let session = fixture.new_session(user.id);
        fixture
            .apply(Change::StartSession { session: session.clone(), password: None, most: 3 })
            .await
            .unwrap();
        sessions.push(session.id);
    }
    let live: Vec<_> = fixture.live(user.id).await.iter().map(|session| session.id).collect();
    assert_eq!(live, [sessions[4], sessions[3], sessions[2]]);
    let racers = (0..RACERS).map(|_| Change::StartSession {
        session: fixture.new_session(user.id),
        password: None,
        most: 3,
    });
    let outcomes = join_all(racers.map(|change| fixture.apply(change))).await;
    assert_eq!(tally(outcomes), (RACERS, 0, 0));
    assert_eq!(fixture.live(user.id).await.len(), 3);
}

async fn a_session_ends_once_and_by_its_user<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, other) = (fixture.registered().await, fixture.registered().await);
    let session = fixture.signed_in(user.id).await;
    let end = |user| Change::EndSession {
        user,
        session: session.id,
        reason: EndReason::SignedOut,
        at: fixture.now(),
    };
    refused!(fixture.apply(end(other.id)).await, Stale);
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(end(user.id)))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    assert_eq!(fixture.end_reason(&session).await, Some(EndReason::SignedOut));
    let name = Change::NameSession { user: user.id, session: session.id, name: None, at: fixture.now() };
    refused!(fixture.apply(name).await, Stale);
}

async fn all_end_but_one<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(fixture.signed_in(user.id).await);
    }
    let end =
        |keep| Change::EndSessions { user: user.id, keep, reason: EndReason::Revoked, at: fixture.now() };
    fixture.apply(end(Some(sessions[1].id))).await.unwrap();
    assert_eq!(fixture.live(user.id).await, [sessions[1].clone()]);
    fixture.apply(end(None)).await.unwrap();
    fixture.apply(end(None)).await.unwrap();
    assert!(fixture.live(user.id).await.is_empty());
}

async fn it_runs_out<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let session = fixture.signed_in(user.id).await;
    fixture.time.set(session.idle_until.saturating_sub(Duration::from_micros(1)));
    assert_eq!(fixture.live(user.id).await.len(), 1);
    fixture.time.set(session.idle_until);
    assert!(fixture.live(user.id).await.is_empty());
    let end = Change::EndSession {
        user: user.id,
        session: session.id,
        reason: EndReason::SignedOut,
        at: fixture.now(),
    };
    refused!(fixture.apply(end).await, Stale);
}

async fn who_is_suspended_while_signing_in_is_out<S: AuthStore>(fixture: &Fixture<S>) {
    for _ in 0..8 {
        let user = fixture.registered().await;
        let suspend =
            fixture.apply(Change::SetStatus { user: user.id, to: UserStatus::Suspended, at: fixture.now() });
        let signing_in = join_all((0..8).map(|_| fixture.apply(start(&fixture.new_session(user.id)))));
        let (suspended, _) = join(suspend, signing_in).await;
        suspended.unwrap();
        assert!(fixture.live(user.id).await.is_empty());
    }
}

async fn pages_hold_each_once<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    for n in 0..7 {
        fixture.time.advance(Duration::from_micros(n % 2));
        fixture.signed_in(user.id).await;
    }
    let (mut from, mut seen) = (None, Vec::new());
    loop {
        let page = fixture.store.sessions(user.id, fixture.now(), from.as_ref(), 3).await.unwrap();
        seen.extend(page.items.iter().map(|session| (session.created_at, session.id)));
        let Some(next) = page.next else { break };
        from = Some(next);
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted_by(|a, b| a > b), "the newest come first");
}

async fn what_ended_is_told<S: AuthStore>(fixture: &Fixture<S>) {
    fixture.time.advance(Duration::from_mins(1));
    let user = fixture.registered().await;
    let since = fixture.now();
    let mut ended = Vec::new();
    for _ in 0..3 {
        let session = fixture.signed_in(user.id).await;
        let reason = EndReason::SignedOut;
        fixture
            .apply(Change::EndSession { user: user.id, session: session.id, reason, at: fixture.now() })
            .await
            .unwrap();
        ended.push((session.id, fixture.now()));
        fixture.time.advance(Duration::from_secs(1));
    }
    fixture.signed_in(user.id).await;
    assert_eq!(fixture.store.ended_since(since, 10).await.unwrap(), ended);
    assert_eq!(fixture.store.ended_since(since, 2).await.unwrap(), ended[..2]);
    assert_eq!(fixture.store.ended_since(ended[2].1, 10).await.unwrap(), ended[2..]);
}

async fn what_is_long_over_is_forgotten<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let (ended, idle) = (fixture.signed_in(user.id).await, fixture.signed_in(user.id).await);
    let reason = EndReason::SignedOut;
    fixture
        .apply(Change::EndSession { user: user.id, session: ended.id, reason, at: fixture.now() })
        .await
        .unwrap();
    let there = async || {
        let found = [ended.id, idle.id].map(|id| fixture.store.session(id));
        join_all(found).await.into_iter().map(|found| found.unwrap().is_some()).collect::<Vec<_>>()
    };
    fixture.store.sweep(fixture.now(), fixture.now(), 1000).await.unwrap();
    assert_eq!(there().await, [true, true]);
    fixture.time.advance(Duration::from_micros(1));
    fixture.store.sweep(fixture.now(), fixture.now(), 1000).await.unwrap();
    assert_eq!(there().await, [false, true]);
    fixture.time.set(idle.idle_until.saturating_add(Duration::from_micros(1)));
    let live = fixture.signed_in(user.id).await;
    assert!(fixture.store.sweep(fixture.now(), fixture.now(), 1000).await.unwrap() > 0);
    assert_eq!(there().await, [false, false]);
    assert_eq!(fixture.live(user.id).await, [live]);
}
