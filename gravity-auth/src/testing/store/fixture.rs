//! What the scenarios share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gravity_core::audit::AuditEntry;
use gravity_core::events::{Envelope, EventId};
use gravity_core::jobs::{Job, JobDraft};
use gravity_core::security::mac::{Mac, MacKeys};
use gravity_core::security::{Key, KeyRing};
use gravity_core::{Clock, Id, Secret, SecretString, TestClock, Timestamp};
use serde::{Deserialize, Serialize};

use super::Told;
use crate::domain::{
    Client, EmailAddress, EndReason, Method, Purpose, RoleName, Session, Ticket, User, UserId,
};
use crate::store::{AuthStore, Change, Refused, Rotate, Trail};

/// How many race.
pub(super) const RACERS: usize = 64;
pub(super) const GRACE: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_hours(1);
const ABSOLUTE: Duration = Duration::from_hours(24);

pub(super) struct Fixture<S> {
    pub(super) store: S,
    pub(super) time: TestClock,
    pub(super) ring: KeyRing,
    keys: MacKeys,
    run: String,
    people: AtomicU64,
}

impl<S: AuthStore> Fixture<S> {
    pub(super) fn new(store: S) -> Self {
        let run = Id::<User>::new(&Clock::default()).to_string();
        let ring = KeyRing::new(Key::generate("test").unwrap());
        Self {
            store,
            time: TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap()),
            keys: MacKeys::new(&ring),
            ring,
            run: run[run.len() - 12..].to_owned(),
            people: AtomicU64::new(0),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.time.now()
    }

    /// A text that nothing else in the store has.
    pub(super) fn unique(&self) -> String {
        format!("p{}{}", self.people.fetch_add(1, Ordering::Relaxed), self.run)
    }

    pub(super) fn somebody(&self) -> User {
        let name = self.unique();
        User {
            user_name: Some(name.parse().unwrap()),
            first_name: Some("Zoë 'x'; \"🦀\"".parse().unwrap()),
            ..User::new(Id::new(&self.time.clock()), email(&name), RoleName::CUSTOMER, self.now())
        }
    }

    /// Somebody who is registered with the password `hash`.
    pub(super) async fn registered(&self) -> User {
        let user = self.somebody();
        self.apply(add(&user)).await.unwrap();
        user
    }

    pub(super) async fn apply(&self, change: Change) -> Result<(), Refused> {
        self.store.apply(&[change], &Trail::NONE).await
    }

    pub(super) fn new_session(&self, user: UserId) -> Session {
        let now = self.now();
        Session {
            id: Id::new(&self.time.clock()),
            user,
            seed: Secret::new([7; 32]),
            generation: 0,
            refreshed_at: now,
            methods: vec![Method::Pwd, Method::Otp],
            client: Client {
                name: Some("Télé".to_owned()),
                address: Some("::1".to_owned()),
                user_agent: None,
            },
            proved_at: now,
            created_at: now,
            idle_until: now.saturating_add(IDLE),
            expires_at: now.saturating_add(ABSOLUTE),
            bound_to: None,
            ended: None,
        }
    }

    pub(super) async fn signed_in(&self, user: UserId) -> Session {
        let session = self.new_session(user);
        self.apply(start(&session)).await.unwrap();
        session
    }

    pub(super) fn rotate(&self, session: &Session, generation: u32) -> Rotate {
        Rotate {
            session: session.id,
            generation,
            grace: GRACE,
            now: self.now(),
            idle_until: self.now().saturating_add(IDLE),
            client: Client {
                name: None,
                address: Some("192.0.2.7".to_owned()),
                user_agent: Some("ua".to_owned()),
            },
        }
    }

    pub(super) fn ticket(&self, user: &User, purpose: Purpose, secret: &str) -> Ticket {
        Ticket {
            id: Id::new(&self.time.clock()),
            purpose,
            user: user.id,
            email: user.email.clone(),
            mac: self.mac(purpose, secret),
            guesses_left: 5,
            data: serde_json::json!({ "to": "x\u{0}y".replace('\0', "") }),
            created_at: self.now(),
            expires_at: self.now().saturating_add(IDLE),
        }
    }

    pub(super) fn mac(&self, purpose: Purpose, secret: &str) -> Mac {
        self.keys.sign(purpose.as_str(), secret)
    }

    /// A trail of one event, one entry of the audit log and one job, and how each is known.
    pub(super) fn trail(&self, name: &str) -> (Trail, [Told; 3]) {
        let id = EventId::new(&self.time.clock());
        let event = Envelope {
            id,
            name: name.to_owned(),
            version: 1,
            source: "/auth".to_owned(),
            subject: None,
            time: self.now(),
            correlation: id.to_string(),
            causation: None,
            trace: None,
            data: serde_json::Value::Null,
        };
        let target = self.unique();
        let job = JobDraft::new(Noted(name.to_owned())).prepare(&self.time.clock()).unwrap();
        let told = [Told::Event(id), Told::Audit(target.clone()), Told::Job(job.id)];
        let entry = AuditEntry::new(name).on("test", target);
        (Trail { events: vec![event], audit: vec![entry], jobs: vec![job] }, told)
    }

    pub(super) async fn live(&self, user: UserId) -> Vec<Session> {
        self.store.sessions(user, self.now(), None, 100).await.unwrap().items
    }

    pub(super) async fn end_reason(&self, session: &Session) -> Option<EndReason> {
        self.store.session(session.id).await.unwrap().unwrap().ended.map(|ended| ended.reason)
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Noted(String);

impl Job for Noted {
    const KIND: &'static str = "test.noted";
}

pub(super) fn email(name: &str) -> EmailAddress {
    format!("{name}@example.org").parse().unwrap()
}

pub(super) fn hash(text: &str) -> SecretString {
    SecretString::new(format!("$argon2id$v=19$m=8,t=1,p=1${text}"))
}

pub(super) fn add(user: &User) -> Change {
    Change::AddUser { user: user.clone(), password: Some(hash("one")) }
}

pub(super) fn start(session: &Session) -> Change {
    Change::StartSession { session: session.clone(), password: None, most: 100 }
}

/// How many of the outcomes are of which kind: done, stale, taken.
pub(super) fn tally(outcomes: Vec<Result<(), Refused>>) -> (usize, usize, usize) {
    outcomes.into_iter().fold((0, 0, 0), |(done, stale, taken), outcome| match outcome {
        Ok(()) => (done + 1, stale, taken),
        Err(Refused::Stale) => (done, stale + 1, taken),
        Err(Refused::EmailTaken | Refused::NameTaken) => (done, stale, taken + 1),
        Err(error) => panic!("{error:?}"),
    })
}

macro_rules! refused {
    ($outcome:expr, $kind:ident) => {{
        let outcome = $outcome;
        assert!(matches!(outcome, Err(crate::store::Refused::$kind)), "{outcome:?}");
    }};
}
pub(super) use refused;
