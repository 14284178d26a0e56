//! Roles: what they build on, and who has them.

use std::time::Duration;

use futures_util::future::join_all;

use super::fixture::{Fixture, RACERS, refused};
use crate::domain::{Role, RoleName};
use crate::store::{AuthStore, Change, Refused, RoleChange};

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    those_of_the_start_are_there(fixture).await;
    a_role_comes_and_goes(fixture).await;
    of_many_of_one_name_one_is_made(fixture).await;
    no_race_closes_a_circle(fixture).await;
    a_role_that_somebody_has_stays(fixture).await;
    who_loses_a_role_gets_another(fixture).await;
    many_of_one_instant_are_heard_of(fixture).await;
    nobody_is_left_with_a_role_that_is_gone(fixture).await;
}

fn role(name: &str, inherits: Option<&RoleName>) -> Role {
    Role {
        name: name.parse().unwrap(),
        grants: "orders:read notes:*".parse().unwrap(),
        inherits: inherits.cloned(),
    }
}

async fn made<S: AuthStore>(fixture: &Fixture<S>, inherits: Option<&RoleName>) -> Role {
    let role = role(&fixture.unique(), inherits);
    fixture.apply(Change::Role(RoleChange::Add(role.clone()))).await.unwrap();
    role
}

fn update(from: &Role, to: &Role) -> Change {
    Change::Role(RoleChange::Update { from: from.clone(), to: to.clone() })
}

fn remove<S: AuthStore>(fixture: &Fixture<S>, role: &Role, instead: Option<RoleName>) -> Change {
    Change::Role(RoleChange::Remove { name: role.name.clone(), instead, at: fixture.now() })
}

async fn found<S: AuthStore>(fixture: &Fixture<S>, name: &RoleName) -> Option<Role> {
    fixture.store.roles().await.unwrap().into_iter().find(|role| role.name == *name)
}

async fn those_of_the_start_are_there<S: AuthStore>(fixture: &Fixture<S>) {
    for role in Role::built_in() {
        assert_eq!(found(fixture, &role.name).await, Some(role));
    }
}

async fn a_role_comes_and_goes<S: AuthStore>(fixture: &Fixture<S>) {
    let ground = made(fixture, Some(&RoleName::CUSTOMER)).await;
    let above = made(fixture, Some(&ground.name)).await;
    assert_eq!(found(fixture, &above.name).await.as_ref(), Some(&above));
    let names: Vec<_> = fixture.store.roles().await.unwrap().into_iter().map(|role| role.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    refused!(fixture.apply(Change::Role(RoleChange::Add(ground.clone()))).await, Exists);
    let nothing: RoleName = fixture.unique().parse().unwrap();
    refused!(
        fixture.apply(Change::Role(RoleChange::Add(role(&fixture.unique(), Some(&nothing))))).await,
        Stale
    );
    let other = Role { grants: "a:b".parse().unwrap(), inherits: None, ..above.clone() };
    fixture.apply(update(&above, &other)).await.unwrap();
    refused!(fixture.apply(update(&above, &other)).await, Stale);
    assert_eq!(found(fixture, &other.name).await.as_ref(), Some(&other));
    fixture.apply(update(&other, &above)).await.unwrap();
    refused!(fixture.apply(remove(fixture, &ground, None)).await, InUse);
    refused!(fixture.apply(remove(fixture, &above, Some(nothing))).await, Stale);
    fixture.apply(remove(fixture, &above, None)).await.unwrap();
    refused!(fixture.apply(remove(fixture, &above, None)).await, Stale);
    fixture.apply(remove(fixture, &ground, None)).await.unwrap();
    assert_eq!(found(fixture, &ground.name).await, None);
}

async fn of_many_of_one_name_one_is_made<S: AuthStore>(fixture: &Fixture<S>) {
    let name = fixture.unique();
    let racers = (0..RACERS).map(|_| fixture.apply(Change::Role(RoleChange::Add(role(&name, None)))));
    let outcomes = join_all(racers).await;
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let told = outcomes.iter().filter(|outcome| matches!(outcome, Err(Refused::Exists))).count();
    assert_eq!((made, told), (1, RACERS - 1), "{outcomes:?}");
}

/// Each of two would build on the other.
async fn no_race_closes_a_circle<S: AuthStore>(fixture: &Fixture<S>) {
    for _ in 0..8 {
        let (one, two) = (made(fixture, None).await, made(fixture, None).await);
        let onto = |role: &Role, other: &Role| {
            update(role, &Role { inherits: Some(other.name.clone()), ..role.clone() })
        };
        let (first, second) = tokio::join!(fixture.apply(onto(&one, &two)), fixture.apply(onto(&two, &one)));
        let outcomes = [first, second];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Refused::Circle))), "{outcomes:?}");
    }
}

async fn a_role_that_somebody_has_stays<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, role) = (fixture.registered().await, made(fixture, None).await);
    let set = |from: &RoleName, to: &RoleName| Change::SetRole {
        user: ada.id,
        from: from.clone(),
        to: to.clone(),
        at: fixture.now(),
    };
    fixture.apply(set(&RoleName::CUSTOMER, &role.name)).await.unwrap();
    refused!(fixture.apply(remove(fixture, &role, None)).await, InUse);
    fixture.apply(set(&role.name, &RoleName::CUSTOMER)).await.unwrap();
    fixture.apply(remove(fixture, &role, None)).await.unwrap();
    refused!(fixture.apply(set(&RoleName::CUSTOMER, &role.name)).await, Stale);
}

async fn who_loses_a_role_gets_another<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, role) = (fixture.registered().await, made(fixture, None).await);
    let set =
        Change::SetRole { user: ada.id, from: RoleName::CUSTOMER, to: role.name.clone(), at: fixture.now() };
    fixture.apply(set).await.unwrap();
    fixture.time.advance(Duration::from_secs(1));
    fixture.apply(remove(fixture, &role, Some(RoleName::MANAGER))).await.unwrap();
    assert_eq!(fixture.store.user(ada.id).await.unwrap().unwrap().role, RoleName::MANAGER);
    let heard = fixture.store.reassigned_since(fixture.now(), None, 1_000).await.unwrap();
    assert_eq!(heard, [(ada.id, RoleName::MANAGER, fixture.now())]);
    let later = fixture.now().saturating_add(Duration::from_secs(1));
    assert_eq!(fixture.store.reassigned_since(later, None, 1_000).await.unwrap(), []);
}

/// A role that is deleted gives all who have it another at one instant; who reads page by page misses nobody.
async fn many_of_one_instant_are_heard_of<S: AuthStore>(fixture: &Fixture<S>) {
    let role = made(fixture, None).await;
    let mut users = Vec::new();
    for _ in 0..5 {
        let mut user = fixture.somebody();
        user.role = role.name.clone();
        fixture.apply(super::fixture::add(&user)).await.unwrap();
        users.push(user.id);
    }
    fixture.time.advance(Duration::from_secs(1));
    fixture.apply(remove(fixture, &role, Some(RoleName::CUSTOMER))).await.unwrap();
    let (mut since, mut after, mut heard) = (fixture.now(), None, Vec::new());
    loop {
        let page = fixture.store.reassigned_since(since, after, 2).await.unwrap();
        let Some((user, _, at)) = page.last().cloned() else { break };
        (since, after) = (at, Some(user));
        heard.extend(page.into_iter().map(|(user, role, _)| (user, role)));
    }
    users.sort_unstable();
    assert_eq!(heard, users.into_iter().map(|user| (user, RoleName::CUSTOMER)).collect::<Vec<_>>());
}

/// Somebody gets a role while it is deleted.
async fn nobody_is_left_with_a_role_that_is_gone<S: AuthStore>(fixture: &Fixture<S>) {
    for _ in 0..8 {
        let (ada, role) = (fixture.registered().await, made(fixture, None).await);
        let set = Change::SetRole {
            user: ada.id,
            from: RoleName::CUSTOMER,
            to: role.name.clone(),
            at: fixture.now(),
        };
        let mut newcomer = fixture.somebody();
        newcomer.role = role.name.clone();
        let (_, _, _) = tokio::join!(
            fixture.apply(set),
            fixture.apply(super::fixture::add(&newcomer)),
            fixture.apply(remove(fixture, &role, None))
        );
        for user in [ada.id, newcomer.id] {
            let Some(user) = fixture.store.user(user).await.unwrap() else { continue };
            assert!(found(fixture, &user.role).await.is_some(), "{} is gone", user.role);
        }
    }
}
