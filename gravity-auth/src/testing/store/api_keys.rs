//! API keys: whose they are, what opens them, and when they die.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::Id;
use gravity_core::security::mac::Mac;

use super::fixture::{Fixture, RACERS, refused, tally};
use crate::domain::{ApiKey, EmailAddress, Purpose, User, UserStatus};
use crate::store::{AuthStore, Change, KeyChange, Refused};

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    a_key_comes_back(fixture).await;
    a_key_opens_while_it_holds(fixture).await;
    of_many_who_rotate_one_does(fixture).await;
    there_are_no_more_than_there_may_be(fixture).await;
    keys_die_with_their_owner(fixture).await;
    all_of_somebody_go(fixture).await;
    those_long_out_are_forgotten(fixture).await;
    use_is_written_down_once(fixture).await;
    accounts_of_programs_are_listed(fixture).await;
}

fn mac<S: AuthStore>(fixture: &Fixture<S>, secret: &str) -> Mac {
    fixture.mac(Purpose::MagicLink, secret)
}

pub(super) fn new_key<S: AuthStore>(fixture: &Fixture<S>, user: &User, secret: &str) -> ApiKey {
    ApiKey {
        id: Id::new(&fixture.time.clock()),
        user: user.id,
        name: "Žuki's \"build\" 🦀".to_owned(),
        hint: "gvk_abcdef".to_owned(),
        mac: mac(fixture, secret),
        old: None,
        scopes: "orders:read users:*".parse().unwrap(),
        per_minute: 60_000,
        version: 0,
        created_by: user.id,
        created_at: fixture.now(),
        expires_at: Some(fixture.now().saturating_add(Duration::from_hours(1))),
        last_used_at: None,
    }
}

fn add(key: &ApiKey) -> Change {
    Change::Key(KeyChange::Add { key: Box::new(key.clone()), most: 100 })
}

fn update(from: &ApiKey, to: &ApiKey) -> Change {
    Change::Key(KeyChange::Update { version: from.version, to: Box::new(to.clone()) })
}

async fn added<S: AuthStore>(fixture: &Fixture<S>, user: &User) -> (ApiKey, String) {
    let secret = fixture.unique();
    let key = new_key(fixture, user, &secret);
    fixture.apply(add(&key)).await.unwrap();
    (key, secret)
}

async fn opened<S: AuthStore>(fixture: &Fixture<S>, secret: &str) -> Option<ApiKey> {
    let found = fixture.store.api_key_by(&[mac(fixture, secret)], fixture.now()).await.unwrap();
    found.map(|(key, user)| {
        assert_eq!(key.user, user.id);
        key
    })
}

async fn a_key_comes_back<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, eve) = (fixture.registered().await, fixture.registered().await);
    let (first, _) = added(fixture, &ada).await;
    fixture.time.advance(Duration::from_millis(5));
    let (mut second, _) = added(fixture, &ada).await;
    let (hers, _) = added(fixture, &eve).await;
    assert_eq!(fixture.store.api_key(first.id).await.unwrap().as_ref(), Some(&first));
    let page = fixture.store.api_keys(ada.id, None, 1).await.unwrap();
    assert_eq!(page.items, [second.clone()]);
    let rest = fixture.store.api_keys(ada.id, page.next.as_ref(), 1).await.unwrap();
    assert_eq!((rest.items, rest.next.is_none()), (vec![first.clone()], true));

    let from = second.clone();
    (second.name, second.scopes, second.per_minute, second.expires_at) =
        ("other".to_owned(), "*".parse().unwrap(), 1, None);
    fixture.apply(update(&from, &second)).await.unwrap();
    second.version = 1;
    assert_eq!(fixture.store.api_key(second.id).await.unwrap(), Some(second.clone()));
    refused!(fixture.apply(update(&from, &second)).await, Stale);
    let mut stolen = hers.clone();
    stolen.user = ada.id;
    refused!(fixture.apply(update(&stolen, &stolen)).await, Stale);

    let remove = |user: &User| Change::Key(KeyChange::Remove { user: user.id, key: first.id });
    refused!(fixture.apply(remove(&eve)).await, Stale);
    assert!(fixture.store.api_key(first.id).await.unwrap().is_some(), "it is not hers to remove");
    fixture.apply(remove(&ada)).await.unwrap();
    refused!(fixture.apply(remove(&ada)).await, Stale);
    assert_eq!(fixture.store.api_key(first.id).await.unwrap(), None);
    assert!(fixture.store.api_key(hers.id).await.unwrap().is_some());
}

async fn a_key_opens_while_it_holds<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = fixture.registered().await;
    let (key, secret) = added(fixture, &ada).await;
    assert_eq!(opened(fixture, &secret).await.as_ref(), Some(&key));
    assert_eq!(opened(fixture, "another").await, None);
    // Rotated with an overlap, both open; and after it one.
    let newer = fixture.unique();
    let until = fixture.now().saturating_add(Duration::from_mins(10));
    let mut to = key.clone();
    (to.mac, to.old) = (mac(fixture, &newer), Some((key.mac.clone(), until)));
    fixture.apply(update(&key, &to)).await.unwrap();
    assert!(opened(fixture, &secret).await.is_some() && opened(fixture, &newer).await.is_some());
    fixture.time.advance(Duration::from_mins(10));
    assert_eq!(opened(fixture, &secret).await, None);
    assert!(opened(fixture, &newer).await.is_some());
    fixture.time.advance(Duration::from_mins(50));
    assert_eq!(opened(fixture, &newer).await, None, "it has expired");
}

async fn of_many_who_rotate_one_does<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = fixture.registered().await;
    let (key, secret) = added(fixture, &ada).await;
    let secrets: Vec<String> = (0..RACERS).map(|_| fixture.unique()).collect();
    let racers = secrets.iter().map(|newer| {
        let to = ApiKey { mac: mac(fixture, newer), ..key.clone() };
        update(&key, &to)
    });
    let outcomes = join_all(racers.map(|change| fixture.apply(change))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    assert_eq!(opened(fixture, &secret).await, None);
    let open = join_all(secrets.iter().map(|secret| opened(fixture, secret))).await;
    assert_eq!(open.iter().flatten().count(), 1, "of so many secrets one holds");
}

async fn there_are_no_more_than_there_may_be<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = fixture.registered().await;
    let racers = (0..RACERS).map(|_| {
        let key = new_key(fixture, &ada, &fixture.unique());
        fixture.apply(Change::Key(KeyChange::Add { key: Box::new(key), most: 3 }))
    });
    let outcomes = join_all(racers).await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let too_many = outcomes.iter().filter(|outcome| matches!(outcome, Err(Refused::TooMany))).count();
    assert_eq!((done, too_many), (3, RACERS - 3), "{outcomes:?}");
}

async fn keys_die_with_their_owner<S: AuthStore>(fixture: &Fixture<S>) {
    for to in [UserStatus::Suspended, UserStatus::Deleted] {
        let ada = fixture.registered().await;
        let (key, secret) = added(fixture, &ada).await;
        let set = |to| Change::SetStatus { user: ada.id, to, at: fixture.now() };
        fixture.apply(set(to)).await.unwrap();
        assert_eq!(opened(fixture, &secret).await, None);
        assert_eq!(fixture.store.api_key(key.id).await.unwrap(), None);
        refused!(fixture.apply(add(&new_key(fixture, &ada, "late"))).await, Stale);
        refused!(fixture.apply(update(&key, &key)).await, Stale);
        if to == UserStatus::Suspended {
            fixture.apply(set(UserStatus::Active)).await.unwrap();
            assert_eq!(opened(fixture, &secret).await, None, "it does not come back");
        }
    }
    // Whichever comes first of a suspension and a new key: no key is left.
    for _ in 0..8 {
        let ada = fixture.registered().await;
        let key = new_key(fixture, &ada, &fixture.unique());
        let suspend = Change::SetStatus { user: ada.id, to: UserStatus::Suspended, at: fixture.now() };
        let (_, suspended) = tokio::join!(fixture.apply(add(&key)), fixture.apply(suspend));
        suspended.unwrap();
        assert_eq!(fixture.store.api_key(key.id).await.unwrap(), None);
    }
}

async fn all_of_somebody_go<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, eve) = (fixture.registered().await, fixture.registered().await);
    let (first, second, hers) =
        (added(fixture, &ada).await, added(fixture, &ada).await, added(fixture, &eve).await);
    for _ in 0..2 {
        fixture.apply(Change::Key(KeyChange::RemoveAll { user: ada.id })).await.unwrap();
    }
    assert_eq!((opened(fixture, &first.1).await, opened(fixture, &second.1).await), (None, None));
    assert!(opened(fixture, &hers.1).await.is_some());
}

async fn those_long_out_are_forgotten<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = fixture.registered().await;
    let (out, endless) = (added(fixture, &ada).await.0, new_key(fixture, &ada, &fixture.unique()));
    let endless = ApiKey { expires_at: None, ..endless };
    fixture.apply(add(&endless)).await.unwrap();
    let end = out.expires_at.unwrap();
    fixture.store.sweep(fixture.now(), end, 1_000).await.unwrap();
    assert!(fixture.store.api_key(out.id).await.unwrap().is_some(), "it has just run out");
    let later = end.saturating_add(Duration::from_secs(1));
    fixture.store.sweep(fixture.now(), later, 1_000).await.unwrap();
    assert_eq!(fixture.store.api_key(out.id).await.unwrap(), None);
    assert!(fixture.store.api_key(endless.id).await.unwrap().is_some());
}

async fn use_is_written_down_once<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = fixture.registered().await;
    let (key, _) = added(fixture, &ada).await;
    let written = async || {
        let now = fixture.now();
        let before = now.saturating_sub(Duration::from_mins(1));
        let racers = (0..RACERS).map(|_| fixture.store.api_key_used(key.id, now, before));
        join_all(racers).await.into_iter().filter(|outcome| *outcome.as_ref().unwrap()).count()
    };
    assert_eq!(written().await, 1);
    fixture.time.advance(Duration::from_secs(59));
    assert_eq!(written().await, 0);
    fixture.time.advance(Duration::from_secs(1));
    assert_eq!(written().await, 1);
    let found = fixture.store.api_key(key.id).await.unwrap().unwrap();
    assert_eq!(found, ApiKey { last_used_at: Some(fixture.now()), ..key.clone() });
    // The clock was set back: what lies in the future counts for none.
    let earlier = fixture.now().saturating_sub(Duration::from_hours(1));
    let before = earlier.saturating_sub(Duration::from_mins(1));
    assert!(fixture.store.api_key_used(key.id, earlier, before).await.unwrap());
    assert!(!fixture.store.api_key_used(key.id, earlier, before).await.unwrap());
    let found = fixture.store.api_key(key.id).await.unwrap().unwrap();
    assert_eq!(found.last_used_at, Some(earlier));
}

async fn accounts_of_programs_are_listed<S: AuthStore>(fixture: &Fixture<S>) {
    let mut robot = fixture.somebody();
    let address = format!("{}@service-account.invalid", robot.id);
    robot.email = address.parse::<EmailAddress>().unwrap();
    fixture.apply(super::fixture::add(&robot)).await.unwrap();
    let page = fixture.store.service_accounts(None, 1).await.unwrap();
    assert_eq!(page.items, [robot.clone()], "the newest");
    let all = fixture.store.service_accounts(None, 200).await.unwrap();
    assert!(all.items.iter().all(User::is_service_account));
    let gone = Change::SetStatus { user: robot.id, to: UserStatus::Deleted, at: fixture.now() };
    fixture.apply(gone).await.unwrap();
    let page = fixture.store.service_accounts(None, 1).await.unwrap();
    assert!(page.items.iter().all(|user| user.id != robot.id));
}
