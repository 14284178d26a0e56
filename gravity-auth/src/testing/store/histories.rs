//! Random histories: a store and the one in memory are told the same, and must answer alike.

use std::time::Duration;

use gravity_core::testing::Random;

use super::fixture::{Fixture, add, email, hash};
use crate::MemoryStore;
use crate::domain::{
    ApiKey, EndReason, FollowState, Invitation, InvitationId, LinkedAccount, Method, OrgId, OrgRole,
    PasskeyId, Person, Purpose, RoleName, Session, Ticket, TotpFactor, User, UserStatus, Visibility,
};
use crate::store::{
    AccountChange, AccountStore as _, ApiKeyStore as _, AuthStore, Change, FactorStore as _, KeyChange,
    OrgChange, OrgStore as _, PasskeyChange, PasskeyStore as _, PeopleStore as _, Refused, Side, Trail,
    WaysIn,
};
use crate::totp::TotpStep;

const STEPS: u64 = 12;

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>, histories: u64) {
    for seed in 0..histories {
        let mut history = History::begin(fixture, seed).await;
        for _ in 0..STEPS {
            history.step().await;
        }
        history.compare().await;
    }
}

/// One history: few people and things, so that much happens to each.
struct History<'f, S> {
    fixture: &'f Fixture<S>,
    model: MemoryStore,
    random: Random,
    seed: u64,
    users: Vec<User>,
    sessions: Vec<Session>,
    tickets: Vec<(Ticket, String)>,
    passkeys: Vec<PasskeyId>,
    /// Few credentials, so that several want the same one.
    credentials: Vec<String>,
    accounts: Vec<LinkedAccount>,
    keys: Vec<ApiKey>,
    orgs: Vec<OrgId>,
    invitations: Vec<InvitationId>,
    told: Vec<String>,
}

impl<'f, S: AuthStore> History<'f, S> {
    async fn begin(fixture: &'f Fixture<S>, seed: u64) -> Self {
        let users = vec![fixture.somebody(), fixture.somebody()];
        let mut history = Self {
            fixture,
            model: MemoryStore::new(&fixture.ring, fixture.time.clock()),
            random: Random::new(seed),
            seed,
            users,
            sessions: Vec::new(),
            tickets: Vec::new(),
            passkeys: Vec::new(),
            credentials: (0..3).map(|_| fixture.unique()).collect(),
            accounts: Vec::new(),
            keys: Vec::new(),
            orgs: Vec::new(),
            invitations: Vec::new(),
            told: Vec::new(),
        };
        let everybody = history.users.iter().map(add).collect();
        history.apply(everybody).await;
        history
    }

    async fn step(&mut self) {
        if self.random.once_in(3) {
            self.fixture.time.advance(Duration::from_secs(self.random.below(2_000)));
        }
        match self.random.below(10) {
            0..=5 => {
                let changes = (0..=self.random.below(2)).map(|_| self.change()).collect();
                self.apply(changes).await;
            }
            6..=8 if !self.sessions.is_empty() => self.rotate().await,
            _ if !self.tickets.is_empty() => self.guess().await,
            _ => {}
        }
        // Most differences show in answers; what is kept is looked at now and then, for it takes many reads.
        if self.random.once_in(4) {
            self.compare().await;
        }
    }

    fn change(&mut self) -> Change {
        let (fixture, at) = (self.fixture, self.fixture.now());
        let user = self.random.pick(&self.users).clone();
        let password = |random: &Random| random.pick(&["one", "two"]).to_string();
        if self.random.once_in(3) {
            return self.change_of_people();
        }
        match self.random.below(29) {
            20..=22 => self.org_change(&user),
            23..=25 => self.passkey_change(&user),
            26..=28 => self.account_change(&user),
            14..=17 => self.factor_change(&user),
            18 | 19 => self.key_change(&user),
            12 => {
                // Whether somebody is the last super admin is a matter of the whole store, and so of every history.
                let roles = [RoleName::ADMIN, RoleName::CUSTOMER];
                let (from, to) = (self.random.pick(&roles).clone(), self.random.pick(&roles).clone());
                Change::SetRole { user: user.id, from, to, at }
            }
            0 => Change::SetStatus { user: user.id, to: *self.random.pick(&UserStatus::ALL[..2]), at },
            1 if self.random.once_in(4) => Change::SetStatus { user: user.id, to: UserStatus::Deleted, at },
            2 => Change::SetPassword {
                user: user.id,
                from: (!self.random.once_in(2)).then(|| hash(&password(&self.random))),
                to: (!self.random.once_in(4)).then(|| hash(&password(&self.random))),
                keep: self.sessions.last().map(|session| session.id),
                reason: EndReason::PasswordChanged,
                at,
            },
            3 => Change::Rehash {
                user: user.id,
                from: hash(&password(&self.random)),
                to: hash(&password(&self.random)),
            },
            4 => Change::VerifyEmail { user: user.id, email: user.email, at },
            5 => {
                let from = user.email.clone();
                let to = if self.random.once_in(3) {
                    self.users[0].email.clone()
                } else {
                    email(&fixture.unique())
                };
                Change::ChangeEmail { user: user.id, from, to, at }
            }
            6 => {
                let user_name = self.random.pick(&self.users).user_name.clone();
                Change::Rename { user: user.id, user_name, first_name: None, last_name: None, at }
            }
            7 if !self.sessions.is_empty() => {
                let session = self.random.pick(&self.sessions).id;
                Change::EndSession { user: user.id, session, reason: EndReason::SignedOut, at }
            }
            8 => Change::EndSessions { user: user.id, keep: None, reason: EndReason::Revoked, at },
            9 => {
                let secret = fixture.unique();
                let ticket = fixture.ticket(&user, *self.random.pick(&Purpose::ALL), &secret);
                self.tickets.push((ticket.clone(), secret));
                Change::IssueTicket(ticket)
            }
            10 if !self.tickets.is_empty() => {
                let (ticket, _) = self.random.pick(&self.tickets);
                Change::RedeemTicket { ticket: ticket.id, purpose: ticket.purpose, at }
            }
            _ => {
                let session = fixture.new_session(user.id);
                self.sessions.push(session.clone());
                let password = (!self.random.once_in(2)).then(|| hash(&password(&self.random)));
                Change::StartSession { session, password, most: 2 }
            }
        }
    }

    fn change_of_people(&mut self) -> Change {
        let at = self.fixture.now();
        let user = self.random.pick(&self.users).id;
        let (follower, followee) = (self.random.pick(&self.users).id, self.random.pick(&self.users).id);
        match self.random.below(10) {
            0..=2 => {
                let mut person = Person::new(self.random.pick(&self.users).clone());
                let all =
                    [Visibility::Public, Visibility::Public, Visibility::Followers, Visibility::Private];
                person.preferences.privacy.profile = *self.random.pick(&all);
                let version = u32::try_from(self.random.below(3)).unwrap();
                Change::SetProfile { user, version, profile: person.profile, preferences: person.preferences }
            }
            3..=5 => {
                let state = *self.random.pick(&[
                    FollowState::Following,
                    FollowState::Following,
                    FollowState::Requested,
                ]);
                Change::Follow { follower, followee, state, at }
            }
            6 => Change::AcceptFollow { follower, followee, at },
            7 => Change::Unfollow { follower, followee },
            8 => {
                let deleted_after = at.saturating_sub(Duration::from_secs(self.random.below(4_000)));
                Change::Restore { user, deleted_after, at }
            }
            _ => {
                let deleted_until = at.saturating_sub(Duration::from_secs(self.random.below(2_000)));
                Change::Purge { user, deleted_until, at }
            }
        }
    }

    fn passkey_change(&mut self, user: &User) -> Change {
        let (user, at) = (user.id, self.fixture.now());
        let small = |random: &Random| u32::try_from(random.below(3)).unwrap();
        let (from, to) = (small(&self.random), small(&self.random));
        let credential = self.random.pick(&self.credentials).clone();
        let change = match self.random.below(7) {
            6 => PasskeyChange::RemoveAll { user },
            0 | 1 => {
                let passkey = self.fixture.passkey(user, &credential, from);
                self.passkeys.push(passkey.id);
                PasskeyChange::Add { passkey, most: 2 }
            }
            _ if self.passkeys.is_empty() => {
                // Few marks, so that several want the same one.
                return Change::Spend { mark: credential, until: at };
            }
            2 | 3 => {
                let passkey = *self.random.pick(&self.passkeys);
                PasskeyChange::Use { user, passkey, from, to, backed_up: to == 2, at }
            }
            4 => {
                let (passkey, name) = (*self.random.pick(&self.passkeys), "another".parse().unwrap());
                PasskeyChange::Rename { user, passkey, name }
            }
            _ => {
                let passkey = *self.random.pick(&self.passkeys);
                PasskeyChange::Remove { user, passkey, ways: self.ways_in() }
            }
        };
        Change::Passkey(change)
    }

    fn factor_change(&mut self, user: &User) -> Change {
        let (user, at) = (user.id, self.fixture.now());
        let sealed = vec![u8::try_from(self.random.below(2)).unwrap()];
        let step = TotpStep::from_number(i64::try_from(self.random.below(4)).unwrap()).unwrap();
        let mac = |name: &str| self.fixture.mac(Purpose::EmailCode, name);
        match self.random.below(7) {
            0 | 1 => Change::OfferTotp(TotpFactor {
                user,
                sealed,
                confirmed_at: None,
                last_step: None,
                created_at: at,
            }),
            2 => Change::ConfirmTotp { user, sealed, step, at },
            3 => Change::UseTotp { user, step },
            4 if self.random.once_in(3) => Change::RemoveTotp { user },
            5 => Change::SetRecoveryCodes { user, macs: vec![mac("a"), mac("b")] },
            6 if !self.sessions.is_empty() => {
                let session = self.random.pick(&self.sessions).id;
                Change::ProveSession { user, session, methods: vec![Method::Otp], at }
            }
            _ => {
                let name = *self.random.pick(&["a", "b", "c"]);
                Change::UseRecoveryCode { user, macs: vec![mac(name)] }
            }
        }
    }

    fn account_change(&mut self, user: &User) -> Change {
        let (user, at) = (user.id, self.fixture.now());
        let known = if self.accounts.is_empty() { 0 } else { self.random.below(4) };
        Change::Account(match known {
            0 | 1 => {
                let provider = *self.random.pick(&["one", "two"]);
                let subject = format!("{}{}", self.random.pick(&["a", "b"]), self.users[0].id);
                let account = super::accounts::account(self.fixture, user, provider, &subject);
                self.accounts.push(account.clone());
                AccountChange::Link(account)
            }
            2 => AccountChange::Use { user, account: self.random.pick(&self.accounts).id, email: None, at },
            _ => {
                let ways = self.ways_in();
                AccountChange::Unlink { user, account: self.random.pick(&self.accounts).id, ways }
            }
        })
    }

    fn ways_in(&mut self) -> WaysIn {
        let providers = vec!["one".to_owned()];
        WaysIn { providers, passkeys: self.random.below(2) == 0 }
    }

    fn key_change(&mut self, user: &User) -> Change {
        let known = if self.keys.is_empty() { 0 } else { self.random.below(4) };
        Change::Key(match known {
            0 => {
                let key = super::api_keys::new_key(self.fixture, user, &self.fixture.unique());
                self.keys.push(key.clone());
                KeyChange::Add { key: Box::new(key), most: 2 }
            }
            1 => {
                let from = self.random.pick(&self.keys).clone();
                let version = u32::try_from(self.random.below(2)).unwrap();
                KeyChange::Update { version, to: Box::new(ApiKey { name: self.fixture.unique(), ..from }) }
            }
            2 => KeyChange::Remove { user: user.id, key: self.random.pick(&self.keys).id },
            _ => KeyChange::RemoveAll { user: user.id },
        })
    }

    fn org_change(&mut self, user: &User) -> Change {
        let at = self.fixture.now();
        let known = if self.orgs.is_empty() { 0 } else { self.random.below(7) };
        if known == 0 {
            let org = super::orgs::new_org(self.fixture);
            self.orgs.push(org.id);
            return Change::Org(OrgChange::Add { org, owner: user.id, most: 3 });
        }
        let org = *self.random.pick(&self.orgs);
        let role = |random: &Random| *random.pick(&OrgRole::ALL);
        Change::Org(match known {
            1 | 2 => {
                let (email, secret) = (self.random.pick(&self.users).email.clone(), self.fixture.unique());
                let mac = self.fixture.mac(Purpose::EmailCode, &secret);
                let invitation = Invitation {
                    id: gravity_core::Id::new(&self.fixture.time.clock()),
                    org,
                    email,
                    role: role(&self.random),
                    mac,
                    invited_by: user.id,
                    created_at: at,
                    expires_at: at.saturating_add(Duration::from_mins(25)),
                };
                self.invitations.push(invitation.id);
                OrgChange::Invite { invitation: Box::new(invitation), most: 2 }
            }
            3 if !self.invitations.is_empty() => {
                let invitation = *self.random.pick(&self.invitations);
                OrgChange::Accept { invitation, user: user.id, at, most: 2 }
            }
            6 => {
                let or = self.random.once_in(2).then(|| self.random.pick(&self.users).role.clone());
                OrgChange::Act { org, user: user.id, least: role(&self.random), or }
            }
            4 if self.random.once_in(4) => OrgChange::Remove { org },
            _ => {
                let to = (!self.random.once_in(3)).then(|| role(&self.random));
                OrgChange::SetMember { org, user: user.id, from: role(&self.random), to }
            }
        })
    }

    async fn apply(&mut self, changes: Vec<Change>) {
        self.told.push(format!("{changes:?}"));
        let outcome = self.fixture.store.apply(&changes, &Trail::NONE).await;
        let expected = self.model.apply(&changes, &Trail::NONE).await;
        assert_eq!(kind(&outcome), kind(&expected), "{}", self.story());
        for user in &mut self.users {
            *user = self.model.user(user.id).await.unwrap().unwrap();
        }
    }

    async fn rotate(&mut self) {
        let session = self.random.pick(&self.sessions);
        let generation = u32::try_from(self.random.below(3)).unwrap();
        let rotate = self.fixture.rotate(session, generation);
        self.told.push(format!("{rotate:?}"));
        let outcome = self.fixture.store.rotate(&rotate, &Trail::NONE, &Trail::NONE).await.unwrap();
        let expected = self.model.rotate(&rotate, &Trail::NONE, &Trail::NONE).await.unwrap();
        assert_eq!(outcome, expected, "{}", self.story());
    }

    async fn guess(&mut self) {
        let (ticket, secret) = self.random.pick(&self.tickets);
        let secret = if self.random.once_in(2) { secret } else { "wrong" };
        let macs = [self.fixture.mac(ticket.purpose, secret)];
        self.told.push(format!("guess {secret} for {ticket:?}"));
        let now = self.fixture.now();
        let outcome =
            self.fixture.store.guess(ticket.purpose, ticket.user, &macs, now, &Trail::NONE).await.unwrap();
        let expected = self.model.guess(ticket.purpose, ticket.user, &macs, now, &Trail::NONE).await.unwrap();
        assert_eq!(outcome, expected, "{}", self.story());
    }

    async fn compare(&self) {
        let (store, now) = (&self.fixture.store, self.fixture.now());
        for user in &self.users {
            assert_eq!(
                store.by_email(&user.email).await.unwrap(),
                self.model.by_email(&user.email).await.unwrap(),
                "{}",
                self.story()
            );
            assert_eq!(
                store.person(user.id).await.unwrap(),
                self.model.person(user.id).await.unwrap(),
                "{}",
                self.story()
            );
            for side in [Side::Followers, Side::Following] {
                let follows = store.follows(user.id, side, FollowState::Following, None, 10).await.unwrap();
                let expected =
                    self.model.follows(user.id, side, FollowState::Following, None, 10).await.unwrap();
                assert_eq!(follows, expected, "{}", self.story());
            }
            let live = store.sessions(user.id, now, None, 50).await.unwrap();
            assert_eq!(
                live.items,
                self.model.sessions(user.id, now, None, 50).await.unwrap().items,
                "{}",
                self.story()
            );
        }
        for user in &self.users {
            let (found, expected) = (store.totp(user.id).await, self.model.totp(user.id).await);
            assert_eq!(found.unwrap(), expected.unwrap(), "{}", self.story());
            let accounts = store.accounts(user.id).await.unwrap();
            assert_eq!(accounts, self.model.accounts(user.id).await.unwrap(), "{}", self.story());
            let left = store.recovery_codes(user.id).await.unwrap();
            assert_eq!(left, self.model.recovery_codes(user.id).await.unwrap(), "{}", self.story());
            let passkeys = store.passkeys(user.id).await.unwrap();
            assert_eq!(passkeys, self.model.passkeys(user.id).await.unwrap(), "{}", self.story());
        }
        for key in &self.keys {
            let found = store.api_key(key.id).await.unwrap();
            assert_eq!(found, self.model.api_key(key.id).await.unwrap(), "{}", self.story());
            let macs = [key.mac.clone()];
            let opened = store.api_key_by(&macs, now).await.unwrap();
            assert_eq!(opened, self.model.api_key_by(&macs, now).await.unwrap(), "{}", self.story());
        }
        for org in &self.orgs {
            assert_eq!(
                (store.org(*org).await.unwrap(), store.members(*org, None, 50).await.unwrap()),
                (self.model.org(*org).await.unwrap(), self.model.members(*org, None, 50).await.unwrap()),
                "{}",
                self.story()
            );
            let open = store.invitations(*org, now).await.unwrap();
            assert_eq!(open, self.model.invitations(*org, now).await.unwrap(), "{}", self.story());
        }
        for (ticket, _) in &self.tickets {
            let macs = [ticket.mac.clone()];
            let found = store.ticket(ticket.purpose, &macs, now).await.unwrap();
            assert_eq!(
                found,
                self.model.ticket(ticket.purpose, &macs, now).await.unwrap(),
                "{}",
                self.story()
            );
        }
    }

    fn story(&self) -> String {
        format!("seed {}:\n{}", self.seed, self.told.join("\n"))
    }
}

fn kind(outcome: &Result<(), Refused>) -> &'static str {
    match outcome {
        Ok(()) => "done",
        Err(Refused::EmailTaken) => "email taken",
        Err(Refused::NameTaken) => "name taken",
        Err(Refused::LastAdmin) => "last admin",
        Err(Refused::Exists) => "exists",
        Err(Refused::TooMany) => "too many",
        Err(Refused::AccountTaken) => "account taken",
        Err(Refused::LastWayIn) => "last way in",
        Err(Refused::Stale) => "stale",
        Err(Refused::InUse | Refused::Circle | Refused::LastOwner) => "of others",
        Err(Refused::Failed(error)) => panic!("{error}"),
    }
}
