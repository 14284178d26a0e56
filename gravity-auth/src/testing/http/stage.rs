//! [`Stage`]: sign-in on a host, with a mailbox and a clock that tests move.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gravity_core::limits::{MemoryLimiter, Quota, RateLimiter};
use gravity_core::security::password::PasswordConfig;
use gravity_core::security::{Key, KeyRing};
use gravity_core::testing::http::{Answer, Host, Kind, Raw};
use gravity_core::{Clock, Id, SecretString, TestClock, Timestamp};
use http::HeaderMap;
use serde_json::{Value, json};

use crate::domain::{EmailAddress, User, UserStatus};
use crate::store::{Change, Trail};
use crate::{Auth, AuthConfig, DevMailbox, Message, Registration, Throttles};

/// The password of everybody on the stage.
pub const PASSWORD: &str = "correct horse battery";

/// The address under which the application is reached, as far as it knows.
pub const ISSUER: &str = "https://shop.example";

/// Sign-in on a host.
#[derive(Debug)]
pub struct Stage {
    /// The handle.
    pub auth: Auth,
    /// Where mail goes.
    pub mailbox: DevMailbox,
    /// The time.
    pub time: TestClock,
    host: Host,
    run: String,
    people: AtomicU64,
}

/// Somebody on the stage.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their address.
    pub email: String,
    /// Their access token.
    pub access: String,
    /// Their refresh token.
    pub refresh: String,
    /// Their session.
    pub session: String,
}

/// An answer, as tests look at it.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The document, or null.
    pub body: Value,
}

/// A configuration for tests: a clock, a mailbox, weak hashes, and no limits to speak of.
pub fn config(mailbox: &DevMailbox, time: &TestClock) -> AuthConfig {
    let none = || -> Arc<dyn RateLimiter> { Arc::new(MemoryLimiter::new(Quota::per_second(1_000_000))) };
    AuthConfig::new(ISSUER, KeyRing::new(Key::generate("test").unwrap()))
        .with_clock(time.clock())
        .with_delivery(mailbox.clone())
        .with_passkeys("shop.example")
        .with(|settings| settings.passkeys.most = 4)
        .with_hashing(PasswordConfig::weak_for_tests().with_queue(1_000))
        .with_throttles(Throttles {
            sign_in: none(),
            account: none(),
            network: none(),
            api_keys: none(),
            mail: none(),
            mailbox: none(),
            requests: none(),
        })
}

/// A clock for tests.
pub fn clock() -> TestClock {
    TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap())
}

/// How many passwords were hashed and verified so far: as many for somebody as for nobody.
pub fn hashes(auth: &Auth) -> u64 {
    auth.0.hasher.done()
}

impl Stage {
    /// A stage on this host. Its jobs are done until the end of the test.
    ///
    /// # Panics
    /// When there is no port to be had.
    pub fn new(kind: Kind, auth: Auth, mailbox: DevMailbox, time: TestClock) -> Self {
        let running = auth.clone();
        tokio::spawn(async move { running.run_until(std::future::pending()).await });
        let run = Id::<User>::new(&Clock::default()).to_string();
        let host = Host::start(kind, "", auth.routes());
        let run = run[run.len() - 10..].to_owned();
        Self { auth, mailbox, time, host, run, people: AtomicU64::new(0) }
    }

    /// A text that nobody else has.
    pub fn unique(&self) -> String {
        format!("p{}{}", self.people.fetch_add(1, Ordering::Relaxed), self.run)
    }

    /// An address that nobody has.
    pub fn email(&self) -> String {
        format!("{}@example.org", self.unique())
    }

    /// Sends a request, with headers as they stand in it.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut text = format!("{method} {} HTTP/1.1\r\nhost: localhost\r\n", self.host.path(path));
        for (name, value) in headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        write!(text, "content-length: {}\r\nconnection: close\r\n\r\n", body.len()).unwrap();
        let mut connection = Raw::connect(&self.host).await;
        connection.send([text.as_bytes(), body].concat()).await;
        let Answer { status, headers, body, .. } = connection.answer_to(method).await;
        let body =
            if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap_or_default() };
        Reply { status: status.as_u16(), headers, body }
    }

    /// Posts a document to a route below `/api/v1/auth`.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_as("", path, body).await
    }

    /// The same, with an access token.
    pub async fn post_as(&self, token: &str, path: &str, body: Value) -> Reply {
        self.ask("POST", token, path, body).await
    }

    /// Asks a route below `/api/v1/auth` with an access token, if there is one.
    pub async fn ask(&self, method: &str, token: &str, path: &str, body: Value) -> Reply {
        self.ask_at("/api/v1/auth", method, token, path, body).await
    }

    /// Asks a route below `/api/v1/users` with an access token, if there is one.
    pub async fn users(&self, method: &str, token: &str, path: &str, body: Value) -> Reply {
        self.ask_at("/api/v1/users", method, token, path, body).await
    }

    async fn ask_at(&self, prefix: &str, method: &str, token: &str, path: &str, body: Value) -> Reply {
        let bearer = format!("Bearer {token}");
        let mut headers = Vec::new();
        if !token.is_empty() {
            headers.push(("authorization", bearer.as_str()));
        }
        let body = if body.is_null() {
            Vec::new()
        } else {
            headers.push(("content-type", "application/json"));
            serde_json::to_vec(&body).unwrap()
        };
        self.call(method, &format!("{prefix}{path}"), &headers, &body).await
    }

    /// Asks a route below `/api/v1` with an access token or an API key, if there is one.
    pub async fn api(&self, method: &str, token: &str, path: &str, body: Value) -> Reply {
        let bearer = format!("Bearer {token}");
        let mut headers = Vec::new();
        if !token.is_empty() {
            headers.push(("authorization", bearer.as_str()));
        }
        let mut bytes = Vec::new();
        if !body.is_null() {
            headers.push(("content-type", "application/json"));
            bytes = serde_json::to_vec(&body).unwrap();
        }
        self.call(method, &format!("/api/v1{path}"), &headers, &bytes).await
    }

    /// A super admin who is signed in.
    pub async fn admin(&self) -> Person {
        let email = self.email();
        let new = Registration {
            email: email.parse().unwrap(),
            password: SecretString::from(PASSWORD),
            user_name: None,
            first_name: None,
            last_name: None,
        };
        self.auth.create_admin(new).await.unwrap();
        self.sign_in(&email).await
    }

    /// Somebody who is signed in with this role.
    pub async fn with_role(&self, role: &str) -> Person {
        let email = self.verified().await;
        let user = self.auth.store().by_email(&email.parse().unwrap()).await.unwrap().unwrap().0;
        let set = Change::SetRole {
            user: user.id,
            from: user.role,
            to: role.parse().unwrap(),
            at: self.time.now(),
        };
        self.auth.store().apply(&[set], &Trail::NONE).await.unwrap();
        self.auth.catch_up().await.unwrap();
        self.sign_in(&email).await
    }

    /// The id of somebody.
    pub async fn id_of(&self, person: &Person) -> String {
        let me = self.ask("GET", &person.access, "/me", Value::Null).await;
        me.body["id"].as_str().unwrap().to_owned()
    }

    /// Gives somebody another status.
    pub async fn set_status(&self, person: &Person, to: UserStatus) {
        let email: EmailAddress = person.email.parse().unwrap();
        let user = self.auth.store().by_email(&email).await.unwrap().unwrap().0.id;
        let change = Change::SetStatus { user, to, at: self.time.now() };
        self.auth.store().apply(&[change], &Trail::NONE).await.unwrap();
        self.auth.catch_up().await.unwrap();
    }

    /// Somebody who has signed up, and not verified their address.
    pub async fn registered(&self) -> String {
        let email = self.email();
        let reply = self.post("/register", json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(reply.status, 202, "{reply:?}");
        email
    }

    /// Somebody who has verified their address.
    pub async fn verified(&self) -> String {
        let email = self.registered().await;
        let token = self.token(&email, "verify_email").await;
        let reply = self.post("/verify-email", json!({ "token": token })).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        email
    }

    /// Somebody who is signed in.
    pub async fn signed_in(&self) -> Person {
        let email = self.verified().await;
        self.sign_in(&email).await
    }

    /// Somebody of this role who is signed in.
    pub async fn of_role(&self, role: &str) -> Person {
        let email = self.email();
        let new = crate::Registration {
            email: email.parse().unwrap(),
            password: PASSWORD.into(),
            user_name: None,
            first_name: None,
            last_name: None,
        };
        let user = self.auth.create_user(new).await.unwrap();
        let to = role.parse().unwrap();
        if to != user.role {
            let change =
                crate::store::Change::SetRole { user: user.id, from: user.role, to, at: self.time.now() };
            self.auth.store().apply(&[change], &crate::store::Trail::NONE).await.unwrap();
            self.auth.catch_up().await.unwrap();
            // Tokens of this very second are called back too.
            self.time.advance(Duration::from_secs(2));
        }
        self.sign_in(&email).await
    }

    /// Signs somebody in once more.
    pub async fn sign_in(&self, email: &str) -> Person {
        let reply = self.login(email, PASSWORD).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        Person::of(email, &reply)
    }

    /// Tries to sign in.
    pub async fn login(&self, email: &str, password: &str) -> Reply {
        self.post("/login", json!({ "email": email, "password": password })).await
    }

    /// The newest mail of a kind to somebody, when it has come.
    pub async fn mail(&self, to: &str, kind: &str) -> Message {
        let to: EmailAddress = to.parse().unwrap();
        let began = Instant::now();
        loop {
            let messages = self.mailbox.messages();
            let found =
                messages.into_iter().find(|message| message.to.key() == to.key() && message.kind == kind);
            if let Some(message) = found {
                return message;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "waited in vain for `{kind}` to {to}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The token of the link in the newest mail of a kind to somebody.
    pub async fn token(&self, to: &str, kind: &str) -> String {
        self.token_after(to, kind, "").await
    }

    /// The same, of mail that comes after that with another token.
    pub async fn token_after(&self, to: &str, kind: &str, other: &str) -> String {
        let began = Instant::now();
        loop {
            let mail = self.mail(to, kind).await;
            let (_, rest) = mail.text.split_once("#token=").unwrap();
            let token = rest.split_whitespace().next().unwrap();
            if token != other {
                return token.to_owned();
            }
            assert!(began.elapsed() < Duration::from_mins(1), "waited in vain for another `{kind}` to {to}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Person {
    /// Whom an answer has signed in.
    pub fn of(email: &str, reply: &Reply) -> Self {
        let text = |name: &str| reply.body[name].as_str().unwrap_or_default().to_owned();
        Self {
            email: email.to_owned(),
            access: text("access_token"),
            refresh: text("refresh_token"),
            session: text("session"),
        }
    }
}

impl Reply {
    /// The status, and the code of a problem.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    /// The pointers of the faults of a problem, in the order of their text.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut pointers: Vec<&str> = errors.iter().filter_map(|error| error["pointer"].as_str()).collect();
        pointers.sort_unstable();
        pointers
    }

    /// The cookies that it sets, by name, each with all that stands behind the name.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let cookies = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let split = cookies.filter_map(|cookie| cookie.split_once('='));
        split.map(|(name, rest)| (name.to_owned(), rest.to_owned())).collect()
    }

    /// What an observer compares: the status, the headers but for ids and times, the document but for the id.
    pub fn seen(&self) -> (u16, Vec<(String, String)>, Value) {
        let unique = ["x-request-id", "date"];
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| !unique.contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), format!("{value:?}")))
            .collect();
        headers.sort();
        let mut body = self.body.clone();
        if let Some(members) = body.as_object_mut() {
            members.remove("request_id");
        }
        (self.status, headers, body)
    }
}
