//! Users: who is there, what is theirs alone, and what becomes of it.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::{Clock, Id};

use super::fixture::{Fixture, RACERS, add, email, hash, refused, tally};
use crate::domain::{EndReason, Purpose, RoleName, UserStatus};
use crate::store::{AuthStore, Change, Refused};

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    a_user_comes_back(fixture).await;
    an_address_and_a_name_are_one_users(fixture).await;
    of_many_who_register_one_does(fixture).await;
    names_change(fixture).await;
    an_address_is_verified_while_it_is_theirs(fixture).await;
    an_address_changes(fixture).await;
    a_status_ends_what_it_must(fixture).await;
    a_password_follows_another(fixture).await;
    of_many_new_passwords_one_follows(fixture).await;
    somebody_stays_super_admin(fixture).await;
}

async fn a_user_comes_back<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let with_password = Some((user.clone(), Some(hash("one"))));
    assert_eq!(fixture.store.user(user.id).await.unwrap().as_ref(), Some(&user));
    assert_eq!(fixture.store.by_email(&user.email).await.unwrap(), with_password);
    let shouted = user.email.as_str().to_uppercase().parse().unwrap();
    assert_eq!(fixture.store.by_email(&shouted).await.unwrap(), with_password);
    let name = user.user_name.clone().unwrap();
    assert_eq!(fixture.store.by_user_name(&name).await.unwrap(), with_password);
    assert_eq!(fixture.store.password(user.id).await.unwrap(), Some(hash("one")));

    let mut bare = fixture.somebody();
    (bare.user_name, bare.first_name) = (None, None);
    bare.email_verified_at = Some(fixture.now());
    fixture.apply(Change::AddUser { user: bare.clone(), password: None }).await.unwrap();
    assert_eq!(fixture.store.by_email(&bare.email).await.unwrap(), Some((bare, None)));

    let nobody = Id::new(&Clock::default());
    assert_eq!(fixture.store.user(nobody).await.unwrap(), None);
    assert_eq!(fixture.store.password(nobody).await.unwrap(), None);
    assert_eq!(fixture.store.by_email(&email(&fixture.unique())).await.unwrap(), None);
    assert_eq!(fixture.store.by_user_name(&fixture.unique().parse().unwrap()).await.unwrap(), None);
}

async fn an_address_and_a_name_are_one_users<S: AuthStore>(fixture: &Fixture<S>) {
    let first = fixture.registered().await;
    let mut second = fixture.somebody();
    second.email = first.email.as_str().to_uppercase().parse().unwrap();
    refused!(fixture.apply(add(&second)).await, EmailTaken);
    let mut third = fixture.somebody();
    third.user_name = Some(first.user_name.as_ref().unwrap().as_str().to_uppercase().parse().unwrap());
    refused!(fixture.apply(add(&third)).await, NameTaken);
    let mut again = fixture.somebody();
    again.id = first.id;
    refused!(fixture.apply(add(&again)).await, Stale);
    let mut strange = fixture.somebody();
    strange.role = fixture.unique().parse().unwrap();
    refused!(fixture.apply(add(&strange)).await, Stale);
    // Who is deleted keeps the address until the account is purged.
    fixture
        .apply(Change::SetStatus { user: first.id, to: UserStatus::Deleted, at: fixture.now() })
        .await
        .unwrap();
    refused!(fixture.apply(add(&second)).await, EmailTaken);
}

async fn of_many_who_register_one_does<S: AuthStore>(fixture: &Fixture<S>) {
    let contested = fixture.unique();
    let racers = (0..RACERS).map(|_| {
        let mut user = fixture.somebody();
        user.email = email(&contested);
        add(&user)
    });
    let outcomes = join_all(racers.map(|change| fixture.apply(change))).await;
    assert_eq!(tally(outcomes), (1, 0, RACERS - 1));
}

async fn names_change<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, other) = (fixture.registered().await, fixture.registered().await);
    fixture.time.advance(Duration::from_secs(1));
    let rename = |name: &str| Change::Rename {
        user: user.id,
        user_name: Some(name.parse().unwrap()),
        first_name: None,
        last_name: Some("N'Guyễn".parse().unwrap()),
        at: fixture.now(),
    };
    let name = fixture.unique();
    fixture.apply(rename(&name)).await.unwrap();
    let renamed = fixture.store.by_user_name(&name.parse().unwrap()).await.unwrap().unwrap().0;
    assert_eq!((renamed.id, renamed.first_name, renamed.updated_at), (user.id, None, fixture.now()));
    assert_eq!(renamed.last_name.unwrap().as_str(), "N'Guyễn");
    assert_eq!(fixture.store.by_user_name(user.user_name.as_ref().unwrap()).await.unwrap(), None);
    fixture.apply(rename(&name.to_uppercase())).await.unwrap();
    refused!(fixture.apply(rename(other.user_name.as_ref().unwrap().as_str())).await, NameTaken);
    fixture
        .apply(Change::SetStatus { user: user.id, to: UserStatus::Deleted, at: fixture.now() })
        .await
        .unwrap();
    refused!(fixture.apply(rename(&fixture.unique())).await, Stale);
}

async fn an_address_is_verified_while_it_is_theirs<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let verify = |email: &crate::domain::EmailAddress| Change::VerifyEmail {
        user: user.id,
        email: email.clone(),
        at: fixture.now(),
    };
    refused!(fixture.apply(verify(&email(&fixture.unique()))).await, Stale);
    fixture.apply(verify(&user.email)).await.unwrap();
    let first = fixture.now();
    fixture.time.advance(Duration::from_secs(1));
    fixture.apply(verify(&user.email)).await.unwrap();
    assert_eq!(fixture.store.user(user.id).await.unwrap().unwrap().email_verified_at, Some(first));
    fixture
        .apply(Change::SetStatus { user: user.id, to: UserStatus::Deleted, at: fixture.now() })
        .await
        .unwrap();
    refused!(fixture.apply(verify(&user.email)).await, Stale);
}

async fn an_address_changes<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, other) = (fixture.registered().await, fixture.registered().await);
    let ticket = fixture.ticket(&user, Purpose::ResetPassword, "to the old address");
    fixture.apply(Change::IssueTicket(ticket.clone())).await.unwrap();
    let change = |from: &crate::domain::EmailAddress, to: &crate::domain::EmailAddress| Change::ChangeEmail {
        user: user.id,
        from: from.clone(),
        to: to.clone(),
        at: fixture.now(),
    };
    let (old, new) = (user.email.clone(), email(&fixture.unique()));
    refused!(fixture.apply(change(&new, &old)).await, Stale);
    refused!(fixture.apply(change(&old, &other.email)).await, EmailTaken);
    fixture.apply(change(&old, &new)).await.unwrap();
    refused!(fixture.apply(change(&old, &new)).await, Stale);
    let moved = fixture.store.by_email(&new).await.unwrap().unwrap().0;
    assert_eq!((moved.id, moved.email_verified_at), (user.id, Some(fixture.now())));
    assert_eq!(fixture.store.by_email(&old).await.unwrap(), None);
    let macs = [ticket.mac];
    assert_eq!(fixture.store.ticket(Purpose::ResetPassword, &macs, fixture.now()).await.unwrap(), None);
}

async fn a_status_ends_what_it_must<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, other) = (fixture.registered().await, fixture.registered().await);
    let (session, theirs) = (fixture.signed_in(user.id).await, fixture.signed_in(other.id).await);
    let ticket = fixture.ticket(&user, Purpose::MagicLink, "in");
    fixture.apply(Change::IssueTicket(ticket.clone())).await.unwrap();
    let set = |to| Change::SetStatus { user: user.id, to, at: fixture.now() };
    refused!(fixture.apply(set(UserStatus::Active)).await, Stale);
    fixture.apply(set(UserStatus::Suspended)).await.unwrap();
    assert_eq!(fixture.end_reason(&session).await, Some(EndReason::Suspended));
    assert_eq!(fixture.end_reason(&theirs).await, None);
    assert_eq!(fixture.store.ticket(Purpose::MagicLink, &[ticket.mac], fixture.now()).await.unwrap(), None);
    refused!(fixture.apply(super::fixture::start(&fixture.new_session(user.id))).await, Stale);
    refused!(fixture.apply(Change::IssueTicket(fixture.ticket(&user, Purpose::MagicLink, "x"))).await, Stale);
    fixture.apply(set(UserStatus::Active)).await.unwrap();
    assert!(fixture.live(user.id).await.is_empty(), "what ended does not come back");
    let session = fixture.signed_in(user.id).await;
    fixture.apply(set(UserStatus::Deleted)).await.unwrap();
    assert_eq!(fixture.end_reason(&session).await, Some(EndReason::Deleted));
    for to in UserStatus::ALL {
        refused!(fixture.apply(set(to)).await, Stale);
    }
}

async fn a_password_follows_another<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let (kept, ended) = (fixture.signed_in(user.id).await, fixture.signed_in(user.id).await);
    for purpose in Purpose::ALL {
        fixture.apply(Change::IssueTicket(fixture.ticket(&user, purpose, "old"))).await.unwrap();
    }
    let set = |from: Option<&str>, to: Option<&str>| Change::SetPassword {
        user: user.id,
        from: from.map(hash),
        to: to.map(hash),
        keep: Some(kept.id),
        reason: EndReason::PasswordChanged,
        at: fixture.now(),
    };
    refused!(fixture.apply(set(Some("other"), Some("two"))).await, Stale);
    fixture.apply(set(Some("one"), Some("two"))).await.unwrap();
    assert_eq!(fixture.store.password(user.id).await.unwrap(), Some(hash("two")));
    assert_eq!(fixture.end_reason(&kept).await, None);
    assert_eq!(fixture.end_reason(&ended).await, Some(EndReason::PasswordChanged));
    let left = async |purpose| {
        let macs = [fixture.mac(purpose, "old")];
        fixture.store.ticket(purpose, &macs, fixture.now()).await.unwrap().is_some()
    };
    for purpose in Purpose::ALL {
        // Who has the old password has asked for a change of address, and waits.
        assert_eq!(left(purpose).await, purpose == Purpose::VerifyEmail, "{purpose:?}");
    }

    let rehash = |from: &str| Change::Rehash { user: user.id, from: hash(from), to: hash("three") };
    refused!(fixture.apply(rehash("one")).await, Stale);
    fixture.apply(rehash("two")).await.unwrap();
    assert_eq!(fixture.end_reason(&kept).await, None);
    // Whoever was checked against a hash that is no longer there does not get in.
    let late =
        Change::StartSession { session: fixture.new_session(user.id), password: Some(hash("two")), most: 9 };
    refused!(fixture.apply(late).await, Stale);
    fixture.apply(set(None, None)).await.unwrap();
    assert_eq!(fixture.store.password(user.id).await.unwrap(), None);
    refused!(fixture.apply(set(Some("three"), Some("four"))).await, Stale);
}

async fn of_many_new_passwords_one_follows<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let racers = (0..RACERS).map(|racer| Change::SetPassword {
        user: user.id,
        from: Some(hash("one")),
        to: Some(hash(&format!("racer {racer}"))),
        keep: None,
        reason: EndReason::PasswordChanged,
        at: fixture.now(),
    });
    let outcomes = join_all(racers.map(|change| fixture.apply(change))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
}

/// The store has no other super admins.
async fn somebody_stays_super_admin<S: AuthStore>(fixture: &Fixture<S>) {
    let set = |user, from: RoleName, to: RoleName| Change::SetRole { user, from, to, at: fixture.now() };
    let dismiss = |user| set(user, RoleName::SUPER_ADMIN, RoleName::CUSTOMER);
    let (mut ada, bob) = (fixture.somebody(), fixture.registered().await);
    ada.role = RoleName::SUPER_ADMIN;
    // A program is none that could make another.
    let mut robot = fixture.somebody();
    robot.email = format!("{}@service-account.invalid", robot.id).parse().unwrap();
    robot.role = RoleName::SUPER_ADMIN;
    fixture.apply(add(&robot)).await.unwrap();
    assert!(!fixture.store.has_super_admin().await.unwrap());
    fixture.apply(add(&ada)).await.unwrap();
    refused!(fixture.apply(dismiss(bob.id)).await, Stale);
    assert!(fixture.store.has_super_admin().await.unwrap());
    refused!(fixture.apply(dismiss(ada.id)).await, LastAdmin);
    for to in [UserStatus::Suspended, UserStatus::Deleted] {
        refused!(fixture.apply(Change::SetStatus { user: ada.id, to, at: fixture.now() }).await, LastAdmin);
    }
    fixture.apply(set(bob.id, RoleName::CUSTOMER, RoleName::SUPER_ADMIN)).await.unwrap();
    assert_eq!(fixture.store.user(bob.id).await.unwrap().unwrap().role, RoleName::SUPER_ADMIN);
    // Each dismisses the other at once.
    let outcomes = join_all([ada.id, bob.id].map(|user| fixture.apply(dismiss(user)))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Refused::LastAdmin))), "{outcomes:?}");
    fixture.apply(dismiss(robot.id)).await.unwrap();
    // Many are dismissed and suspended at once: one is left.
    let mut crowd = Vec::new();
    for _ in 0..8 {
        let mut user = fixture.somebody();
        user.role = RoleName::SUPER_ADMIN;
        fixture.apply(add(&user)).await.unwrap();
        crowd.push(user.id);
    }
    crowd.extend([ada.id, bob.id]);
    let suspend = |user| Change::SetStatus { user, to: UserStatus::Suspended, at: fixture.now() };
    let racers = crowd.iter().flat_map(|user| [dismiss(*user), suspend(*user)]);
    let outcomes = join_all(racers.map(|change| fixture.apply(change))).await;
    assert!(!outcomes.iter().any(|outcome| matches!(outcome, Err(Refused::Failed(_)))), "{outcomes:?}");
    assert!(fixture.store.has_super_admin().await.unwrap());
}
