//! Trails: what is told of a change is written with it, or not at all.

use futures_util::future::join_all;
use gravity_core::jobs::Unique;

use super::Told;
use super::fixture::{Fixture, RACERS, add, refused, tally};
use crate::store::{AuthStore, Trail};

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>, recorded: &impl AsyncFn(&Told) -> bool) {
    all_or_nothing(fixture, recorded).await;
    what_was_done_is_not_done_again(fixture, recorded).await;
    of_many_who_do_the_same_one_does(fixture).await;
}

/// Whether all of a trail was written. It is never so of a part.
pub(super) async fn told_all(recorded: &impl AsyncFn(&Told) -> bool, told: &[Told; 3]) -> bool {
    let [event, audit, job] = told;
    let written = [recorded(event).await, recorded(audit).await, recorded(job).await];
    assert!(written.iter().all(|one| *one == written[0]), "event, audit, job: {written:?}");
    written[0]
}

/// A change that is refused undoes those before it, and says nothing.
async fn all_or_nothing<S: AuthStore>(fixture: &Fixture<S>, recorded: &impl AsyncFn(&Told) -> bool) {
    let taken = fixture.registered().await;
    let (user, mut thief) = (fixture.somebody(), fixture.somebody());
    thief.email = taken.email.clone();
    let (trail, told) = fixture.trail("user.registered");
    refused!(fixture.store.apply(&[add(&user), add(&thief)], &trail).await, EmailTaken);
    assert_eq!(fixture.store.user(user.id).await.unwrap(), None);
    assert!(!told_all(recorded, &told).await);
    fixture.store.apply(&[add(&user)], &trail).await.unwrap();
    assert!(told_all(recorded, &told).await);
    let (trail, told) = fixture.trail("login.failed");
    fixture.store.record(&trail).await.unwrap();
    assert!(told_all(recorded, &told).await);
    fixture.store.record(&Trail::NONE).await.unwrap();
}

async fn what_was_done_is_not_done_again<S: AuthStore>(
    fixture: &Fixture<S>,
    recorded: &impl AsyncFn(&Told) -> bool,
) {
    let key = fixture.unique();
    let once = |name: &str| {
        let (mut trail, told) = fixture.trail(name);
        trail.jobs[0].unique = Some((key.clone(), Unique::WhileOpen));
        (trail, told)
    };
    let (first, second) = (fixture.somebody(), fixture.somebody());
    fixture.store.apply(&[add(&first)], &once("first").0).await.unwrap();
    let (trail, told) = once("second");
    refused!(fixture.store.apply(&[add(&second)], &trail).await, Stale);
    refused!(fixture.store.record(&trail).await, Stale);
    assert_eq!(fixture.store.user(second.id).await.unwrap(), None);
    let [event, audit, _] = &told;
    assert!(!recorded(event).await && !recorded(audit).await);
}

async fn of_many_who_do_the_same_one_does<S: AuthStore>(fixture: &Fixture<S>) {
    let key = fixture.unique();
    let racers = (0..RACERS).map(|_| {
        let (user, (mut trail, _)) = (fixture.somebody(), fixture.trail("raced"));
        trail.jobs[0].unique = Some((key.clone(), Unique::WhileOpen));
        async move { fixture.store.apply(&[add(&user)], &trail).await }
    });
    assert_eq!(tally(join_all(racers).await), (1, RACERS - 1, 0));
}
