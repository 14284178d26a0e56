//! Those who come to sign in, known and unknown, and everything that they can ask without having shown who they are.

use std::time::Duration;

use gravity_auth::testing::http::{PASSWORD, clock, config};
use gravity_auth::{Auth, AuthConfig, DevMailbox, Registration};
use gravity_core::http::{Body, Routes};
use gravity_core::security::password::PasswordConfig;
use http::Request;
use serde_json::{Value, json};

/// How many there are of each kind: so many that a code stands all guesses that are made.
pub(crate) const EACH: usize = 64;

/// Who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// Somebody with an account.
    Known,
    /// Somebody else with an account: between these two nothing can be told by what they are.
    Other,
    /// Somebody who has signed up, and never followed the link.
    Unverified,
    /// Nobody: no account has this address.
    Nobody,
}

/// What can be asked about an address.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) body: fn(&str, &str) -> Value,
}

/// Everything that can be asked about an address by somebody who has shown nothing.
pub(crate) const PROBES: &[Probe] = &[
    Probe {
        name: "a wrong password",
        path: "/login",
        body: |email, _| json!({ "email": email, "password": "wrong horse battery" }),
    },
    Probe {
        name: "a wrong password of a user name",
        path: "/login",
        body: |_, name| json!({ "username": name, "password": "wrong horse battery" }),
    },
    Probe {
        name: "signing up",
        path: "/register",
        body: |email, _| json!({ "email": email, "password": PASSWORD }),
    },
    Probe {
        name: "a forgotten password",
        path: "/forgot-password",
        body: |email, _| json!({ "email": email }),
    },
    Probe { name: "a magic link", path: "/magic-link", body: |email, _| json!({ "email": email }) },
    Probe { name: "a code", path: "/email-code", body: |email, _| json!({ "email": email }) },
    Probe {
        name: "the link once more",
        path: "/resend-verification",
        body: |email, _| json!({ "email": email }),
    },
    Probe {
        name: "a wrong code",
        path: "/email-code/redeem",
        body: |email, _| json!({ "email": email, "code": "000000" }),
    },
];

/// A site with people. Nothing happens on it but what is asked for: its workers have done what there was to do, and
/// have stopped.
pub(crate) struct Site {
    pub(crate) auth: Auth,
    routes: Routes,
}

impl Site {
    /// A site whose passwords cost more than all the rest of a request, though far less than those of a real one.
    pub(crate) async fn new(open: impl AsyncFnOnce(AuthConfig) -> Auth) -> Self {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let hashing = PasswordConfig::weak_for_tests().with_memory_kib(4 * 1024).with_queue(1_000);
        let mut config = config(&mailbox, &time).with_hashing(hashing);
        // A guess of each round, and the code stands them all.
        config = config.with(|settings| settings.mail.guesses = 10);
        let auth = open(config).await;
        let site = Self { routes: auth.routes(), auth };
        site.settle(&mailbox).await;
        site
    }

    /// Everybody is made, and everybody, and nobody, asks for a code.
    async fn settle(&self, mailbox: &DevMailbox) {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let auth = self.auth.clone();
        let workers = tokio::spawn(async move { auth.run_until(async { drop(stopped.await) }).await });
        for number in 0..EACH {
            for visitor in [Visitor::Known, Visitor::Other] {
                let new = Registration {
                    email: email(visitor, number).parse().unwrap(),
                    password: PASSWORD.into(),
                    user_name: Some(user_name(visitor, number).parse().unwrap()),
                    first_name: None,
                    last_name: None,
                };
                self.auth.create_user(new).await.unwrap();
            }
            let input = json!({
                "email": email(Visitor::Unverified, number),
                "password": PASSWORD,
                "user_name": user_name(Visitor::Unverified, number),
            });
            assert_eq!(self.post("/register", &input).await.0, 202);
        }
        until(|| self.count(mailbox, "verify_email") == EACH).await;
        for number in 0..EACH {
            for visitor in [Visitor::Known, Visitor::Other, Visitor::Unverified, Visitor::Nobody] {
                let (status, _) = self.post("/email-code", &json!({ "email": email(visitor, number) })).await;
                assert_eq!(status, 202);
            }
        }
        until(|| self.count(mailbox, "email_code") == 3 * EACH).await;
        drop(stop);
        workers.await.unwrap().unwrap();
    }

    #[expect(clippy::unused_self, reason = "it is the site's mail")]
    fn count(&self, mailbox: &DevMailbox, kind: &str) -> usize {
        mailbox.messages().iter().filter(|message| message.kind == kind).count()
    }

    /// Asks, and gives the answer.
    pub(crate) async fn ask(&self, probe: &Probe, visitor: Visitor, number: usize) -> (u16, Value) {
        let (email, name) = (email(visitor, number % EACH), user_name(visitor, number % EACH));
        self.post(probe.path, &(probe.body)(&email, &name)).await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::post(format!("/api/v1/auth{path}"))
            .header("host", "shop.example")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let (head, body) = self.routes.handle(request).await.unwrap().into_parts();
        let body = body.into_bytes(1 << 20).await.unwrap();
        let mut document: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(members) = document.as_object_mut() {
            members.remove("request_id");
        }
        (head.status.as_u16(), document)
    }
}

/// All addresses are of one length.
fn email(visitor: Visitor, number: usize) -> String {
    format!("{}@example.org", user_name(visitor, number))
}

fn user_name(visitor: Visitor, number: usize) -> String {
    let kind = match visitor {
        Visitor::Known => "known",
        Visitor::Other => "other",
        Visitor::Unverified => "fresh",
        Visitor::Nobody => "guest",
    };
    format!("{kind}{number:03}")
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), waiting).await.unwrap();
}
