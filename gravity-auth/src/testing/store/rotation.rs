//! Refreshing: one successor, given again for a moment, and an end to what was stolen.

use std::time::Duration;

use futures_util::future::join_all;

use super::Told;
use super::fixture::{Fixture, GRACE, RACERS};
use super::trails::told_all;
use crate::domain::{EndReason, Session};
use crate::store::{AuthStore, Change, Rotate, Rotation, Trail};

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    a_generation_follows_another(fixture).await;
    the_same_successor_is_given_again(fixture).await;
    an_old_token_ends_the_session(fixture).await;
    a_generation_to_come_is_none(fixture).await;
    what_is_over_stays_over(fixture).await;
    it_never_outlasts_its_first_limit(fixture).await;
    a_clock_that_goes_back_takes_no_session(fixture).await;
    of_many_with_one_token_one_refreshes(fixture).await;
    without_grace_a_race_is_reuse(fixture).await;
}

async fn rotate<S: AuthStore>(fixture: &Fixture<S>, rotate: Rotate) -> Rotation {
    fixture.store.rotate(&rotate, &Trail::NONE, &Trail::NONE).await.unwrap()
}

async fn fresh<S: AuthStore>(fixture: &Fixture<S>) -> Session {
    let user = fixture.registered().await;
    fixture.signed_in(user.id).await
}

async fn a_generation_follows_another<S: AuthStore>(fixture: &Fixture<S>) {
    let session = fresh(fixture).await;
    for generation in 0..5 {
        fixture.time.advance(Duration::from_mins(30));
        let asked = fixture.rotate(&session, generation);
        let Rotation::Done(next) = rotate(fixture, asked.clone()).await else { panic!("{generation}") };
        assert_eq!((next.generation, next.refreshed_at), (generation + 1, fixture.now()));
        assert_eq!(next.idle_until, asked.idle_until);
        assert_eq!(next.client.name, session.client.name, "the name stays");
        assert_eq!(
            (next.client.address, next.client.user_agent),
            (asked.client.address, asked.client.user_agent)
        );
        assert_eq!((&next.seed, next.created_at), (&session.seed, session.created_at));
    }
    let kept = fixture.store.session(session.id).await.unwrap().unwrap();
    assert_eq!((kept.generation, kept.refreshed_at), (5, fixture.now()));
}

async fn the_same_successor_is_given_again<S: AuthStore>(fixture: &Fixture<S>) {
    let session = fresh(fixture).await;
    let Rotation::Done(first) = rotate(fixture, fixture.rotate(&session, 0)).await else { panic!() };
    fixture.time.advance(GRACE);
    assert_eq!(rotate(fixture, fixture.rotate(&session, 0)).await, Rotation::Again(first.clone()));
    fixture.time.advance(Duration::from_micros(1));
    let Rotation::Reused(ended) = rotate(fixture, fixture.rotate(&session, 0)).await else { panic!() };
    assert_eq!(ended.ended.unwrap().reason, EndReason::TokenReused);
    assert_eq!(
        rotate(fixture, fixture.rotate(&session, 1)).await,
        Rotation::Dead,
        "the honest one is out, too"
    );
}

async fn an_old_token_ends_the_session<S: AuthStore>(fixture: &Fixture<S>) {
    let session = fresh(fixture).await;
    for generation in 0..2 {
        rotate(fixture, fixture.rotate(&session, generation)).await;
    }
    // At once, but two generations back: nobody races that far.
    assert!(matches!(rotate(fixture, fixture.rotate(&session, 0)).await, Rotation::Reused(_)));
    assert_eq!(fixture.end_reason(&session).await, Some(EndReason::TokenReused));
    assert_eq!(rotate(fixture, fixture.rotate(&session, 0)).await, Rotation::Dead);
}

async fn a_generation_to_come_is_none<S: AuthStore>(fixture: &Fixture<S>) {
    let session = fresh(fixture).await;
    assert_eq!(rotate(fixture, fixture.rotate(&session, 1)).await, Rotation::Dead);
    assert_eq!(rotate(fixture, fixture.rotate(&session, u32::MAX)).await, Rotation::Dead);
    assert!(matches!(rotate(fixture, fixture.rotate(&session, 0)).await, Rotation::Done(_)));
}

async fn what_is_over_stays_over<S: AuthStore>(fixture: &Fixture<S>) {
    let unknown = fixture.new_session(fixture.somebody().id);
    assert_eq!(rotate(fixture, fixture.rotate(&unknown, 0)).await, Rotation::Dead);
    let session = fresh(fixture).await;
    let (user, reason) = (session.user, EndReason::SignedOut);
    fixture.apply(Change::EndSession { user, session: session.id, reason, at: fixture.now() }).await.unwrap();
    assert_eq!(rotate(fixture, fixture.rotate(&session, 0)).await, Rotation::Dead);
    assert_eq!(fixture.end_reason(&session).await, Some(reason));
    let session = fresh(fixture).await;
    fixture.time.set(session.idle_until);
    assert_eq!(rotate(fixture, fixture.rotate(&session, 0)).await, Rotation::Dead);
    assert_eq!(fixture.end_reason(&session).await, None);
}

async fn it_never_outlasts_its_first_limit<S: AuthStore>(fixture: &Fixture<S>) {
    let session = fresh(fixture).await;
    let mut asked = fixture.rotate(&session, 0);
    asked.idle_until = session.expires_at.saturating_add(Duration::from_hours(1));
    let Rotation::Done(next) = rotate(fixture, asked).await else { panic!() };
    assert_eq!(next.idle_until, session.expires_at);
    fixture.time.set(session.expires_at);
    assert_eq!(rotate(fixture, fixture.rotate(&session, 1)).await, Rotation::Dead);
}

async fn a_clock_that_goes_back_takes_no_session<S: AuthStore>(fixture: &Fixture<S>) {
    let session = fresh(fixture).await;
    fixture.time.advance(Duration::from_mins(10));
    rotate(fixture, fixture.rotate(&session, 0)).await;
    fixture.time.set(session.created_at);
    assert!(matches!(rotate(fixture, fixture.rotate(&session, 0)).await, Rotation::Again(_)));
    assert!(matches!(rotate(fixture, fixture.rotate(&session, 1)).await, Rotation::Done(_)));
}

async fn of_many_with_one_token_one_refreshes<S: AuthStore>(fixture: &Fixture<S>) {
    let session = fresh(fixture).await;
    let outcomes = join_all((0..RACERS).map(|_| rotate(fixture, fixture.rotate(&session, 0)))).await;
    let done = outcomes.iter().filter(|outcome| matches!(outcome, Rotation::Done(_))).count();
    let next = fixture.store.session(session.id).await.unwrap().unwrap();
    let again = outcomes.iter().filter(|outcome| **outcome == Rotation::Again(next.clone())).count();
    assert_eq!((done, again, next.generation), (1, RACERS - 1, 1));
}

async fn without_grace_a_race_is_reuse<S: AuthStore>(fixture: &Fixture<S>) {
    let session = fresh(fixture).await;
    let outcomes = join_all((0..RACERS).map(|_| {
        // Each comes a little later than the one before, and gets no time at all.
        fixture.time.advance(Duration::from_micros(1));
        rotate(fixture, Rotate { grace: Duration::ZERO, ..fixture.rotate(&session, 0) })
    }))
    .await;
    let count = |is: fn(&Rotation) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    assert_eq!(count(|outcome| matches!(outcome, Rotation::Done(_))), 1);
    assert!(count(|outcome| matches!(outcome, Rotation::Reused(_))) <= 1);
}

/// The trail of what happened is written, and no other.
pub(super) async fn tells_of_it<S: AuthStore>(fixture: &Fixture<S>, recorded: &impl AsyncFn(&Told) -> bool) {
    let session = fresh(fixture).await;
    let told = async |generation| {
        let ((done, done_id), (reused, reused_id)) = (fixture.trail("done"), fixture.trail("reused"));
        fixture.store.rotate(&fixture.rotate(&session, generation), &done, &reused).await.unwrap();
        (told_all(recorded, &done_id).await, told_all(recorded, &reused_id).await)
    };
    assert_eq!(told(0).await, (true, false));
    assert_eq!(told(0).await, (false, false), "again");
    assert_eq!(told(1).await, (true, false));
    assert_eq!(told(9).await, (false, false), "dead");
    assert_eq!(told(0).await, (false, true));
    assert_eq!(told(0).await, (false, false));
}
