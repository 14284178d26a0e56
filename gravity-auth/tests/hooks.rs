//! What an application does at the main steps.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gravity_auth::domain::{EmailAddress, Method, RoleName, Session, User, UserStatus};
use gravity_auth::hooks::{Hooks, Refusal, SigningUp};
use gravity_auth::testing::http::{PASSWORD, clock, config};
use gravity_auth::{
    Auth, AuthError, Authority, Credentials, DevMailbox, Identifier, NewPassword, Registered, Registration,
    SignUp, SignedIn,
};
use gravity_core::Error;
use gravity_core::audit::Origin;
use gravity_core::http::IntoProblem as _;

/// Notes every step, and refuses the one that it is told to.
#[derive(Clone)]
struct Watch {
    name: &'static str,
    seen: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Option<&'static str>>>,
}

impl Watch {
    fn note(&self, step: &str) {
        self.seen.lock().unwrap().push(format!("{} {step}", self.name));
    }

    fn pass(&self, step: &'static str) -> Result<(), Refusal> {
        self.note(step);
        match *self.refused.lock().unwrap() {
            Some(refused) if refused == step => Err(Refusal::because(format!("no {step} today"))),
            Some("nobody knows") => Err(Error::unavailable("crm.down", "Try again later.").into()),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Hooks for Watch {
    async fn before_sign_up(&self, step: &mut SigningUp<'_>) -> Result<(), Refusal> {
        if step.email().as_str().starts_with("staff") {
            *step.role() = RoleName::MANAGER;
            *step.user_name() = Some("from.hook".parse().unwrap());
        }
        if step.email().as_str().starts_with("wizard") {
            *step.role() = "wizard".parse().unwrap();
        }
        self.pass("before sign-up")
    }

    async fn after_sign_up(&self, user: &User) {
        self.note(&format!("after sign-up of {}", user.role));
    }

    async fn before_sign_in(&self, _: &User, methods: &[Method], _: &Origin) -> Result<(), Refusal> {
        assert_eq!(methods, [Method::Pwd]);
        self.pass("before sign-in")
    }

    async fn after_sign_in(&self, user: &User, session: &Session) {
        assert_eq!(session.user, user.id);
        self.note("after sign-in");
    }

    async fn before_refresh(&self, _: &User, _: &Session) -> Result<(), Refusal> {
        self.pass("before refresh")
    }

    async fn after_refresh(&self, _: &User, _: &Session) {
        self.note("after refresh");
    }

    async fn before_new_password(&self, _: &User) -> Result<(), Refusal> {
        self.pass("before new password")
    }

    async fn after_new_password(&self, _: &User) {
        self.note("after new password");
    }

    async fn before_new_email(&self, _: &User, to: &EmailAddress) -> Result<(), Refusal> {
        assert_eq!(to.as_str(), "new@example.org");
        self.pass("before new email")
    }

    async fn after_new_email(&self, user: &User, from: &EmailAddress) {
        self.note(&format!("after new email {} for {}", user.email, from));
    }

    async fn before_deletion(&self, _: &User) -> Result<(), Refusal> {
        self.pass("before deletion")
    }

    async fn after_deletion(&self, _: &User) {
        self.note("after deletion");
    }
}

/// An application with two hooks, of which the second can be told to refuse.
struct Application {
    auth: Auth,
    mailbox: DevMailbox,
    seen: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Option<&'static str>>>,
}

impl Application {
    async fn open(sign_up: SignUp) -> Self {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let (seen, refused) = (Arc::default(), Arc::new(Mutex::new(None)));
        let first = Watch { name: "first", seen: Arc::clone(&seen), refused: Arc::default() };
        let second = Watch { name: "second", seen: Arc::clone(&seen), refused: Arc::clone(&refused) };
        let config = config(&mailbox, &time).with_sign_up(sign_up).with_hooks(first).with_hooks(second);
        Self { auth: Auth::in_memory(config).await.unwrap(), mailbox, seen, refused }
    }

    fn refuse(&self, step: &'static str) {
        *self.refused.lock().unwrap() = Some(step);
    }

    fn allow_all(&self) {
        *self.refused.lock().unwrap() = None;
    }

    /// What was seen since it was last asked for.
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    async fn register(&self, name: &str) -> Result<Registered, AuthError> {
        let new = Registration {
            email: format!("{name}@example.org").parse().unwrap(),
            password: PASSWORD.into(),
            user_name: None,
            first_name: None,
            last_name: None,
        };
        self.auth.register(new, &Origin::default()).await
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<SignedIn, AuthError> {
        let identifier = Identifier::of(&format!("{name}@example.org"));
        let credentials = Credentials { identifier, password: password.into() };
        self.auth.sign_in(credentials, &Origin::default()).await
    }

    async fn by(&self, signed_in: &SignedIn) -> Authority {
        let claims = self.auth.validate(signed_in.access_token.expose()).await.unwrap();
        Authority::of(&claims.into_principal()).unwrap()
    }

    fn token(&self, kind: &str, to: &str) -> String {
        let message = self
            .mailbox
            .messages()
            .into_iter()
            .rfind(|message| message.kind == kind && message.to.as_str() == to);
        let text = message.unwrap().text;
        let after = text.split("#token=").nth(1).unwrap();
        after.chars().take_while(|letter| !letter.is_whitespace()).collect()
    }
}

fn both(step: &str) -> Vec<String> {
    vec![format!("first {step}"), format!("second {step}")]
}

fn is_refused<T>(outcome: Result<T, AuthError>, reason: &str) {
    match outcome {
        Err(AuthError::Refused(why)) => assert_eq!(why, reason),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was not refused"),
    }
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = std::time::Instant::now();
    while !holds().await {
        assert!(began.elapsed() < std::time::Duration::from_mins(1), "waited in vain until {what}");
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_run_in_their_order_and_the_first_that_refuses_ends_it() {
    let app = Application::open(SignUp::Immediate).await;
    app.refuse("before sign-up");
    is_refused(app.register("ada").await, "no before sign-up today");
    assert_eq!(app.seen(), both("before sign-up"));
    app.allow_all();
    assert!(matches!(app.register("ada").await.unwrap(), Registered::SignedIn(_)), "nothing had happened");
    let steps = ["before sign-up", "after sign-up of customer", "before sign-in", "after sign-in"];
    assert_eq!(app.seen(), steps.map(both).concat());

    app.refuse("before sign-in");
    assert!(matches!(app.sign_in("ada", "wrong").await, Err(AuthError::InvalidCredentials)));
    assert_eq!(app.seen(), Vec::<String>::new(), "strangers never come so far");
    is_refused(app.sign_in("ada", PASSWORD).await, "no before sign-in today");
    app.allow_all();
    let ada = app.sign_in("ada", PASSWORD).await.unwrap();
    assert_eq!(app.auth.sessions(ada.user.id).await.unwrap().len(), 2, "none began when it was refused");
    app.seen();

    app.refuse("before refresh");
    let refresh = ada.refresh_token.expose();
    is_refused(app.auth.refresh(refresh, &Origin::default()).await, "no before refresh today");
    assert!(app.auth.refresh("gvr_nothing", &Origin::default()).await.is_err());
    assert_eq!(app.seen(), both("before refresh"));
    app.allow_all();
    app.auth.refresh(refresh, &Origin::default()).await.unwrap();
    assert_eq!(
        app.seen(),
        ["before refresh", "after refresh"].map(both).concat(),
        "the token was not used up"
    );

    let by = app.by(&ada).await;
    let password = || NewPassword { current: PASSWORD.into(), new: "another horse entirely".into() };
    app.refuse("before new password");
    let changed = app.auth.change_password(&by.caller, password(), &Origin::default()).await;
    is_refused(changed, "no before new password today");
    app.allow_all();
    app.auth.change_password(&by.caller, password(), &Origin::default()).await.unwrap();
    assert!(app.sign_in("ada", "another horse entirely").await.is_ok());

    app.refuse("before deletion");
    let secret = "another horse entirely".into();
    is_refused(app.auth.delete_me(&by, Some(&secret), &Origin::default()).await, "no before deletion today");
    assert_eq!(app.auth.me(&by.caller).await.unwrap().status, UserStatus::Active);
    app.allow_all();
    app.seen();
    app.auth.delete_me(&by, Some(&secret), &Origin::default()).await.unwrap();
    assert_eq!(app.seen(), ["before deletion", "after deletion"].map(both).concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_up_may_be_changed() {
    let app = Application::open(SignUp::Immediate).await;
    let Registered::SignedIn(staff) = app.register("staff").await.unwrap() else { panic!("not at once") };
    assert_eq!((staff.user.role, staff.user.user_name.unwrap().as_str()), (RoleName::MANAGER, "from.hook"));
    // A mistake of the application is told to its log, and not to who asks.
    let failed = app.register("wizard").await.err().unwrap();
    assert_eq!(failed.into_problem().status().as_u16(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_say_is_tried_again_later() {
    let app = Application::open(SignUp::Immediate).await;
    app.refuse("nobody knows");
    let failed = app.register("ada").await.err().unwrap();
    assert_eq!(
        (failed.code().to_owned(), failed.into_problem().status().as_u16()),
        ("crm.down".to_owned(), 503)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn they_stand_at_the_quiet_sign_up_and_at_a_change_of_address_too() {
    let app = Application::open(SignUp::Quiet).await;
    let running = app.auth.clone();
    tokio::spawn(async move { running.run_until(std::future::pending()).await.unwrap() });
    assert!(matches!(app.register("ada").await.unwrap(), Registered::MailComes));
    let mail = async |kind: &str, to: &str| {
        let (kind, to) = (kind.to_owned(), to.to_owned());
        let has = || app.mailbox.messages().iter().any(|one| one.kind == kind && one.to.as_str() == to);
        until("mail has come", async || has()).await;
        app.token(&kind, &to)
    };
    let token = mail("verify_email", "ada@example.org").await;
    assert_eq!(app.seen(), ["before sign-up", "after sign-up of customer"].map(both).concat());
    app.auth.verify_email(&token, &Origin::default()).await.unwrap();
    let ada = app.sign_in("ada", PASSWORD).await.unwrap();
    let by = app.by(&ada).await;
    let to: EmailAddress = "new@example.org".parse().unwrap();
    let ask =
        async || app.auth.change_email(&by.caller, to.clone(), &PASSWORD.into(), &Origin::default()).await;
    app.refuse("before new email");
    is_refused(ask().await, "no before new email today");
    app.allow_all();
    ask().await.unwrap();
    let leave = mail("leave_email", "ada@example.org").await;
    app.auth.confirm_email(&leave, &Origin::default()).await.unwrap();
    let take = mail("take_email", "new@example.org").await;
    app.seen();
    app.refuse("before new email");
    is_refused(app.auth.confirm_email(&take, &Origin::default()).await, "no before new email today");
    app.allow_all();
    app.auth.confirm_email(&take, &Origin::default()).await.unwrap();
    let last = both("after new email new@example.org for ada@example.org");
    assert_eq!(app.seen(), [both("before new email"), both("before new email"), last].concat());
}
