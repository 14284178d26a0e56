//! People: profiles, who finds whom, who follows whom, and what is left of who is gone.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::{Clock, Id};

use super::fixture::{Fixture, RACERS, add, email, hash, refused, tally};
use crate::domain::{
    Activity, ActivityKind, FollowState, Person, Purpose, RoleName, User, UserId, UserStatus, Visibility,
};
use crate::store::{AuthStore, Change, PeopleFilter, Side};

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    a_profile_comes_back(fixture).await;
    of_many_who_change_a_profile_one_follows(fixture).await;
    people_are_found(fixture).await;
    what_is_hidden_is_not_found(fixture).await;
    lists_have_pages(fixture).await;
    a_role_is_held(fixture).await;
    of_many_follows_each_counts_once(fixture).await;
    many_follow_and_part(fixture).await;
    two_follow_each_other(fixture).await;
    who_is_asked_lets_in(fixture).await;
    who_is_hidden_is_not_listed(fixture).await;
    activities_are_listed(fixture).await;
    the_deleted_come_back_or_go(fixture).await;
    who_was_suspended_comes_back_so(fixture).await;
    of_many_who_purge_and_restore_one_does(fixture).await;
    friends_are_purged_at_once(fixture).await;
}

async fn person<S: AuthStore>(fixture: &Fixture<S>, user: &User) -> Person {
    fixture.store.person(user.id).await.unwrap().unwrap()
}

fn set(person: &Person) -> Change {
    Change::SetProfile {
        user: person.user.id,
        version: person.version,
        profile: person.profile.clone(),
        preferences: person.preferences.clone(),
    }
}

async fn shown_to<S: AuthStore>(fixture: &Fixture<S>, user: &User, visibility: Visibility) {
    let mut person = person(fixture, user).await;
    person.preferences.privacy.profile = visibility;
    fixture.apply(set(&person)).await.unwrap();
}

fn follow<S: AuthStore>(
    fixture: &Fixture<S>,
    follower: &User,
    followee: &User,
    state: FollowState,
) -> Change {
    Change::Follow { follower: follower.id, followee: followee.id, state, at: fixture.now() }
}

fn part(follower: &User, followee: &User) -> Change {
    Change::Unfollow { follower: follower.id, followee: followee.id }
}

async fn delete<S: AuthStore>(fixture: &Fixture<S>, user: &User) {
    let change = Change::SetStatus { user: user.id, to: UserStatus::Deleted, at: fixture.now() };
    fixture.apply(change).await.unwrap();
}

async fn a_profile_comes_back<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let mut person = person(fixture, &user).await;
    assert_eq!(person, Person::new(user.clone()), "somebody new");
    person.profile.display_name = Some("Zoë \"x\" 🦀".parse().unwrap());
    person.profile.website = Some("https://zoe.example/?a='b".replace('\'', "%27").parse().unwrap());
    person.profile.birth_date = Some("1990-02-28".parse().unwrap());
    person.preferences.timezone = "Europe/Berlin".parse().unwrap();
    person.preferences.privacy.show_email = true;
    fixture.apply(set(&person)).await.unwrap();
    refused!(fixture.apply(set(&person)).await, Stale);
    person.version += 1;
    assert_eq!(fixture.store.person(user.id).await.unwrap().as_ref(), Some(&person));
    assert_eq!(fixture.store.persons(&[user.id]).await.unwrap(), [person.clone()]);
    assert_eq!(fixture.store.persons(&[]).await.unwrap(), []);
    let nobody = Id::new(&Clock::default());
    assert_eq!(fixture.store.person(nobody).await.unwrap(), None);
    person.user.id = nobody;
    refused!(fixture.apply(set(&person)).await, Stale);
    delete(fixture, &user).await;
    person.user.id = user.id;
    refused!(fixture.apply(set(&person)).await, Stale);
}

async fn of_many_who_change_a_profile_one_follows<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let person = person(fixture, &user).await;
    let racers = (0..RACERS).map(|racer| {
        let mut person = person.clone();
        person.profile.display_name = Some(format!("Racer {racer}").parse().unwrap());
        set(&person)
    });
    let outcomes = join_all(racers.map(|change| fixture.apply(change))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
}

async fn found<S: AuthStore>(fixture: &Fixture<S>, filter: PeopleFilter) -> Vec<UserId> {
    let rows = fixture.store.people(&filter, None, 50).await.unwrap();
    rows.items.into_iter().map(|person| person.user.id).collect()
}

async fn people_are_found<S: AuthStore>(fixture: &Fixture<S>) {
    let mark = fixture.unique();
    let mut user = fixture.somebody();
    user.email = email(&format!("lovelace.{mark}"));
    user.user_name = Some(mark.parse().unwrap());
    user.first_name = Some("Ångström".parse().unwrap());
    user.last_name = Some("O'Neil-Łukasz".parse().unwrap());
    fixture.apply(add(&user)).await.unwrap();
    let search = |text: String| PeopleFilter::default().search(&text);
    for text in [
        "",
        "ANGST",
        "ångström",
        "neil",
        "lukasz",
        "ŁUKA",
        "lovelace",
        "o neil angstrom",
        "love, EXAMPLE.org",
    ] {
        assert_eq!(found(fixture, search(format!("{mark} {text}"))).await, [user.id], "{text}");
    }
    for text in ["angstromx", "%", "_ngstrom x", "eil zzz"] {
        let found = found(fixture, search(format!("{mark} {text} zzz"))).await;
        assert!(found.is_empty(), "{text}");
    }
    assert!(found(fixture, search(" -- ".to_owned())).await.is_empty(), "no words find nobody");
    // What somebody is called now is what they are found by, however many change it at once.
    let mut person = person(fixture, &user).await;
    person.profile.display_name = Some("Käthe".parse().unwrap());
    let rename = Change::Rename {
        user: user.id,
        user_name: None,
        first_name: Some("Grace".parse().unwrap()),
        last_name: None,
        at: fixture.now(),
    };
    let (one, other) = tokio::join!(fixture.apply(set(&person)), fixture.apply(rename));
    one.unwrap();
    other.unwrap();
    assert_eq!(found(fixture, search(format!("{mark} kathe grace"))).await, [user.id]);
    assert!(found(fixture, search(format!("{mark} angstrom"))).await.is_empty());
    // The other conditions narrow it.
    let of_mark = || search(mark.clone());
    let now = fixture.now();
    let later = now.saturating_add(Duration::from_secs(1));
    for (filter, finds) in [
        (PeopleFilter { role: Some(RoleName::CUSTOMER), ..of_mark() }, true),
        (PeopleFilter { role: Some(RoleName::ADMIN), ..of_mark() }, false),
        (PeopleFilter { status: Some(UserStatus::Active), ..of_mark() }, true),
        (PeopleFilter { status: Some(UserStatus::Deleted), ..of_mark() }, false),
        (PeopleFilter { verified: Some(false), ..of_mark() }, true),
        (PeopleFilter { verified: Some(true), ..of_mark() }, false),
        (PeopleFilter { created_since: Some(now), created_until: Some(later), ..of_mark() }, true),
        (PeopleFilter { created_until: Some(now), ..of_mark() }, false),
        (PeopleFilter { created_since: Some(later), ..of_mark() }, false),
    ] {
        assert_eq!(!found(fixture, filter.clone()).await.is_empty(), finds, "{filter:?}");
    }
}

async fn what_is_hidden_is_not_found<S: AuthStore>(fixture: &Fixture<S>) {
    let mark = fixture.unique();
    let mut user = fixture.somebody();
    user.user_name = Some(mark.parse().unwrap());
    user.email = email(&format!("hidden{mark}"));
    fixture.apply(add(&user)).await.unwrap();
    let shown = |text: &str| PeopleFilter { shown: true, ..PeopleFilter::default() }.search(text);
    let name = mark.as_str();
    assert_eq!(found(fixture, shown(name)).await, [user.id]);
    assert!(found(fixture, shown(&format!("hidden{mark}"))).await.is_empty(), "by the address");
    assert!(found(fixture, shown(&format!("{name} zoe"))).await.is_empty(), "by the first name");
    for visibility in [Visibility::Followers, Visibility::Private] {
        shown_to(fixture, &user, visibility).await;
        assert!(found(fixture, shown(name)).await.is_empty(), "{visibility:?}");
    }
    shown_to(fixture, &user, Visibility::Public).await;
    assert_eq!(found(fixture, shown(name)).await, [user.id]);
    let suspend = Change::SetStatus { user: user.id, to: UserStatus::Suspended, at: fixture.now() };
    fixture.apply(suspend).await.unwrap();
    assert!(found(fixture, shown(name)).await.is_empty());
}

async fn lists_have_pages<S: AuthStore>(fixture: &Fixture<S>) {
    let mark = fixture.unique();
    let mut all = Vec::new();
    for number in 0..5 {
        let mut user = fixture.somebody();
        user.email = email(&format!("{mark}.{number}"));
        fixture.apply(add(&user)).await.unwrap();
        all.insert(0, user.id);
        if number % 2 == 0 {
            fixture.time.advance(Duration::from_secs(1));
        }
    }
    let filter = PeopleFilter::default().search(&mark);
    let (mut seen, mut from) = (Vec::new(), None);
    loop {
        let rows = fixture.store.people(&filter, from.as_ref(), 2).await.unwrap();
        seen.extend(rows.items.iter().map(|person| person.user.id));
        from = rows.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}

async fn a_role_is_held<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let holds = |role: RoleName| Change::Holds { user: user.id, role };
    fixture.apply(holds(RoleName::CUSTOMER)).await.unwrap();
    refused!(fixture.apply(holds(RoleName::ADMIN)).await, Stale);
    let nobody = Change::Holds { user: Id::new(&Clock::default()), role: RoleName::CUSTOMER };
    refused!(fixture.apply(nobody).await, Stale);
}

async fn of_many_follows_each_counts_once<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, eve) = (fixture.registered().await, fixture.registered().await);
    let racers = (0..RACERS).map(|_| fixture.apply(follow(fixture, &ada, &eve, FollowState::Following)));
    assert_eq!(tally(join_all(racers).await), (1, RACERS - 1, 0));
    assert_eq!((person(fixture, &eve).await.followers, person(fixture, &ada).await.following), (1, 1));
    let racers = (0..RACERS).map(|_| fixture.apply(part(&ada, &eve)));
    assert_eq!(tally(join_all(racers).await), (1, RACERS - 1, 0));
    assert_eq!((person(fixture, &eve).await.followers, person(fixture, &ada).await.following), (0, 0));
    assert_eq!(fixture.store.follow(ada.id, eve.id).await.unwrap(), None);
    refused!(fixture.apply(follow(fixture, &ada, &ada, FollowState::Following)).await, Stale);
    refused!(fixture.apply(follow(fixture, &ada, &eve, FollowState::Requested)).await, Stale);
    let suspend = Change::SetStatus { user: eve.id, to: UserStatus::Suspended, at: fixture.now() };
    fixture.apply(suspend).await.unwrap();
    refused!(fixture.apply(follow(fixture, &ada, &eve, FollowState::Following)).await, Stale);
    refused!(fixture.apply(follow(fixture, &eve, &ada, FollowState::Following)).await, Stale);
}

async fn many_follow_and_part<S: AuthStore>(fixture: &Fixture<S>) {
    let star = fixture.registered().await;
    let mut fans = Vec::new();
    for _ in 0..RACERS {
        fans.push(fixture.registered().await);
    }
    let all = fans.iter().map(|fan| fixture.apply(follow(fixture, fan, &star, FollowState::Following)));
    assert_eq!(tally(join_all(all).await).0, RACERS);
    assert_eq!(person(fixture, &star).await.followers, RACERS as u64);
    // Half of them part while the others try to follow again.
    let all = fans.iter().enumerate().map(|(number, fan)| {
        let again = follow(fixture, fan, &star, FollowState::Following);
        fixture.apply(if number % 2 == 0 { part(fan, &star) } else { again })
    });
    assert_eq!(tally(join_all(all).await), (RACERS / 2, RACERS / 2, 0));
    assert_eq!(person(fixture, &star).await.followers, (RACERS / 2) as u64);
    let side = Side::Followers;
    let (mut listed, mut from) = (0, None);
    loop {
        let rows =
            fixture.store.follows(star.id, side, FollowState::Following, from.as_ref(), 10).await.unwrap();
        listed += rows.items.len();
        from = rows.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(listed, RACERS / 2);
}

async fn two_follow_each_other<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, eve) = (fixture.registered().await, fixture.registered().await);
    for _ in 0..8 {
        let state = FollowState::Following;
        let both = [follow(fixture, &ada, &eve, state), follow(fixture, &eve, &ada, state)];
        let outcomes = join_all(both.map(|change| fixture.apply(change))).await;
        assert_eq!(tally(outcomes), (2, 0, 0));
        let outcomes =
            join_all([part(&eve, &ada), part(&ada, &eve)].map(|change| fixture.apply(change))).await;
        assert_eq!(tally(outcomes), (2, 0, 0));
    }
    assert_eq!((person(fixture, &ada).await.followers, person(fixture, &ada).await.following), (0, 0));
}

async fn who_is_asked_lets_in<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, eve) = (fixture.registered().await, fixture.registered().await);
    shown_to(fixture, &ada, Visibility::Followers).await;
    let accept = || Change::AcceptFollow { follower: eve.id, followee: ada.id, at: fixture.now() };
    refused!(fixture.apply(accept()).await, Stale);
    refused!(fixture.apply(follow(fixture, &eve, &ada, FollowState::Following)).await, Stale);
    fixture.apply(follow(fixture, &eve, &ada, FollowState::Requested)).await.unwrap();
    assert_eq!(person(fixture, &ada).await.followers, 0, "who asks does not count");
    let requests =
        fixture.store.follows(ada.id, Side::Followers, FollowState::Requested, None, 10).await.unwrap();
    assert_eq!(requests.items.iter().map(|it| it.follower).collect::<Vec<_>>(), [eve.id]);
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(accept()))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    assert_eq!((person(fixture, &ada).await.followers, person(fixture, &eve).await.following), (1, 1));
    shown_to(fixture, &ada, Visibility::Private).await;
    let bob = fixture.registered().await;
    for state in FollowState::ALL {
        refused!(fixture.apply(follow(fixture, &bob, &ada, state)).await, Stale);
    }
}

async fn who_is_hidden_is_not_listed<S: AuthStore>(fixture: &Fixture<S>) {
    let (star, ada, eve) =
        (fixture.registered().await, fixture.registered().await, fixture.registered().await);
    for fan in [&ada, &eve] {
        fixture.apply(follow(fixture, fan, &star, FollowState::Following)).await.unwrap();
        fixture.apply(follow(fixture, &star, fan, FollowState::Following)).await.unwrap();
    }
    shown_to(fixture, &eve, Visibility::Private).await;
    for side in [Side::Followers, Side::Following] {
        let rows = fixture.store.follows(star.id, side, FollowState::Following, None, 10).await.unwrap();
        assert_eq!(rows.items.iter().map(|it| side.of(it)).collect::<Vec<_>>(), [ada.id], "{side:?}");
    }
    delete(fixture, &ada).await;
    for side in [Side::Followers, Side::Following] {
        let rows = fixture.store.follows(star.id, side, FollowState::Following, None, 10).await.unwrap();
        assert!(rows.items.is_empty(), "{side:?}");
    }
}

fn activity<S: AuthStore>(
    fixture: &Fixture<S>,
    user: &User,
    kind: ActivityKind,
    target: Option<&User>,
) -> Activity {
    let target = target.map(|user| user.id);
    Activity { id: Id::new(&fixture.time.clock()), user: user.id, kind, target, at: fixture.now() }
}

async fn activities_are_listed<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, eve) = (fixture.registered().await, fixture.registered().await);
    let updated = activity(fixture, &ada, ActivityKind::ProfileUpdated, None);
    fixture.time.advance(Duration::from_secs(1));
    let followed = activity(fixture, &ada, ActivityKind::Followed, Some(&eve));
    let changes = [
        Change::Note(updated.clone()),
        follow(fixture, &ada, &eve, FollowState::Following),
        Change::Note(followed.clone()),
    ];
    fixture.store.apply(&changes, &crate::store::Trail::NONE).await.unwrap();
    let seen = async || fixture.store.activities(ada.id, None, 10).await.unwrap().items;
    assert_eq!(seen().await, [followed.clone(), updated.clone()]);
    let first = fixture.store.activities(ada.id, None, 1).await.unwrap();
    let second = fixture.store.activities(ada.id, first.next.as_ref(), 1).await.unwrap();
    assert_eq!((first.items, second.items), (vec![followed.clone()], vec![updated.clone()]));
    shown_to(fixture, &eve, Visibility::Private).await;
    assert_eq!(seen().await, std::slice::from_ref(&updated), "of whom nobody sees");
    shown_to(fixture, &eve, Visibility::Public).await;
    assert_eq!(seen().await.len(), 2);
    fixture.apply(part(&ada, &eve)).await.unwrap();
    assert_eq!(seen().await, [updated]);
    let mut nobodys = followed;
    nobodys.user = Id::new(&Clock::default());
    refused!(fixture.apply(Change::Note(nobodys)).await, Stale);
}

async fn the_deleted_come_back_or_go<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, fan) = (fixture.registered().await, fixture.registered().await);
    fixture.signed_in(user.id).await;
    fixture.apply(follow(fixture, &user, &fan, FollowState::Following)).await.unwrap();
    fixture.apply(follow(fixture, &fan, &user, FollowState::Following)).await.unwrap();
    let note = activity(fixture, &fan, ActivityKind::Followed, Some(&user));
    fixture.apply(Change::Note(note)).await.unwrap();
    let before = fixture.now();
    let restore = |deleted_after| Change::Restore { user: user.id, deleted_after, at: fixture.now() };
    let purge = |deleted_until| Change::Purge { user: user.id, deleted_until, at: fixture.now() };
    refused!(fixture.apply(restore(before)).await, Stale);
    refused!(fixture.apply(purge(before)).await, Stale);
    fixture.time.advance(Duration::from_secs(10));
    delete(fixture, &user).await;
    let deleted = fixture.now();
    assert_eq!(person(fixture, &user).await.deleted_at, Some(deleted));
    refused!(fixture.apply(restore(deleted)).await, Stale);
    refused!(fixture.apply(purge(before)).await, Stale);
    assert!(!fixture.store.purgeable(before, 1000).await.unwrap().contains(&user.id));
    fixture.apply(restore(before)).await.unwrap();
    let back = person(fixture, &user).await;
    assert_eq!((back.user.status, back.deleted_at, back.followers), (UserStatus::Active, None, 1));
    assert_eq!(fixture.store.password(user.id).await.unwrap(), Some(hash("one")));
    delete(fixture, &user).await;
    assert!(fixture.store.purgeable(deleted, 1000).await.unwrap().contains(&user.id));
    fixture.apply(purge(deleted)).await.unwrap();
    assert!(!fixture.store.purgeable(deleted, 1000).await.unwrap().contains(&user.id));
    refused!(fixture.apply(purge(deleted)).await, Stale);
    refused!(fixture.apply(restore(before)).await, Stale);
    let left = person(fixture, &user).await;
    assert_eq!((left.user.status, left.followers, left.following), (UserStatus::Deleted, 0, 0));
    assert_eq!((left.user.user_name, left.user.first_name, left.profile.display_name), (None, None, None));
    assert!(left.user.email.as_str().ends_with("@deleted.invalid"));
    let fan_now = person(fixture, &fan).await;
    assert_eq!((fan_now.followers, fan_now.following), (0, 0));
    assert!(fixture.store.activities(fan.id, None, 10).await.unwrap().items.is_empty());
    assert_eq!(fixture.store.password(user.id).await.unwrap(), None);
    assert_eq!(fixture.store.by_email(&user.email).await.unwrap(), None);
    assert!(found(fixture, PeopleFilter::default().search(user.email.as_str())).await.is_empty());
    // Address and name are free again.
    let mut heir = fixture.somebody();
    (heir.email, heir.user_name) = (user.email.clone(), user.user_name.clone());
    fixture.apply(add(&heir)).await.unwrap();
    let ticket = fixture.ticket(&user, Purpose::ResetPassword, "of the dead");
    refused!(fixture.apply(Change::IssueTicket(ticket)).await, Stale);
    fixture.store.forget(user.id).await.unwrap();
    fixture.store.forget(user.id).await.unwrap();
}

async fn who_was_suspended_comes_back_so<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let before = fixture.now();
    fixture.time.advance(Duration::from_secs(1));
    for status in [UserStatus::Suspended, UserStatus::Active] {
        let at = fixture.now();
        fixture.apply(Change::SetStatus { user: user.id, to: status, at }).await.unwrap();
        delete(fixture, &user).await;
        fixture.apply(Change::Restore { user: user.id, deleted_after: before, at }).await.unwrap();
        assert_eq!(person(fixture, &user).await.user.status, status);
    }
}

/// Each follows each other, and a fan parts and comes back meanwhile: nobody waits for somebody who waits for them.
async fn friends_are_purged_at_once<S: AuthStore>(fixture: &Fixture<S>) {
    let mut friends = Vec::new();
    for _ in 0..6 {
        friends.push(fixture.registered().await);
    }
    let (star, fan) = (fixture.registered().await, fixture.registered().await);
    let state = FollowState::Following;
    for one in &friends {
        for other in friends.iter().chain([&star]).filter(|other| other.id != one.id) {
            fixture.apply(follow(fixture, one, other, state)).await.unwrap();
        }
        fixture.apply(follow(fixture, &star, one, state)).await.unwrap();
    }
    for one in &friends {
        delete(fixture, one).await;
    }
    let (deleted_until, at) = (fixture.now(), fixture.now());
    let purges = friends.iter().map(|one| Change::Purge { user: one.id, deleted_until, at });
    let purges = join_all(purges.map(|change| fixture.apply(change)));
    let follows = async {
        for _ in 0..8 {
            fixture.apply(follow(fixture, &fan, &star, state)).await.unwrap();
            fixture.apply(part(&fan, &star)).await.unwrap();
        }
    };
    let (outcomes, ()) = tokio::join!(purges, follows);
    assert_eq!(tally(outcomes), (friends.len(), 0, 0));
    let star = person(fixture, &star).await;
    assert_eq!((star.followers, star.following), (0, 0));
}

async fn of_many_who_purge_and_restore_one_does<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let before = fixture.now();
    fixture.time.advance(Duration::from_secs(1));
    delete(fixture, &user).await;
    let (deleted_until, at) = (fixture.now(), fixture.now());
    let racers = (0..RACERS).map(|racer| {
        fixture.apply(if racer % 2 == 0 {
            Change::Purge { user: user.id, deleted_until, at }
        } else {
            Change::Restore { user: user.id, deleted_after: before, at }
        })
    });
    assert_eq!(tally(join_all(racers).await), (1, RACERS - 1, 0));
}
