//! Several nodes on one database, and nodes that are restarted.
#![cfg(all(feature = "testing", any(feature = "sqlite", feature = "postgres")))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use gravity_auth::domain::RoleName;
use gravity_auth::testing::http::{PASSWORD, clock, config};
use gravity_auth::{
    Auth, Authority, Caller, Credentials, Delivery, DevMailbox, Identifier, Message, Registered,
    Registration, SignUp, SignedIn,
};
use gravity_core::audit::Origin;
use gravity_core::http::Authenticator as _;
use gravity_core::testing::db::each;
use gravity_core::{Error, SecretString, TestClock};

const EMAIL: &str = "ada@example.org";

fn ada() -> Registration {
    Registration {
        email: EMAIL.parse().unwrap(),
        password: SecretString::from(PASSWORD),
        user_name: None,
        first_name: None,
        last_name: None,
    }
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_mins(1), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn run(auth: &Auth) -> tokio::task::JoinHandle<()> {
    let auth = auth.clone();
    tokio::spawn(async move { auth.run_until(std::future::pending()).await.unwrap() })
}

/// Fails at first, as a mail server does.
#[derive(Debug, Clone)]
struct Flaky {
    left: Arc<AtomicU32>,
    mailbox: DevMailbox,
}

#[async_trait]
impl Delivery for Flaky {
    async fn send(&self, message: &Message) -> Result<(), Error> {
        let fail = |left: u32| left.checked_sub(1);
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fail).is_ok() {
            return Err(Error::unavailable("mail.down", "The mail server is down."));
        }
        self.mailbox.send(message).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_sent_after_a_restart_and_once() {
    each(async |db| {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let flaky = Flaky { left: Arc::new(AtomicU32::new(2)), mailbox: mailbox.clone() };
        let config = config(&mailbox, &time).with_delivery(flaky.clone());
        // Nobody works yet, and then the process is gone.
        let first = Auth::new(db.clone(), config.clone()).await.unwrap();
        assert!(matches!(first.register(ada(), &Origin::default()).await.unwrap(), Registered::MailComes));
        drop(first);
        assert!(mailbox.messages().is_empty());
        // One is stopped while the mail server is down.
        let second = Auth::new(db.clone(), config.clone()).await.unwrap();
        let running = run(&second);
        until("delivery was tried", async || flaky.left.load(Ordering::SeqCst) < 2).await;
        running.abort();
        let third = Auth::new(db.clone(), config).await.unwrap();
        run(&third);
        until("mail has come", async || {
            time.advance(Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(10)).await;
            !mailbox.messages().is_empty()
        })
        .await;
        assert_eq!(mailbox.messages().len(), 1);
        assert_eq!(mailbox.messages()[0].kind, "verify_email");
    })
    .await;
}

async fn signed_in(auth: &Auth) -> SignedIn {
    match auth.register(ada(), &Origin::default()).await.unwrap() {
        Registered::SignedIn(signed_in) => *signed_in,
        Registered::MailComes => panic!("somebody is signed in at once"),
    }
}

async fn pass(time: &TestClock, span: Duration) {
    time.advance(span);
    tokio::time::sleep(Duration::from_millis(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_one_node_ends_is_over_on_all_within_five_seconds() {
    each(async |db| {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let config = config(&mailbox, &time).with_sign_up(SignUp::Immediate);
        let here = Auth::new(db.clone(), config.clone()).await.unwrap();
        let there = Auth::new(db.clone(), config.clone()).await.unwrap();
        run(&there);
        let ada = signed_in(&here).await;
        let token = ada.access_token.expose();
        there.validate(token).await.unwrap();
        here.revoke(ada.refresh_token.expose(), &Origin::default()).await.unwrap();
        assert!(here.validate(token).await.is_err(), "at once where it was ended");
        let ended = time.now();
        until("the other node has heard of it", async || {
            if time.now().saturating_since(ended) < Duration::from_secs(5) {
                pass(&time, Duration::from_millis(500)).await;
            }
            there.validate(token).await.is_err()
        })
        .await;
        assert!(time.now().saturating_since(ended) <= Duration::from_secs(5));
        // A node that begins afterwards knows it from the start.
        let late = Auth::new(db.clone(), config).await.unwrap();
        assert!(late.validate(token).await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_once_means_signed_in_and_taken_is_told() {
    each(async |db| {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let config = config(&mailbox, &time).with_sign_up(SignUp::Immediate);
        let auth = Auth::new(db, config).await.unwrap();
        let first = signed_in(&auth).await;
        auth.validate(first.access_token.expose()).await.unwrap();
        let again = auth.register(ada(), &Origin::default()).await.unwrap_err();
        assert_eq!(again.code(), "auth.email_taken");
        let credentials = Credentials { identifier: Identifier::of(EMAIL), password: PASSWORD.into() };
        auth.sign_in(credentials, &Origin::default()).await.unwrap();
    })
    .await;
}

async fn allowed(auth: &Auth, token: &str, permission: gravity_core::Permission) -> bool {
    let request = http::Request::builder().header("authorization", format!("Bearer {token}"));
    let (head, ()) = request.body(()).unwrap().into_parts();
    let principal = auth.authenticator().authenticate(&head).await;
    principal.is_ok_and(|principal| principal.unwrap().allows(permission))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_roles_is_heard_of_within_five_seconds() {
    each(async |db| {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let config = config(&mailbox, &time).with_sign_up(SignUp::Immediate);
        let here = Auth::new(db.clone(), config.clone()).await.unwrap();
        let there = Auth::new(db.clone(), config.clone()).await.unwrap();
        run(&there);
        let boss = Registration { email: "boss@example.org".parse().unwrap(), ..ada() };
        let boss = here.create_admin(boss).await.unwrap();
        let ada = signed_in(&here).await;
        let token = ada.access_token.expose();
        let by = Authority {
            caller: Caller { user: boss.id, session: Some(ada.session.id), actor: None },
            grants: gravity_core::Grants::all(),
        };
        let read = gravity_core::Permission::new("reports:read");
        let grants = Some("reports:read".parse().unwrap());
        assert!(!allowed(&there, token, read).await);
        here.change_role(&by, &RoleName::CUSTOMER, grants, None, &Origin::default()).await.unwrap();
        assert!(allowed(&here, token, read).await, "at once where it was changed");
        time.advance(Duration::from_secs(5));
        assert!(allowed(&there, token, read).await, "within five seconds elsewhere");
        // Another role: tokens of before are refused.
        here.set_role(&by, ada.user.id, RoleName::MANAGER, &Origin::default()).await.unwrap();
        assert!(here.validate(token).await.is_err(), "at once where it was given");
        let given = time.now();
        until("the other node has heard of it", async || {
            if time.now().saturating_since(given) < Duration::from_secs(5) {
                pass(&time, Duration::from_millis(500)).await;
            }
            there.validate(token).await.is_err()
        })
        .await;
        assert!(time.now().saturating_since(given) <= Duration::from_secs(5));
        let fresh = there.refresh(ada.refresh_token.expose(), &Origin::default()).await.unwrap();
        there.validate(fresh.access_token.expose()).await.unwrap();
    })
    .await;
}
