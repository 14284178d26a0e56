//! Sign-in with a provider that says what each test wants it to say.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gravity_auth::jwt::{Algorithm, Jwks, SigningKey, TokenError};
use gravity_auth::oauth::{Answer, ClientSecret, Finished, OAuthClient, OAuthError, Provider, ProviderCalls};
use gravity_auth::testing::sign_anything;
use gravity_core::resilience::outgoing::OutgoingError;
use gravity_core::security::{Key, KeyRing};
use gravity_core::{TestClock, Timestamp};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const NOW: i64 = 1_800_000_000;
const CALLBACK: &str = "https://app.example.org/callback";

type Reply = Arc<dyn Fn(&str, &str) -> (u16, String) + Send + Sync>;
type Pages = Arc<Mutex<Vec<(String, Reply)>>>;
type Forger<'f> = &'f dyn Fn(&Fake, &Value) -> String;

/// A provider on loopback: each path is answered by what the test put there.
struct Fake {
    port: u16,
    pages: Pages,
    seen: Arc<Mutex<Vec<(String, String, String)>>>,
    key: SigningKey,
    clock: TestClock,
    ring: KeyRing,
}

impl Fake {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let pages: Pages = Arc::default();
        let seen: Arc<Mutex<Vec<(String, String, String)>>> = Arc::default();
        let (table, log) = (Arc::clone(&pages), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (table, log) = (Arc::clone(&table), Arc::clone(&log));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8(head).unwrap();
                    let length = head.lines().find_map(|line| {
                        let (name, value) = line.split_once(':')?;
                        name.eq_ignore_ascii_case("content-length")
                            .then(|| value.trim().parse::<usize>().ok())?
                    });
                    let mut body = vec![0; length.unwrap_or(0)];
                    stream.read_exact(&mut body).await.unwrap();
                    let body = String::from_utf8(body).unwrap();
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    let page = table
                        .lock()
                        .unwrap()
                        .iter()
                        .rev()
                        .find(|(at, _)| *at == path)
                        .map(|(_, page)| Arc::clone(page));
                    let (status, text) = page.map_or((404, "{}".to_owned()), |page| page(&head, &body));
                    log.lock().unwrap().push((path, head, body));
                    let location = if (300..400).contains(&status) {
                        format!("location: {text}\r\n")
                    } else {
                        String::new()
                    };
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\n{location}content-length: {}\r\nconnection: close\r\n\r\n{text}",
                        text.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        let fake = Self {
            port,
            pages,
            seen,
            key: SigningKey::generate(Algorithm::Es256).unwrap(),
            clock: TestClock::at(Timestamp::from_seconds(NOW).unwrap()),
            ring: KeyRing::new(Key::generate("k").unwrap()),
        };
        fake.page("/.well-known/openid-configuration", fake.discovery());
        fake.page("/jwks", json!(Jwks::of([fake.key.verifying_key()])));
        fake
    }

    fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn discovery(&self) -> Value {
        let issuer = self.issuer();
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize?x=1"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/me"),
            "jwks_uri": format!("{issuer}/jwks"),
        })
    }

    fn reply(&self, path: &str, reply: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) {
        self.pages.lock().unwrap().push((path.to_owned(), Arc::new(reply)));
    }

    fn page(&self, path: &str, json: Value) {
        self.reply(path, move |_, _| (200, json.to_string()));
    }

    fn calls(&self, path: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|(at, ..)| at == path).count()
    }

    fn client(&self) -> OAuthClient {
        self.client_of(Provider::oidc("us", &self.issuer(), "client", ClientSecret::post("hunter2")))
    }

    fn client_of(&self, provider: Provider) -> OAuthClient {
        let calls = ProviderCalls::with_loopback([self.port]).unwrap();
        OAuthClient::with_clock(provider, CALLBACK, &self.ring, calls, self.clock.clock()).unwrap()
    }

    fn claims(&self, nonce: &str) -> Value {
        json!({
            "iss": self.issuer(), "sub": "ada-1", "aud": "client", "exp": NOW + 300, "iat": NOW, "nonce": nonce,
            "email": "Ada@Example.org", "email_verified": true, "name": "Ada", "picture": "https://example.org/a.png",
        })
    }

    /// Signs in, with what a test changes of the claims, of the token and of the answer.
    async fn sign_in(
        &self,
        client: &OAuthClient,
        change: impl Fn(&mut Value),
        forge: impl Fn(&Self, &Value) -> String,
        answer: impl Fn(&mut Value),
    ) -> Result<Finished, OAuthError> {
        let started = client.begin("/next?ä=1").await?;
        let mut claims = self.claims(&param(&started.url, "nonce"));
        change(&mut claims);
        let token = forge(self, &claims);
        self.page("/token", json!({ "access_token": "at", "token_type": "Bearer", "id_token": token }));
        let mut given = json!({ "code": "the code", "state": param(&started.url, "state") });
        answer(&mut given);
        let given: Answer = serde_json::from_value(given).unwrap();
        client.finish(started.cookie.expose(), &given).await
    }

    async fn with_claims(&self, change: impl Fn(&mut Value)) -> Result<Finished, OAuthError> {
        self.sign_in(&self.client(), change, Self::sign, |_| {}).await
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": "ES256", "kid": self.key.id() }), claims)
    }

    fn sign_with(&self, header: &Value, claims: &Value) -> String {
        sign_anything(&self.key, header.to_string().as_bytes(), claims.to_string().as_bytes())
            .expose()
            .clone()
    }
}

/// A parameter of a query or form.
fn param(text: &str, name: &str) -> String {
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    percent_decode_str(pair.unwrap_or_default()).decode_utf8().unwrap().into_owned()
}

#[tokio::test]
async fn who_signed_in_there_is_known_here() {
    let fake = Fake::start().await;
    let finished = fake.with_claims(|_| {}).await.unwrap();
    assert_eq!(finished.context, "/next?ä=1");
    let identity = finished.identity;
    assert_eq!((&*identity.provider, &*identity.subject), ("us", "ada-1"));
    assert_eq!(identity.email.unwrap().key(), "ada@example.org");
    assert!(identity.email_verified);
    assert_eq!(identity.name.as_deref(), Some("Ada"));
    assert_eq!(identity.avatar_url.as_deref(), Some("https://example.org/a.png"));
    let seen = fake.seen.lock().unwrap();
    let (_, _, form) = seen.iter().find(|(path, ..)| path == "/token").unwrap();
    assert_eq!(param(form, "grant_type"), "authorization_code");
    assert_eq!(param(form, "code"), "the code");
    assert_eq!(param(form, "redirect_uri"), CALLBACK);
    assert_eq!(param(form, "client_secret"), "hunter2");
    assert_eq!(param(form, "code_verifier").len(), 43);
}

#[tokio::test]
async fn the_challenge_is_that_of_the_verifier_and_nothing_secret_is_in_the_url() {
    let fake = Fake::start().await;
    let client = fake.client();
    let (one, other) = (client.begin("").await.unwrap(), client.begin("").await.unwrap());
    for name in ["state", "nonce", "code_challenge"] {
        assert!(param(&one.url, name).len() >= 43);
        assert_ne!(param(&one.url, name), param(&other.url, name));
    }
    assert_eq!(param(&one.url, "x"), "1");
    assert_eq!(param(&one.url, "code_challenge_method"), "S256");
    assert!(!one.url.contains(one.cookie.expose()) && !one.url.contains("hunter2"));
    fake.page("/token", json!({ "error": "invalid_grant" }));
    let answer = serde_json::from_value(json!({ "code": "c", "state": param(&one.url, "state") })).unwrap();
    let refused = client.finish(one.cookie.expose(), &answer).await;
    assert!(matches!(refused, Err(OAuthError::Refused(code)) if &*code == "invalid_grant"));
    let seen = fake.seen.lock().unwrap();
    let verifier = param(&seen.iter().find(|(path, ..)| path == "/token").unwrap().2, "code_verifier");
    let hash = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.encode(hash), param(&one.url, "code_challenge"));
    assert!(!one.cookie.expose().contains(&verifier));
}

#[tokio::test]
async fn another_browsers_answer_is_refused_before_anything_is_called() {
    let fake = Fake::start().await;
    let client = fake.client();
    let (one, other) = (client.begin("a").await.unwrap(), client.begin("a").await.unwrap());
    let strangers = fake.client_of(Provider::oidc("other", &fake.issuer(), "client", ClientSecret::Public));
    let foreign = strangers.begin("a").await.unwrap();
    let state = |url: &str| param(url, "state");
    let moved = one.cookie.expose().replacen(".us.", ".other.", 1);
    let longer = format!("9{}", one.cookie.expose());
    let context = one.cookie.expose().rsplit_once('.').map(|(start, _)| format!("{start}.Yg")).unwrap();
    for (cookie, state) in [
        (one.cookie.expose().as_str(), state(&other.url)),
        (&moved, state(&one.url)),
        (&longer, state(&one.url)),
        (&context, state(&one.url)),
        (foreign.cookie.expose(), state(&foreign.url)),
        (one.cookie.expose(), String::new()),
        ("", state(&one.url)),
        ("....", state(&one.url)),
        (one.cookie.expose(), state(&one.url) + "A"),
    ] {
        let answer = serde_json::from_value(json!({ "code": "c", "state": state })).unwrap();
        assert!(matches!(client.finish(cookie, &answer).await, Err(OAuthError::State)), "{cookie}");
    }
    let none = serde_json::from_value(json!({ "code": "c" })).unwrap();
    assert!(matches!(client.finish(one.cookie.expose(), &none).await, Err(OAuthError::State)));
    fake.clock.advance(std::time::Duration::from_mins(10));
    let late = serde_json::from_value(json!({ "code": "c", "state": state(&one.url) })).unwrap();
    assert!(matches!(client.finish(one.cookie.expose(), &late).await, Err(OAuthError::Expired)));
    assert_eq!(fake.calls("/token"), 0);
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_a_mix_up() {
    let fake = Fake::start().await;
    let client = fake.client();
    let evil = |given: &mut Value| given["iss"] = json!("https://evil.example");
    assert!(matches!(fake.sign_in(&client, |_| {}, Fake::sign, evil).await, Err(OAuthError::Issuer)));
    assert_eq!(fake.calls("/token"), 0);
    let issuer = fake.issuer();
    let own = move |given: &mut Value| given["iss"] = json!(issuer);
    assert!(fake.sign_in(&client, |_| {}, Fake::sign, own).await.is_ok());
    // One that promises to name itself has to.
    let mut discovery = fake.discovery();
    discovery["authorization_response_iss_parameter_supported"] = json!(true);
    fake.page("/.well-known/openid-configuration", discovery);
    let silent = fake.sign_in(&fake.client(), |_| {}, Fake::sign, |_| {}).await;
    assert!(matches!(silent, Err(OAuthError::Issuer)));
    // A provider that poses as another would get its codes.
    let mut discovery = fake.discovery();
    discovery["issuer"] = json!("https://accounts.google.com");
    fake.page("/.well-known/openid-configuration", discovery);
    assert!(matches!(fake.client().begin("").await, Err(OAuthError::Answer(_))));
}

#[tokio::test]
async fn claims_of_another_sign_in_are_refused() {
    let fake = Fake::start().await;
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("other")),
        ("exp", json!(NOW - 31)),
        ("iat", json!(NOW + 60)),
        ("iat", json!(NOW - 700)),
        ("iat", Value::Null),
        ("nonce", json!("other")),
        ("nonce", Value::Null),
        ("azp", json!("other")),
        ("aud", json!(["client", "other"])),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("sub", json!("")),
        ("sub", json!(7)),
    ] {
        let outcome = fake.with_claims(|claims| claims[name] = value.clone()).await;
        assert!(outcome.is_err(), "{name} {value}");
    }
    let several = fake.with_claims(|claims| {
        (claims["aud"], claims["azp"]) = (json!(["client", "other"]), json!("client"));
        // SHA-256 of "at", its left half.
        let hash = ring::digest::digest(&ring::digest::SHA256, b"at");
        claims["at_hash"] = json!(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));
    });
    assert!(several.await.is_ok());
}

#[tokio::test]
async fn tokens_that_nobody_signed_are_refused() {
    let fake = Fake::start().await;
    let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let none =
        |_: &Fake, claims: &Value| format!("{}.{}.", encode(&json!({ "alg": "none" })), encode(claims));
    let unsigned = |fake: &Fake, claims: &Value| {
        format!("{}.{}.", encode(&json!({ "alg": "ES256", "kid": fake.key.id() })), encode(claims))
    };
    // The public key, which everybody knows, as the secret of an HMAC.
    let confused = |fake: &Fake, claims: &Value| {
        let public = json!(fake.key.verifying_key().to_jwk()).to_string();
        let key = SigningKey::from_secret(public.as_bytes()).unwrap();
        let header = json!({ "alg": "HS256", "kid": fake.key.id() });
        sign_anything(&key, header.to_string().as_bytes(), claims.to_string().as_bytes()).expose().clone()
    };
    let own_key = |fake: &Fake, claims: &Value| {
        let header =
            json!({ "alg": "ES256", "kid": fake.key.id(), "jwk": fake.key.verifying_key().to_jwk() });
        fake.sign_with(&header, claims)
    };
    let unknown =
        |fake: &Fake, claims: &Value| fake.sign_with(&json!({ "alg": "ES256", "kid": "x" }), claims);
    let forges: [Forger<'_>; 6] =
        [&none, &unsigned, &confused, &own_key, &unknown, &|_, _| "a.b.c".to_owned()];
    for forge in forges {
        let outcome = fake.sign_in(&fake.client(), |_| {}, forge, |_| {}).await;
        assert!(matches!(outcome, Err(OAuthError::IdToken(_))), "{outcome:?}");
    }
}

#[tokio::test]
async fn new_keys_are_fetched_and_made_up_ones_cost_little() {
    let mut fake = Fake::start().await;
    let client = fake.client();
    assert!(fake.sign_in(&client, |_| {}, Fake::sign, |_| {}).await.is_ok());
    fake.key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    fake.page("/jwks", json!(Jwks::of([fake.key.verifying_key()])));
    let sign = |fake: &Fake, claims: &Value| {
        fake.sign_with(&json!({ "alg": "EdDSA", "kid": fake.key.id() }), claims)
    };
    for _ in 0..5 {
        let outcome = fake.sign_in(&client, |_| {}, sign, |_| {}).await;
        assert!(matches!(outcome, Err(OAuthError::IdToken(TokenError::UnknownKey))));
    }
    assert_eq!((fake.calls("/jwks"), fake.calls("/.well-known/openid-configuration")), (1, 1));
    fake.clock.advance(std::time::Duration::from_secs(31));
    let change = |claims: &mut Value| claims["iat"] = json!(NOW + 31);
    assert!(fake.sign_in(&client, change, sign, |_| {}).await.is_ok());
    assert_eq!(fake.calls("/jwks"), 2);
}

#[tokio::test]
async fn an_address_is_verified_only_by_the_providers_word() {
    let fake = Fake::start().await;
    let verified = async |value: Value| {
        let finished = fake.with_claims(|claims| claims["email_verified"] = value.clone()).await.unwrap();
        assert!(finished.identity.email.is_some());
        finished.identity.email_verified
    };
    assert!(verified(json!("true")).await);
    for value in [json!(false), json!("false"), Value::Null, json!(1), json!([true])] {
        assert!(!verified(value).await);
    }
    // Without an address in the token, the user info is asked, of the same person.
    let without = |claims: &mut Value| {
        claims.as_object_mut().unwrap().remove("email");
    };
    fake.page("/me", json!({ "sub": "ada-1", "email": "ada@example.org" }));
    let finished = fake.with_claims(without).await.unwrap();
    assert!(finished.identity.email.is_some() && !finished.identity.email_verified);
    fake.page("/me", json!({ "sub": "eve", "email": "eve@example.org", "email_verified": true }));
    assert!(matches!(fake.with_claims(without).await, Err(OAuthError::Foreign("sub"))));
}

#[tokio::test]
async fn answers_are_bounded_and_lead_nowhere() {
    let fake = Fake::start().await;
    fake.reply("/jwks", |_, _| (200, format!("{{\"keys\":[\"{}\"]}}", "x".repeat(300_000))));
    let huge = fake.with_claims(|_| {}).await;
    assert!(matches!(huge, Err(OAuthError::Unreachable(OutgoingError::TooLarge { .. }))), "{huge:?}");
    let issuer = fake.issuer();
    fake.reply("/jwks", move |_, _| (302, format!("{issuer}/private")));
    assert!(matches!(fake.with_claims(|_| {}).await, Err(OAuthError::Status(302, _))));
    assert_eq!(fake.calls("/private"), 0);
    for endpoint in
        ["http://10.0.0.1/token", "file:///etc/passwd", "http://localhost.evil/", "https://a@b/", ""]
    {
        let mut discovery = fake.discovery();
        discovery["token_endpoint"] = json!(endpoint);
        fake.page("/.well-known/openid-configuration", discovery);
        assert!(matches!(fake.client().begin("").await, Err(OAuthError::Answer(_))), "{endpoint}");
    }
    let provider = Provider::oidc("us", &fake.issuer(), "client", ClientSecret::Public);
    let strict = OAuthClient::new(provider, CALLBACK, &fake.ring, ProviderCalls::new().unwrap()).unwrap();
    assert!(matches!(strict.begin("").await, Err(OAuthError::Answer(_))));
}

#[tokio::test]
async fn github_tells_the_primary_address() {
    let fake = Fake::start().await;
    let client = fake.client_of(Provider::github_at(
        &fake.issuer(),
        &fake.issuer(),
        "client",
        ClientSecret::post("s"),
    ));
    fake.page("/login/oauth/access_token", json!({ "access_token": "gho_1", "token_type": "bearer" }));
    fake.page("/user", json!({ "id": 7, "login": "ada", "name": null, "avatar_url": "https://a/b" }));
    for (verified, expected) in [(true, true), (false, false)] {
        fake.page(
            "/user/emails",
            json!([
                { "email": "old@example.org", "primary": false, "verified": true },
                { "email": "ada@example.org", "primary": true, "verified": verified },
            ]),
        );
        let started = client.begin("").await.unwrap();
        assert!(started.url.contains("/login/oauth/authorize?") && !started.url.contains("nonce"));
        let answer =
            serde_json::from_value(json!({ "code": "c", "state": param(&started.url, "state") })).unwrap();
        let identity = client.finish(started.cookie.expose(), &answer).await.unwrap().identity;
        assert_eq!((&*identity.subject, identity.name.as_deref()), ("7", Some("ada")));
        assert_eq!(identity.email.unwrap().key(), "ada@example.org");
        assert_eq!(identity.email_verified, expected);
    }
    let seen = fake.seen.lock().unwrap();
    let (_, head, _) = seen.iter().find(|(path, ..)| path == "/user").unwrap();
    assert!(head.to_lowercase().contains("authorization: bearer gho_1"));
}
