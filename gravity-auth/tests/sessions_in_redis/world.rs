//! What the tests share.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gravity_auth::SqlStore;
use gravity_auth::domain::{
    Client, EmailAddress, EndReason, Method, RoleName, Session, SessionId, User, UserId,
};
use gravity_auth::store::{AuthStore as _, Change, Refused, Rotate, Rotation, Trail};
use gravity_core::audit::AuditEntry;
use gravity_core::db::Database;
use gravity_core::redis::{Redis, cmd};
use gravity_core::security::{Key, KeyRing};
use gravity_core::testing::db::each;
use gravity_core::testing::redis::TestRedis;
use gravity_core::{Clock, Id, Secret, SecretString, TestClock, Timestamp};

/// A database, and Redis beside it.
pub(crate) struct World {
    pub(crate) test: TestRedis,
    pub(crate) db: Database,
    pub(crate) keys: KeyRing,
    pub(crate) time: TestClock,
}

impl World {
    /// The same on every database.
    pub(crate) async fn each(body: impl AsyncFn(&Self)) {
        each(async |db| {
            let Some(test) = TestRedis::create().await else { return };
            let keys = KeyRing::new(Key::generate("test").unwrap());
            let time = TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap());
            let world = Self { test, db, keys, time };
            body(&world).await;
            world.test.remove().await;
        })
        .await;
    }

    pub(crate) async fn in_tables(&self) -> SqlStore {
        SqlStore::new(self.db.clone(), &self.keys, Clock::system()).await.unwrap()
    }

    pub(crate) async fn node(&self, redis: &Redis) -> SqlStore {
        self.in_tables().await.with_sessions_in(redis)
    }

    pub(crate) async fn store(&self) -> SqlStore {
        self.node(&self.test.redis()).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.time.now()
    }

    pub(crate) async fn registered(&self, store: &SqlStore) -> UserId {
        let id = Id::new(&Clock::default());
        let email: EmailAddress = format!("{id}@example.org").parse().unwrap();
        let user = User::new(id, email, RoleName::CUSTOMER, self.now());
        let password = Some(SecretString::from("$argon2id$v=19$m=8,t=1,p=1$one"));
        apply(store, Change::AddUser { user, password }).await.unwrap();
        id
    }

    pub(crate) fn new_session(&self, user: UserId) -> Session {
        let now = self.now();
        Session {
            id: Id::new(&Clock::default()),
            user,
            seed: Secret::new([7; 32]),
            generation: 0,
            refreshed_at: now,
            methods: vec![Method::Pwd],
            client: Client { name: Some("Télé".to_owned()), ..Client::default() },
            proved_at: now,
            created_at: now,
            idle_until: now.saturating_add(Duration::from_hours(1)),
            expires_at: now.saturating_add(Duration::from_hours(24)),
            bound_to: None,
            ended: None,
        }
    }

    pub(crate) async fn signed_in(&self, store: &SqlStore, user: UserId) -> Session {
        let session = self.new_session(user);
        apply(store, start(&session)).await.unwrap();
        session
    }

    pub(crate) fn rotation(&self, session: &Session, generation: u32) -> Rotate {
        Rotate {
            session: session.id,
            generation,
            grace: Duration::from_secs(10),
            now: self.now(),
            idle_until: self.now().saturating_add(Duration::from_hours(1)),
            client: Client::default(),
        }
    }

    pub(crate) async fn rotate(&self, store: &SqlStore, session: &Session, generation: u32) -> Rotation {
        let rotate = self.rotation(session, generation);
        store.rotate(&rotate, &Trail::NONE, &Trail::NONE).await.unwrap()
    }

    pub(crate) fn end(&self, session: &Session) -> Change {
        let (user, reason) = (session.user, EndReason::SignedOut);
        Change::EndSession { user, session: session.id, reason, at: self.now() }
    }

    pub(crate) fn end_all(&self, user: UserId) -> Change {
        Change::EndSessions { user, keep: None, reason: EndReason::Revoked, at: self.now() }
    }

    pub(crate) async fn live(&self, store: &SqlStore, user: UserId) -> Vec<SessionId> {
        let live = store.sessions(user, self.now(), None, 100).await.unwrap().items;
        live.iter().map(|session| session.id).collect()
    }

    /// All that is in Redis: texts, lists and scores.
    pub(crate) async fn everything(&self) -> BTreeMap<String, String> {
        let (redis, mut all) = (self.test.redis(), BTreeMap::new());
        let keys: Vec<String> = redis.query(cmd("KEYS").arg(redis.key("*"))).await.unwrap();
        for key in keys {
            let kind: String = redis.query(cmd("TYPE").arg(&key)).await.unwrap();
            let value = match kind.as_str() {
                "string" => redis.query::<String>(cmd("GET").arg(&key)).await.unwrap(),
                "set" => {
                    let mut ids: Vec<String> = redis.query(cmd("SMEMBERS").arg(&key)).await.unwrap();
                    ids.sort();
                    ids.join(" ")
                }
                _ => {
                    let mut range = cmd("ZRANGE");
                    let scores: Vec<(String, f64)> =
                        redis.query(range.arg(&key).arg(0).arg(-1).arg("WITHSCORES")).await.unwrap();
                    format!("{scores:?}")
                }
            };
            all.insert(key, value);
        }
        all
    }

    pub(crate) async fn records(&self) -> i64 {
        self.db.query("SELECT count(*) FROM audit_records").fetch_scalar().await.unwrap()
    }
}

pub(crate) async fn apply(store: &SqlStore, change: Change) -> Result<(), Refused> {
    store.apply(&[change], &Trail::NONE).await
}

pub(crate) fn start(session: &Session) -> Change {
    Change::StartSession { session: session.clone(), password: None, most: 100 }
}

/// For a moment after a failure nobody tries to connect.
pub(crate) async fn until_it_answers(redis: &Redis) {
    let began = Instant::now();
    while redis.ping().await.is_err() {
        assert!(began.elapsed() < Duration::from_mins(1), "waited in vain for Redis");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) fn told() -> Trail {
    Trail { audit: vec![AuditEntry::new("test.told").on("test", "it")], ..Trail::NONE }
}
