//! Second factors: each proof is good once, however many race, and what opens half a door goes with the password.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::Id;

use super::fixture::{Fixture, RACERS, hash, refused, tally};
use crate::domain::{
    Challenge, ChallengeKind, Device, EndReason, Method, Purpose, TotpFactor, User, UserId, UserStatus,
};
use crate::store::{AuthStore, Change, Trail};
use crate::totp::TotpStep;

const HOUR: Duration = Duration::from_hours(1);

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    an_app_is_asked_for_once_it_is_confirmed(fixture).await;
    of_many_one_uses_a_step(fixture).await;
    of_many_one_uses_a_recovery_code(fixture).await;
    of_many_one_finishes_a_challenge(fixture).await;
    devices_are_few_and_run_out(fixture).await;
    a_new_password_voids_what_is_half_open(fixture).await;
    a_session_is_proven(fixture).await;
    a_session_is_bound_once(fixture).await;
}

fn step(number: i64) -> TotpStep {
    TotpStep::from_number(number).unwrap()
}

impl<S: AuthStore> Fixture<S> {
    fn app(&self, user: UserId, sealed: &[u8]) -> TotpFactor {
        let sealed = sealed.to_vec();
        TotpFactor { user, sealed, confirmed_at: None, last_step: None, created_at: self.now() }
    }

    fn confirm(&self, user: UserId, sealed: &[u8], number: i64) -> Change {
        Change::ConfirmTotp { user, sealed: sealed.to_vec(), step: step(number), at: self.now() }
    }

    async fn enrolled(&self) -> User {
        let user = self.registered().await;
        self.apply(Change::OfferTotp(self.app(user.id, b"sealed"))).await.unwrap();
        self.apply(self.confirm(user.id, b"sealed", 5)).await.unwrap();
        user
    }

    fn challenge(&self, user: UserId) -> Challenge {
        Challenge {
            id: Id::new(&self.time.clock()),
            kind: ChallengeKind::SecondFactor,
            user,
            mac: self.mac(Purpose::MagicLink, &self.unique()),
            data: serde_json::json!({ "methods": ["pwd"] }),
            created_at: self.now(),
            expires_at: self.now().saturating_add(HOUR),
        }
    }

    async fn found(&self, challenge: &Challenge) -> Option<Challenge> {
        let macs = [self.mac(Purpose::MagicLink, "of another key"), challenge.mac.clone()];
        self.store.challenge(challenge.kind, &macs, self.now()).await.unwrap()
    }

    fn device(&self, user: UserId) -> Device {
        Device {
            id: Id::new(&self.time.clock()),
            user,
            name: "Firefox on Linux".to_owned(),
            mac: self.mac(Purpose::MagicLink, &self.unique()),
            created_at: self.now(),
            expires_at: self.now().saturating_add(HOUR),
        }
    }

    async fn knows(&self, user: UserId, device: &Device) -> bool {
        let macs = [self.mac(Purpose::MagicLink, "of another key"), device.mac.clone()];
        self.store.is_remembered(user, &macs, self.now()).await.unwrap()
    }
}

async fn an_app_is_asked_for_once_it_is_confirmed<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let (one, two) = (fixture.app(user.id, b"one"), fixture.app(user.id, b"two"));
    refused!(fixture.apply(fixture.confirm(user.id, b"one", 5)).await, Stale);
    fixture.apply(Change::OfferTotp(one.clone())).await.unwrap();
    assert_eq!(fixture.store.totp(user.id).await.unwrap(), Some(one));
    fixture.apply(Change::OfferTotp(two.clone())).await.unwrap();
    refused!(fixture.apply(fixture.confirm(user.id, b"one", 5)).await, Stale);
    refused!(fixture.apply(Change::UseTotp { user: user.id, step: step(5) }).await, Stale);
    refused!(fixture.apply(Change::RemoveTotp { user: user.id }).await, Stale);
    let confirm = fixture.confirm(user.id, b"two", 5);
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(confirm.clone()))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    let kept = fixture.store.totp(user.id).await.unwrap().unwrap();
    assert_eq!((kept.confirmed_at, kept.last_step), (Some(fixture.now()), Some(step(5))));
    refused!(fixture.apply(Change::OfferTotp(fixture.app(user.id, b"three"))).await, Stale);
    let nobody = Id::new(&fixture.time.clock());
    assert_eq!(fixture.store.totp(nobody).await.unwrap(), None);
    refused!(fixture.apply(Change::OfferTotp(fixture.app(nobody, b"x"))).await, Stale);
}

async fn of_many_one_uses_a_step<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.enrolled().await;
    let used = |number| Change::UseTotp { user: user.id, step: step(number) };
    for number in [0, 4, 5] {
        refused!(fixture.apply(used(number)).await, Stale);
    }
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(used(7)))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    refused!(fixture.apply(used(6)).await, Stale);
    fixture.apply(used(8)).await.unwrap();
    fixture.apply(Change::RemoveTotp { user: user.id }).await.unwrap();
    refused!(fixture.apply(used(9)).await, Stale);
    assert_eq!(fixture.store.totp(user.id).await.unwrap(), None);
}

async fn of_many_one_uses_a_recovery_code<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, other) = (fixture.enrolled().await, fixture.enrolled().await);
    let mac = |name: &str| fixture.mac(Purpose::EmailCode, name);
    let set = |names: &[&str]| Change::SetRecoveryCodes {
        user: user.id,
        macs: names.iter().map(|name| mac(name)).collect(),
    };
    let used =
        |user, name: &str| Change::UseRecoveryCode { user, macs: vec![mac("of another key"), mac(name)] };
    fixture.apply(set(&["old"])).await.unwrap();
    fixture.apply(set(&["a", "b", "c"])).await.unwrap();
    assert_eq!(fixture.store.recovery_codes(user.id).await.unwrap(), 3);
    refused!(fixture.apply(used(user.id, "old")).await, Stale);
    refused!(fixture.apply(used(other.id, "a")).await, Stale);
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(used(user.id, "b")))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    assert_eq!(fixture.store.recovery_codes(user.id).await.unwrap(), 2);
    fixture.apply(Change::RemoveTotp { user: user.id }).await.unwrap();
    assert_eq!(fixture.store.recovery_codes(user.id).await.unwrap(), 0);
}

async fn of_many_one_finishes_a_challenge<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let (one, two) = (fixture.challenge(user.id), fixture.challenge(user.id));
    let open = |challenge: &Challenge| Change::OpenChallenge { challenge: challenge.clone(), password: None };
    fixture.apply(open(&one)).await.unwrap();
    fixture.apply(open(&two)).await.unwrap();
    assert_eq!(fixture.found(&one).await, Some(one.clone()), "a user has any number at a time");
    let close = Change::CloseChallenge { challenge: one.id, kind: one.kind, at: fixture.now() };
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(close.clone()))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    assert_eq!(fixture.found(&one).await, None);
    let wrong =
        Change::OpenChallenge { challenge: fixture.challenge(user.id), password: Some(hash("not the one")) };
    refused!(fixture.apply(wrong).await, Stale);
    fixture.time.advance(HOUR);
    assert_eq!(fixture.found(&two).await, None);
    let late = Change::CloseChallenge { challenge: two.id, kind: two.kind, at: fixture.now() };
    refused!(fixture.apply(late).await, Stale);
    assert!(fixture.store.sweep(fixture.now(), fixture.now(), 1000).await.unwrap() > 0);
}

async fn devices_are_few_and_run_out<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, other) = (fixture.enrolled().await, fixture.enrolled().await);
    let mut devices = Vec::new();
    for _ in 0..3 {
        let device = fixture.device(user.id);
        fixture.apply(Change::RememberDevice { device: device.clone(), most: 2 }).await.unwrap();
        fixture.time.advance(Duration::from_secs(1));
        devices.insert(0, device);
    }
    assert_eq!(fixture.store.devices(user.id, fixture.now()).await.unwrap(), devices[..2]);
    assert!(fixture.knows(user.id, &devices[0]).await && !fixture.knows(user.id, &devices[2]).await);
    assert!(!fixture.knows(other.id, &devices[0]).await, "it is one user's");
    refused!(fixture.apply(Change::ForgetDevice { user: other.id, device: devices[0].id }).await, Stale);
    fixture.apply(Change::ForgetDevice { user: user.id, device: devices[0].id }).await.unwrap();
    assert!(!fixture.knows(user.id, &devices[0]).await && fixture.knows(user.id, &devices[1]).await);
    fixture.time.advance(HOUR);
    assert!(!fixture.knows(user.id, &devices[1]).await);
    assert!(fixture.store.devices(user.id, fixture.now()).await.unwrap().is_empty());
}

async fn a_new_password_voids_what_is_half_open<S: AuthStore>(fixture: &Fixture<S>) {
    let (one, two) = (fixture.enrolled().await, fixture.enrolled().await);
    for user in [&one, &two] {
        let (challenge, device) = (fixture.challenge(user.id), fixture.device(user.id));
        let open = Change::OpenChallenge { challenge: challenge.clone(), password: Some(hash("one")) };
        fixture.apply(open).await.unwrap();
        fixture.apply(Change::RememberDevice { device: device.clone(), most: 2 }).await.unwrap();
        let at = fixture.now();
        let change = if user.id == one.id {
            let to = Some(hash("two"));
            let reason = EndReason::PasswordChanged;
            Change::SetPassword { user: user.id, from: None, to, keep: None, reason, at }
        } else {
            Change::SetStatus { user: user.id, to: UserStatus::Suspended, at }
        };
        fixture.apply(change).await.unwrap();
        assert_eq!(fixture.found(&challenge).await, None);
        assert!(!fixture.knows(user.id, &device).await);
        assert!(fixture.store.totp(user.id).await.unwrap().is_some(), "the factor stays");
    }
}

async fn a_session_is_bound_once<S: AuthStore>(fixture: &Fixture<S>) {
    let (user, other) = (fixture.registered().await, fixture.registered().await);
    let session = fixture.signed_in(user.id).await;
    assert_eq!(session.bound_to, None);
    let bind = |user, key: &str| {
        let (key, at) = (key.to_owned(), fixture.now());
        Change::BindSession { user, session: session.id, key, at }
    };
    refused!(fixture.apply(bind(other.id, "theirs")).await, Stale);
    let racers: Vec<_> = (0..RACERS).map(|number| bind(user.id, &format!("key {number}"))).collect();
    let outcomes = join_all(racers.into_iter().map(|bind| fixture.apply(bind))).await;
    let winner = outcomes.iter().position(Result::is_ok).unwrap();
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    let kept = fixture.store.session(session.id).await.unwrap().unwrap();
    assert_eq!(kept.bound_to, Some(format!("key {winner}")));
    fixture.store.rotate(&fixture.rotate(&session, 0), &Trail::NONE, &Trail::NONE).await.unwrap();
    let kept = fixture.store.session(session.id).await.unwrap().unwrap();
    assert_eq!((kept.bound_to, kept.generation), (Some(format!("key {winner}")), 1), "it stays bound");
    let bound = crate::domain::Session {
        bound_to: Some("from the start".to_owned()),
        ..fixture.new_session(user.id)
    };
    fixture.apply(super::fixture::start(&bound)).await.unwrap();
    assert_eq!(fixture.store.session(bound.id).await.unwrap(), Some(bound));
}

async fn a_session_is_proven<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let session = fixture.signed_in(user.id).await;
    fixture.time.advance(Duration::from_mins(1));
    let methods = vec![Method::Pwd, Method::Otp, Method::Mfa];
    let prove = |user| Change::ProveSession {
        user,
        session: session.id,
        methods: methods.clone(),
        at: fixture.now(),
    };
    refused!(fixture.apply(prove(Id::new(&fixture.time.clock()))).await, Stale);
    fixture.apply(prove(user.id)).await.unwrap();
    let kept = fixture.store.session(session.id).await.unwrap().unwrap();
    assert_eq!((kept.proved_at, &kept.methods), (fixture.now(), &methods));
    assert_eq!((kept.created_at, kept.generation), (session.created_at, session.generation));
    fixture.time.advance(Duration::from_hours(48));
    refused!(fixture.apply(prove(user.id)).await, Stale);
}
