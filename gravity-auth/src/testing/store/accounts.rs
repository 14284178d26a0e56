//! Accounts at providers elsewhere: each lets one user in, however many race for it, and the last way in stays.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::Id;

use super::fixture::{Fixture, RACERS, email, refused};
use crate::domain::{LinkedAccount, User, UserId, UserStatus};
use crate::store::{AccountChange, AuthStore, Change, Refused, WaysIn};

const HOUR: Duration = Duration::from_hours(1);

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    an_account_is_known_by_its_subject(fixture).await;
    of_many_who_link_an_account_one_gets_it(fixture).await;
    a_user_has_one_account_of_a_provider(fixture).await;
    who_may_not_sign_in_links_nothing(fixture).await;
    a_use_is_kept(fixture).await;
    the_last_way_in_stays(fixture).await;
    of_two_who_unlink_both_one_stays(fixture).await;
    what_is_purged_lets_nobody_in(fixture).await;
    of_many_one_spends_a_mark(fixture).await;
}

pub(super) fn account<S: AuthStore>(
    fixture: &Fixture<S>,
    user: UserId,
    provider: &str,
    subject: &str,
) -> LinkedAccount {
    LinkedAccount {
        id: Id::new(&fixture.time.clock()),
        user,
        provider: provider.to_owned(),
        issuer: "https://id.example".to_owned(),
        subject: subject.to_owned(),
        email: Some(email(&fixture.unique())),
        created_at: fixture.now(),
        used_at: fixture.now(),
    }
}

fn link(account: &LinkedAccount) -> Change {
    Change::Account(AccountChange::Link(account.clone()))
}

fn unlink(account: &LinkedAccount) -> Change {
    Change::Account(AccountChange::Unlink { user: account.user, account: account.id, ways: ways(true) })
}

/// The providers `one` and `two` let people in, and passkeys do or do not.
pub(super) fn ways(passkeys: bool) -> WaysIn {
    WaysIn { providers: ["one", "two"].map(str::to_owned).to_vec(), passkeys }
}

impl<S: AuthStore> Fixture<S> {
    pub(super) async fn linked(&self, user: UserId, provider: &str) -> LinkedAccount {
        let account = account(self, user, provider, &self.unique());
        self.apply(link(&account)).await.unwrap();
        account
    }

    async fn without_password(&self) -> User {
        let user = self.somebody();
        self.apply(Change::AddUser { user: user.clone(), password: None }).await.unwrap();
        user
    }

    async fn let_in_by(&self, account: &LinkedAccount) -> Option<LinkedAccount> {
        self.store.account(&account.provider, &account.issuer, &account.subject).await.unwrap()
    }
}

async fn an_account_is_known_by_its_subject<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let one = account(fixture, user.id, "one", &format!("Sübjéct '{}' 🦀%_", fixture.unique()));
    fixture.apply(link(&one)).await.unwrap();
    fixture.time.advance(Duration::from_secs(1));
    let two = fixture.linked(user.id, "two").await;
    assert_eq!(fixture.let_in_by(&one).await, Some(one.clone()));
    assert_eq!(fixture.store.accounts(user.id).await.unwrap(), [one.clone(), two]);
    for (provider, issuer, subject) in [
        ("two", &*one.issuer, &*one.subject),
        ("one", "https://other.example", &one.subject),
        ("one", &one.issuer, &one.subject.to_uppercase()),
        ("one", &one.issuer, ""),
    ] {
        let found = fixture.store.account(provider, issuer, subject).await.unwrap();
        assert_eq!(found, None, "{provider} {issuer} {subject}");
    }
    assert_eq!(fixture.store.accounts(Id::new(&fixture.time.clock())).await.unwrap(), []);
}

async fn of_many_who_link_an_account_one_gets_it<S: AuthStore>(fixture: &Fixture<S>) {
    let subject = fixture.unique();
    let mut racers = Vec::new();
    for _ in 0..RACERS {
        let user = fixture.registered().await;
        racers.push(account(fixture, user.id, "one", &subject));
    }
    let outcomes = join_all(racers.iter().map(|account| fixture.apply(link(account)))).await;
    let taken = outcomes.iter().filter(|outcome| matches!(outcome, Err(Refused::AccountTaken))).count();
    assert_eq!((outcomes.iter().filter(|outcome| outcome.is_ok()).count(), taken), (1, RACERS - 1));
    let found = fixture.let_in_by(&racers[0]).await.unwrap();
    let winner = outcomes.iter().position(Result::is_ok).unwrap();
    assert_eq!(found, racers[winner]);
}

async fn a_user_has_one_account_of_a_provider<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let racers: Vec<_> = (0..RACERS).map(|_| account(fixture, user.id, "one", &fixture.unique())).collect();
    let outcomes = join_all(racers.iter().map(|account| fixture.apply(link(account)))).await;
    let taken = outcomes.iter().filter(|outcome| matches!(outcome, Err(Refused::AccountTaken))).count();
    assert_eq!((outcomes.iter().filter(|outcome| outcome.is_ok()).count(), taken), (1, RACERS - 1));
    assert_eq!(fixture.store.accounts(user.id).await.unwrap().len(), 1);
    fixture.linked(user.id, "two").await;
}

async fn who_may_not_sign_in_links_nothing<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let suspended = Change::SetStatus { user: user.id, to: UserStatus::Suspended, at: fixture.now() };
    fixture.apply(suspended).await.unwrap();
    for user in [user.id, Id::new(&fixture.time.clock())] {
        let account = account(fixture, user, "one", &fixture.unique());
        refused!(fixture.apply(link(&account)).await, Stale);
        assert_eq!(fixture.let_in_by(&account).await, None);
    }
}

async fn a_use_is_kept<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, other) = (fixture.registered().await, fixture.registered().await);
    let account = fixture.linked(user.id, "one").await;
    fixture.time.advance(HOUR);
    let (at, told) = (fixture.now(), Some(email(&fixture.unique())));
    let used = |user, email| Change::Account(AccountChange::Use { user, account: account.id, email, at });
    refused!(fixture.apply(used(other.id, None)).await, Stale);
    fixture.apply(used(user.id, told.clone())).await.unwrap();
    let kept = fixture.let_in_by(&account).await.unwrap();
    assert_eq!(kept, LinkedAccount { email: told, used_at: at, ..account.clone() });
    fixture.apply(used(user.id, None)).await.unwrap();
    assert_eq!(fixture.let_in_by(&account).await.unwrap().email, None);
    fixture.apply(unlink(&account)).await.unwrap();
    refused!(fixture.apply(used(user.id, None)).await, Stale);
}

async fn the_last_way_in_stays<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, other) = (fixture.without_password().await, fixture.registered().await);
    let one = fixture.linked(user.id, "one").await;
    refused!(fixture.apply(unlink(&one)).await, LastWayIn);
    let gone = fixture.linked(user.id, "a provider that is not there any more").await;
    refused!(fixture.apply(unlink(&one)).await, LastWayIn);
    let two = fixture.linked(user.id, "two").await;
    refused!(fixture.apply(unlink(&LinkedAccount { user: other.id, ..one.clone() })).await, Stale);
    fixture.apply(unlink(&one)).await.unwrap();
    refused!(fixture.apply(unlink(&one)).await, Stale);
    refused!(fixture.apply(unlink(&two)).await, LastWayIn);
    fixture.apply(unlink(&gone)).await.unwrap();
    assert_eq!(fixture.store.accounts(user.id).await.unwrap(), [two]);
    let last = fixture.linked(other.id, "one").await;
    fixture.apply(unlink(&last)).await.unwrap();
    assert_eq!(fixture.let_in_by(&last).await, None, "who has a password needs none");
    let again = account(fixture, user.id, "one", &last.subject);
    fixture.apply(link(&again)).await.unwrap();
    assert_eq!(fixture.let_in_by(&last).await, Some(again), "what is free can be linked");
}

async fn of_two_who_unlink_both_one_stays<S: AuthStore>(fixture: &Fixture<S>) {
    for _ in 0..8 {
        let user = fixture.without_password().await;
        let both = [fixture.linked(user.id, "one").await, fixture.linked(user.id, "two").await];
        let outcomes = join_all(both.iter().map(|account| fixture.apply(unlink(account)))).await;
        let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(Refused::LastWayIn))).count();
        assert_eq!((outcomes.iter().filter(|outcome| outcome.is_ok()).count(), refused), (1, 1));
        assert_eq!(fixture.store.accounts(user.id).await.unwrap().len(), 1);
    }
}

async fn what_is_purged_lets_nobody_in<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let account = fixture.linked(user.id, "one").await;
    let at = fixture.now();
    fixture.apply(Change::SetStatus { user: user.id, to: UserStatus::Deleted, at }).await.unwrap();
    assert_eq!(fixture.let_in_by(&account).await, Some(account.clone()), "they may come back");
    fixture.apply(Change::Purge { user: user.id, deleted_until: at, at }).await.unwrap();
    assert_eq!(fixture.let_in_by(&account).await, None);
}

async fn of_many_one_spends_a_mark<S: AuthStore>(fixture: &Fixture<S>) {
    let (mark, until) = (fixture.unique(), fixture.now().saturating_add(HOUR));
    let told = join_all((0..RACERS).map(|_| fixture.store.spend(&mark, until))).await;
    let (first, others): (Vec<_>, Vec<_>) = told.into_iter().partition(|told| *told.as_ref().unwrap());
    assert_eq!((first.len(), others.len()), (1, RACERS - 1));
    let others_mark = fixture.store.spend(&mark.to_uppercase(), until).await.unwrap();
    assert!(others_mark, "no mark is taken for another");
    fixture.store.sweep(fixture.now(), fixture.now(), 1_000).await.unwrap();
    assert!(!fixture.store.spend(&mark, until).await.unwrap(), "it is kept as long as it matters");
    fixture.time.advance(HOUR);
    assert!(fixture.store.sweep(fixture.now(), fixture.now(), 1_000).await.unwrap() >= 2);
}
