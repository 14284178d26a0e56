//! Passkeys: one credential is one user's, each answer counts once, and nobody loses their last way in.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::Id;
use uuid::Uuid;

use super::accounts::ways;
use super::fixture::{Fixture, RACERS, hash, refused, tally};
use crate::domain::{
    CeremonyId, Device, EndReason, LinkedAccount, PasskeyId, Purpose, TotpFactor, User, UserId, UserPasskey,
    UserStatus,
};
use crate::passkey::{CredentialId, CredentialKey, Passkey};
use crate::store::{AccountChange, AuthStore, Change, PasskeyChange, Refused, Trail};
use crate::totp::TotpStep;

const HOUR: Duration = Duration::from_hours(1);
const MANY: u32 = 1_000;

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    a_passkey_is_kept_as_it_was_made(fixture).await;
    a_credential_is_one_users(fixture).await;
    nobody_has_more_than_they_may(fixture).await;
    a_counter_goes_up_once(fixture).await;
    of_many_one_answers_a_ceremony(fixture).await;
    a_passkey_is_named_and_removed_by_its_owner(fixture).await;
    the_last_way_in_stays(fixture).await;
    a_passkey_and_an_account_elsewhere_stand_in_for_each_other(fixture).await;
    what_hangs_on_the_last_factor_goes_with_it(fixture).await;
    all_go_where_they_are_lost(fixture).await;
    who_is_gone_uses_no_passkey(fixture).await;
}

impl<S: AuthStore> Fixture<S> {
    /// A passkey of a credential.
    pub(super) fn passkey(&self, user: UserId, credential: &str, counter: u32) -> UserPasskey {
        let mut key = b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20".to_vec();
        key.extend([7; 32]);
        UserPasskey {
            id: Id::new(&self.time.clock()),
            user,
            name: "Zoë's \"🦀\"".parse().unwrap(),
            passkey: Passkey {
                id: CredentialId::from_bytes(credential.as_bytes()).unwrap(),
                key: CredentialKey::from_bytes(&key).unwrap(),
                counter,
                backup_eligible: true,
                backed_up: false,
                aaguid: Uuid::from_u128(u128::MAX - 1),
                user_verified: true,
                transports: vec!["hybrid".to_owned(), "internal".to_owned()],
            },
            created_at: self.now(),
            last_used_at: None,
        }
    }

    async fn with_passkey(&self, counter: u32) -> UserPasskey {
        let user = self.registered().await;
        self.one_more(user.id, counter).await
    }

    async fn one_more(&self, user: UserId, counter: u32) -> UserPasskey {
        let passkey = self.passkey(user, &self.unique(), counter);
        self.apply(add(&passkey, MANY)).await.unwrap();
        passkey
    }

    fn used(&self, passkey: &UserPasskey, from: u32, to: u32) -> Change {
        let (user, passkey, at) = (passkey.user, passkey.id, self.now());
        Change::Passkey(PasskeyChange::Use { user, passkey, from, to, backed_up: true, at })
    }

    fn burn(&self) -> Change {
        let ceremony: CeremonyId = Id::new(&self.time.clock());
        Change::Spend { mark: ceremony.to_string(), until: self.now().saturating_add(HOUR) }
    }

    async fn take_password(&self, user: UserId) {
        let (reason, at) = (EndReason::AddressClaimed, self.now());
        let change = Change::SetPassword { user, from: None, to: None, keep: None, reason, at };
        self.apply(change).await.unwrap();
    }

    async fn with_codes_and_device(&self, user: UserId) {
        let macs = vec![self.mac(Purpose::EmailCode, "a")];
        self.apply(Change::SetRecoveryCodes { user, macs }).await.unwrap();
        let device = Device {
            id: Id::new(&self.time.clock()),
            user,
            name: "Firefox".to_owned(),
            mac: self.mac(Purpose::MagicLink, &self.unique()),
            created_at: self.now(),
            expires_at: self.now().saturating_add(HOUR),
        };
        self.apply(Change::RememberDevice { device, most: 2 }).await.unwrap();
    }

    async fn with_app(&self, user: UserId) {
        let step = TotpStep::from_number(5).unwrap();
        let (sealed, at) = (b"sealed".to_vec(), self.now());
        let app =
            TotpFactor { user, sealed: sealed.clone(), confirmed_at: None, last_step: None, created_at: at };
        self.apply(Change::OfferTotp(app)).await.unwrap();
        self.apply(Change::ConfirmTotp { user, sealed, step, at }).await.unwrap();
    }

    /// How many recovery codes and remembered devices there are.
    async fn hanging_on(&self, user: UserId) -> (u32, usize) {
        let codes = self.store.recovery_codes(user).await.unwrap();
        (codes, self.store.devices(user, self.now()).await.unwrap().len())
    }
}

pub(super) fn add(passkey: &UserPasskey, most: u32) -> Change {
    Change::Passkey(PasskeyChange::Add { passkey: passkey.clone(), most })
}

fn remove(user: UserId, passkey: PasskeyId) -> Change {
    Change::Passkey(PasskeyChange::Remove { user, passkey, ways: ways(true) })
}

fn unlink(account: &LinkedAccount, passkeys: bool) -> Change {
    let (user, account, ways) = (account.user, account.id, ways(passkeys));
    Change::Account(AccountChange::Unlink { user, account, ways })
}

/// How many of the outcomes are done, and how many are this refusal; there are no others.
fn done(outcomes: &[Result<(), Refused>], refusal: fn(&Refused) -> bool) -> (usize, usize) {
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(refusal)).count();
    assert_eq!(done + refused, outcomes.len(), "{outcomes:?}");
    (done, refused)
}

async fn a_passkey_is_kept_as_it_was_made<S: AuthStore>(fixture: &Fixture<S>) {
    let one = fixture.with_passkey(u32::MAX).await;
    fixture.time.advance(Duration::from_secs(1));
    let two = fixture.one_more(one.user, 0).await;
    let kept = fixture.store.passkeys(one.user).await.unwrap();
    assert_eq!(kept, [two, one.clone()], "the newest first");
    assert_eq!(fixture.store.passkey(&one.passkey.id).await.unwrap(), Some(one.clone()));
    let nobodys = CredentialId::from_bytes(fixture.unique().as_bytes()).unwrap();
    assert_eq!(fixture.store.passkey(&nobodys).await.unwrap(), None);
    let nobody = fixture.passkey(Id::new(&fixture.time.clock()), &fixture.unique(), 0);
    refused!(fixture.apply(add(&nobody, MANY)).await, Stale);
    assert!(fixture.store.passkeys(nobody.user).await.unwrap().is_empty());
}

async fn a_credential_is_one_users<S: AuthStore>(fixture: &Fixture<S>) {
    let mut people = Vec::new();
    for _ in 0..RACERS {
        people.push(fixture.registered().await.id);
    }
    let credential = fixture.unique();
    let racing = people.iter().map(|user| {
        let passkey = fixture.passkey(*user, &credential, 1);
        async move { fixture.apply(add(&passkey, MANY)).await }
    });
    let outcomes = join_all(racing).await;
    assert_eq!(done(&outcomes, |refused| matches!(refused, Refused::Exists)), (1, RACERS - 1));
    let id = CredentialId::from_bytes(credential.as_bytes()).unwrap();
    let owner = fixture.store.passkey(&id).await.unwrap().unwrap().user;
    for user in people {
        let theirs = fixture.store.passkeys(user).await.unwrap().len();
        assert_eq!(theirs, usize::from(user == owner));
    }
    refused!(fixture.apply(add(&fixture.passkey(owner, &credential, 1), MANY)).await, Exists);
}

async fn nobody_has_more_than_they_may<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await.id;
    let racing = (0..RACERS).map(|_| {
        let passkey = fixture.passkey(user, &fixture.unique(), 1);
        async move { fixture.apply(add(&passkey, 3)).await }
    });
    let outcomes = join_all(racing).await;
    assert_eq!(done(&outcomes, |refused| matches!(refused, Refused::TooMany)), (3, RACERS - 3));
    assert_eq!(fixture.store.passkeys(user).await.unwrap().len(), 3);
}

async fn a_counter_goes_up_once<S: AuthStore>(fixture: &Fixture<S>) {
    let passkey = fixture.with_passkey(5).await;
    fixture.time.advance(Duration::from_secs(1));
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(fixture.used(&passkey, 5, 6)))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    let kept = fixture.store.passkey(&passkey.passkey.id).await.unwrap().unwrap();
    assert_eq!((kept.passkey.counter, kept.passkey.backed_up), (6, true));
    assert_eq!(kept.last_used_at, Some(fixture.now()));
    refused!(fixture.apply(fixture.used(&passkey, 5, 7)).await, Stale);
    fixture.apply(fixture.used(&passkey, 6, u32::MAX)).await.unwrap();
    let other = UserPasskey { user: fixture.registered().await.id, ..passkey };
    refused!(fixture.apply(fixture.used(&other, u32::MAX, 1)).await, Stale);
    // One that does not count.
    let still = fixture.with_passkey(0).await;
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(fixture.used(&still, 0, 0)))).await;
    assert_eq!(tally(outcomes), (RACERS, 0, 0));
}

async fn of_many_one_answers_a_ceremony<S: AuthStore>(fixture: &Fixture<S>) {
    let passkey = fixture.with_passkey(0).await;
    let (changes, trail) = ([fixture.burn(), fixture.used(&passkey, 0, 0)], Trail::NONE);
    let outcomes = join_all((0..RACERS).map(|_| fixture.store.apply(&changes, &trail))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    // What comes with it happens or not, too.
    let [one, two] = [fixture.burn(), fixture.burn()];
    fixture.apply(one.clone()).await.unwrap();
    refused!(fixture.store.apply(&[two.clone(), one.clone()], &Trail::NONE).await, Stale);
    fixture.apply(two).await.unwrap();
    fixture.store.sweep(fixture.now(), fixture.now(), 1_000).await.unwrap();
    refused!(fixture.apply(one.clone()).await, Stale);
    fixture.time.advance(HOUR);
    assert!(fixture.store.sweep(fixture.now(), fixture.now(), 1_000).await.unwrap() > 0);
    fixture.apply(one).await.unwrap();
}

async fn a_passkey_is_named_and_removed_by_its_owner<S: AuthStore>(fixture: &Fixture<S>) {
    let (passkey, other) = (fixture.with_passkey(1).await, fixture.with_passkey(1).await);
    let rename = |user, passkey| {
        Change::Passkey(PasskeyChange::Rename { user, passkey, name: "Schlüssel".parse().unwrap() })
    };
    refused!(fixture.apply(rename(other.user, passkey.id)).await, Stale);
    fixture.apply(rename(passkey.user, passkey.id)).await.unwrap();
    assert_eq!(fixture.store.passkeys(passkey.user).await.unwrap()[0].name.as_str(), "Schlüssel");
    refused!(fixture.apply(remove(other.user, passkey.id)).await, Stale);
    let removal = remove(passkey.user, passkey.id);
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(removal.clone()))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    assert_eq!(fixture.store.passkey(&passkey.passkey.id).await.unwrap(), None);
    refused!(fixture.apply(fixture.used(&passkey, 1, 2)).await, Stale);
    assert_eq!(fixture.store.passkeys(other.user).await.unwrap(), [other]);
}

async fn the_last_way_in_stays<S: AuthStore>(fixture: &Fixture<S>) {
    let one = fixture.with_passkey(1).await;
    let user = one.user;
    fixture.take_password(user).await;
    refused!(fixture.apply(remove(user, one.id)).await, LastWayIn);
    assert_eq!(fixture.store.passkeys(user).await.unwrap(), std::slice::from_ref(&one));
    // Of two that go at once, one stays.
    let two = fixture.one_more(user, 1).await;
    let racing = [one.id, two.id].map(|id| fixture.apply(remove(user, id)));
    let outcomes = join_all(racing).await;
    assert_eq!(done(&outcomes, |refused| matches!(refused, Refused::LastWayIn)), (1, 1));
    assert_eq!(fixture.store.passkeys(user).await.unwrap().len(), 1);
}

async fn a_passkey_and_an_account_elsewhere_stand_in_for_each_other<S: AuthStore>(fixture: &Fixture<S>) {
    let both = async |provider| {
        let passkey = fixture.with_passkey(1).await;
        fixture.take_password(passkey.user).await;
        let account = fixture.linked(passkey.user, provider).await;
        (passkey, account)
    };
    let (passkey, account) = both("one").await;
    fixture.apply(remove(passkey.user, passkey.id)).await.unwrap();
    refused!(fixture.apply(unlink(&account, true)).await, LastWayIn);

    let (passkey, account) = both("one").await;
    refused!(fixture.apply(unlink(&account, false)).await, LastWayIn);
    fixture.apply(unlink(&account, true)).await.unwrap();
    refused!(fixture.apply(remove(passkey.user, passkey.id)).await, LastWayIn);

    let (passkey, _) = both("a provider that is not there any more").await;
    refused!(fixture.apply(remove(passkey.user, passkey.id)).await, LastWayIn);

    for _ in 0..8 {
        let (passkey, account) = both("two").await;
        let racing = [remove(passkey.user, passkey.id), unlink(&account, true)];
        let outcomes = join_all(racing.into_iter().map(|change| fixture.apply(change))).await;
        assert_eq!(done(&outcomes, |refused| matches!(refused, Refused::LastWayIn)), (1, 1));
    }
}

async fn what_hangs_on_the_last_factor_goes_with_it<S: AuthStore>(fixture: &Fixture<S>) {
    let one = fixture.with_passkey(1).await;
    let user = one.user;
    let two = fixture.one_more(user, 1).await;
    fixture.with_codes_and_device(user).await;
    fixture.apply(remove(user, one.id)).await.unwrap();
    assert_eq!(fixture.hanging_on(user).await, (1, 0), "there is another passkey");
    fixture.with_codes_and_device(user).await;
    fixture.apply(remove(user, two.id)).await.unwrap();
    assert_eq!(fixture.hanging_on(user).await, (0, 0));

    let three = fixture.with_passkey(1).await;
    let user = three.user;
    fixture.with_app(user).await;
    fixture.with_codes_and_device(user).await;
    fixture.apply(Change::RemoveTotp { user }).await.unwrap();
    assert_eq!(fixture.hanging_on(user).await, (1, 0), "there is a passkey");
    fixture.with_app(user).await;
    fixture.apply(remove(user, three.id)).await.unwrap();
    assert_eq!(fixture.hanging_on(user).await, (1, 0), "there is an app");
}

async fn all_go_where_they_are_lost<S: AuthStore>(fixture: &Fixture<S>) {
    let (one, other) = (fixture.with_passkey(1).await, fixture.with_passkey(1).await);
    let user = one.user;
    fixture.one_more(user, 1).await;
    fixture.with_codes_and_device(user).await;
    fixture.take_password(user).await;
    fixture.with_codes_and_device(user).await;
    let remove_all = |user| Change::Passkey(PasskeyChange::RemoveAll { user });
    fixture.apply(remove_all(user)).await.unwrap();
    assert!(fixture.store.passkeys(user).await.unwrap().is_empty(), "mail lets them in");
    assert_eq!(fixture.hanging_on(user).await, (0, 0));
    assert_eq!(fixture.store.passkeys(other.user).await.unwrap().len(), 1);
    fixture.apply(remove_all(user)).await.unwrap();
    let at = fixture.now();
    fixture.apply(Change::SetStatus { user: other.user, to: UserStatus::Suspended, at }).await.unwrap();
    fixture.apply(remove_all(other.user)).await.unwrap();
    refused!(fixture.apply(remove_all(Id::new(&fixture.time.clock()))).await, Stale);
}

async fn who_is_gone_uses_no_passkey<S: AuthStore>(fixture: &Fixture<S>) {
    let passkey = fixture.with_passkey(1).await;
    let (user, at) = (passkey.user, fixture.now());
    let reset = Change::SetPassword {
        user,
        from: None,
        to: Some(hash("two")),
        keep: None,
        reason: EndReason::PasswordChanged,
        at,
    };
    fixture.apply(reset).await.unwrap();
    fixture.apply(fixture.used(&passkey, 1, 2)).await.unwrap();
    for to in [UserStatus::Suspended, UserStatus::Deleted] {
        fixture.apply(Change::SetStatus { user, to, at }).await.unwrap();
        refused!(fixture.apply(fixture.used(&passkey, 2, 3)).await, Stale);
        refused!(fixture.apply(remove(user, passkey.id)).await, Stale);
        let another = fixture.passkey(user, &fixture.unique(), 1);
        refused!(fixture.apply(add(&another, MANY)).await, Stale);
        assert_eq!(fixture.store.passkeys(user).await.unwrap().len(), 1);
    }
    fixture.apply(Change::Purge { user, deleted_until: at, at }).await.unwrap();
    assert!(fixture.store.passkeys(user).await.unwrap().is_empty());
    assert_eq!(fixture.store.passkey(&passkey.passkey.id).await.unwrap(), None);
    // What they had is free for others.
    let User { id, .. } = fixture.registered().await;
    let again = UserPasskey { id: Id::new(&fixture.time.clock()), user: id, ..passkey };
    fixture.apply(add(&again, MANY)).await.unwrap();
}
