//! Signing in at a provider elsewhere: by a code, in cookies, for the first time and again.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::TestClock;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest;
use serde_json::{Value, json};

use super::second_factor::enrolled;
use super::stage::{ISSUER, PASSWORD, Person, Reply, Stage};
use crate::AuthConfig;
use crate::jwt::{Algorithm, SigningKey, base64url};
use crate::oauth::{AppleKey, Provider, ProviderCalls};
use crate::testing::provider::parameter;
use crate::testing::{ProviderDouble, Trouble};

/// A secret, and what a sign-in with it is begun with.
pub(super) const VERIFIER: &str = "a secret of at least 43 letters: abcdefghijklm";
const JSON: (&str, &str) = ("content-type", "application/json");

pub(super) async fn run(stage: &Stage, doubles: &Doubles) {
    providers_are_listed(stage).await;
    somebody_new_signs_in_by_a_code(stage, doubles).await;
    a_code_is_for_whoever_was_sent_off(stage, doubles).await;
    a_page_signs_in_by_cookies(stage, doubles).await;
    who_is_known_is_let_in_again(stage, doubles).await;
    names_and_subjects_are_of_any_script(stage, doubles).await;
    apple_posts_its_answer(stage, doubles).await;
    a_second_factor_is_asked_for(stage, doubles).await;
    of_many_tabs_one_makes_the_account(stage, doubles).await;
    a_provider_may_be_in_trouble(stage, doubles).await;
}

/// The providers of a stage: `one`, `sure`, which decides about the addresses at `sure.example`, `apple`, and
/// `microsoft`, which decides about the addresses at `sure.example` where it says whose they are.
#[derive(Debug, Clone)]
pub struct Doubles {
    pub(super) one: ProviderDouble,
    pub(super) sure: ProviderDouble,
}

impl Doubles {
    /// Providers by this clock.
    pub async fn start(time: &TestClock) -> Self {
        Self { one: ProviderDouble::start(time).await, sure: ProviderDouble::start(time).await }
    }

    /// A configuration with these providers.
    ///
    /// # Panics
    /// When loopback is no network.
    pub fn join(&self, config: AuthConfig) -> AuthConfig {
        let key = SigningKey::generate(Algorithm::Es256).unwrap().to_pem().unwrap();
        let apple = AppleKey::new("TEAM123456", "KEY1234567", &key).unwrap();
        let calls = ProviderCalls::with_loopback([self.one.port(), self.sure.port()]).unwrap();
        config
            .with(|settings| {
                "/in".clone_into(&mut settings.oauth.page);
                settings.oauth.origins = vec!["https://app.example".to_owned()];
            })
            .with_provider(self.one.provider("one"))
            .with_provider(self.sure.provider("sure").with_authority_for(["sure.example"]))
            .with_provider(Provider::apple_at(&self.sure.issuer(), "client", apple))
            .with_provider(self.sure.microsoft().with_authority_for(["sure.example"]))
            .with_provider_calls(calls)
    }
}

/// Somebody who is on the way to a provider.
pub(super) struct Journey {
    pub(super) provider: String,
    pub(super) url: String,
    pub(super) jar: String,
}

pub(super) fn challenge() -> String {
    base64url::encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()))
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

impl Journey {
    pub(super) fn of(provider: &str, reply: &Reply) -> Self {
        let url = match reply.headers.get("location") {
            Some(location) => location.to_str().unwrap().to_owned(),
            None => reply.body["url"].as_str().unwrap().to_owned(),
        };
        let cookies = reply.cookies();
        assert_eq!(cookies.len(), 1, "{reply:?}");
        let value = cookies[0].1.split(';').next().unwrap();
        Self { provider: provider.to_owned(), jar: format!("{}={value}", cookies[0].0), url }
    }

    pub(super) fn state(&self) -> String {
        parameter(&self.url, "state")
    }

    /// What the provider sends the browser back with.
    pub(super) fn answer(&self, code: &str) -> String {
        format!("code={}&state={}", escaped(code), escaped(&self.state()))
    }
}

impl Stage {
    /// Sends a browser to a provider, to come back with a code.
    pub(super) async fn depart(&self, provider: &str) -> Journey {
        self.depart_with(provider, &format!("code_challenge={}", challenge())).await
    }

    pub(super) async fn depart_with(&self, provider: &str, query: &str) -> Journey {
        let reply = self.go(provider, query).await;
        assert_eq!(reply.status, 303, "{reply:?}");
        Journey::of(provider, &reply)
    }

    pub(super) async fn go(&self, provider: &str, query: &str) -> Reply {
        self.call("GET", &format!("/api/v1/auth/oauth/{provider}/start?{query}"), &[], b"").await
    }

    /// The browser comes back with this answer.
    pub(super) async fn come_back(&self, journey: &Journey, answer: &str) -> Reply {
        self.arrive(&journey.provider, &[("cookie", &journey.jar)], answer).await
    }

    pub(super) async fn arrive(&self, provider: &str, headers: &[(&str, &str)], answer: &str) -> Reply {
        let path = format!("/api/v1/auth/oauth/{provider}/callback?{answer}");
        self.call("GET", &path, headers, b"").await
    }

    /// Exchanges the code that a browser came back with.
    pub(super) async fn hand_over(&self, code: &str) -> Reply {
        self.post("/oauth/token", json!({ "code": code, "code_verifier": VERIFIER })).await
    }

    /// Goes all the way: somebody signs in by this subject and address.
    pub(super) async fn through(
        &self,
        double: &ProviderDouble,
        id: &str,
        subject: &str,
        email: &str,
    ) -> Reply {
        let journey = self.depart(id).await;
        let code = double.code(&journey.url, &double.claims(&journey.url, subject, email));
        let back = self.come_back(&journey, &journey.answer(&code)).await;
        self.hand_over(&code_of(&back)).await
    }
}

/// What stands behind the `#` of a redirect.
pub(super) fn fragment(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{reply:?}");
    let (_, fragment) = reply.headers["location"].to_str().unwrap().split_once('#').unwrap_or_default();
    fragment.to_owned()
}

pub(super) fn code_of(reply: &Reply) -> String {
    let fragment = fragment(reply);
    fragment.strip_prefix("code=").unwrap_or_else(|| panic!("{fragment}")).to_owned()
}

async fn providers_are_listed(stage: &Stage) {
    let reply = stage.ask("GET", "", "/oauth", Value::Null).await;
    let ids: Vec<_> = reply.body["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
    assert_eq!(ids, ["one", "sure", "apple", "microsoft"]);
    assert_eq!(reply.body["items"][0]["start"], "/api/v1/auth/oauth/one/start");
    assert_eq!(stage.go("two", "cookies=true").await.refusal(), (404, "auth.provider_not_found"));
    let back = stage.arrive("two", &[], "code=x&state=y").await;
    assert_eq!(back.refusal(), (404, "auth.provider_not_found"));
}

async fn somebody_new_signs_in_by_a_code(stage: &Stage, doubles: &Doubles) {
    let (email, one) = (stage.email(), &doubles.one);
    let reply = stage.go("one", &format!("code_challenge={}&return_to=%2Fwhere%3Fa%3Db", challenge())).await;
    let cookies = reply.cookies();
    assert_eq!((reply.status, cookies.len(), &*cookies[0].0), (303, 1, "__Host-oauth-one"));
    let rest = &cookies[0].1;
    for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=600"] {
        assert!(rest.contains(attribute), "{rest}");
    }
    assert_eq!(reply.headers["cache-control"], "no-store");
    let journey = Journey::of("one", &reply);
    assert!(journey.url.starts_with(&format!("{}/authorize?", one.issuer())), "{}", journey.url);
    let redirect_uri = format!("{ISSUER}/api/v1/auth/oauth/one/callback");
    assert_eq!(parameter(&journey.url, "redirect_uri"), redirect_uri);
    assert_eq!(parameter(&journey.url, "code_challenge_method"), "S256");
    let code = one.code(&journey.url, &one.claims(&journey.url, &email, &email));
    // Parameters that nobody asked for are passed over.
    let back = stage.come_back(&journey, &format!("{}&scope=openid&authuser=0", journey.answer(&code))).await;
    let location = back.headers["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("/where?a=b#code=gvo_"), "{location}");
    assert_eq!(back.headers["referrer-policy"], "no-referrer");
    let cookies = back.cookies();
    assert_eq!(
        (cookies.len(), &*cookies[0].0),
        (1, "__Host-oauth-one"),
        "it is taken back, and no other set"
    );
    assert!(cookies[0].1.starts_with(';') && cookies[0].1.contains("Max-Age=0"), "{cookies:?}");
    let signed = stage.hand_over(&code_of(&back)).await;
    assert_eq!((signed.status, &signed.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
    let user = &signed.body["user"];
    assert_eq!((&user["email"], &user["first_name"]), (&json!(email), &json!("Ada")));
    assert!(user["email_verified_at"].is_string(), "{user}");
    let person = Person::of(&email, &signed);
    let said = stage.post("/validate-token", json!({ "token": person.access })).await;
    assert_eq!(said.body["claims"]["amr"], json!(["fed"]));
    let accounts = stage.ask("GET", &person.access, "/linked-accounts", Value::Null).await;
    assert_eq!(accounts.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&accounts.body["items"][0]["provider"], &accounts.body["items"][0]["email"]),
        (&json!("one"), &json!(email))
    );
    assert_eq!(stage.login(&email, PASSWORD).await.status, 401, "there is no password");
}

async fn a_code_is_for_whoever_was_sent_off(stage: &Stage, doubles: &Doubles) {
    let given = async || {
        let (journey, email) = (stage.depart("one").await, stage.email());
        let code = doubles.one.code(&journey.url, &doubles.one.claims(&journey.url, &email, &email));
        code_of(&stage.come_back(&journey, &journey.answer(&code)).await)
    };
    let refused = (400, "auth.invalid_ticket");
    let code = given().await;
    let other = json!({ "code": code, "code_verifier": VERIFIER.replace('a', "b") });
    assert_eq!(stage.post("/oauth/token", other).await.refusal(), refused);
    assert_eq!(stage.hand_over(&code).await.refusal(), refused, "with a wrong secret it is good for nothing");
    let code = given().await;
    let replies = join_all((0..8).map(|_| stage.hand_over(&code))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.refusal() == refused).count(), 7);
    let code = given().await;
    stage.time.advance(Duration::from_mins(1));
    assert_eq!(stage.hand_over(&code).await.refusal(), refused);
    assert_eq!(stage.hand_over("gvo_nonsense").await.refusal(), refused);
    assert_eq!(
        stage.post("/login/second-factor", json!({ "token": code, "code": "1" })).await.refusal(),
        refused
    );
    let short = stage.post("/oauth/token", json!({ "code": "", "code_verifier": "short" })).await;
    assert_eq!(short.status, 422);
    assert!(short.pointers().contains(&"/code") && short.pointers().contains(&"/code_verifier"), "{short:?}");
}

async fn a_page_signs_in_by_cookies(stage: &Stage, doubles: &Doubles) {
    let (one, email) = (&doubles.one, stage.email());
    let body = json!({ "cookies": true, "return_to": "https://app.example/home" }).to_string();
    let start = async |origin: &str| {
        let path = "/api/v1/auth/oauth/one/start";
        stage.call("POST", path, &[JSON, ("origin", origin)], body.as_bytes()).await
    };
    assert_eq!(start("https://evil.example").await.refusal(), (403, "auth.forged_request"));
    let path = "/api/v1/auth/oauth/one/start?cookies=true";
    let cross = stage.call("GET", path, &[("sec-fetch-site", "cross-site")], b"").await;
    assert_eq!(cross.refusal(), (403, "auth.forged_request"), "a page of elsewhere begins no session");
    let journey = Journey::of("one", &start(ISSUER).await);
    let code = one.code(&journey.url, &one.claims(&journey.url, &email, &email));
    let back = stage.come_back(&journey, &journey.answer(&code)).await;
    assert_eq!(back.headers["location"], "https://app.example/home", "no token stands in an address");
    let mut cookies = back.cookies();
    let names: Vec<_> = cookies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["__Host-access", "__Host-refresh", "__Host-csrf", "__Host-oauth-one"]);
    cookies.truncate(3);
    let pairs = cookies.iter().map(|(name, rest)| format!("{name}={}", rest.split(';').next().unwrap()));
    let jar = pairs.collect::<Vec<_>>().join("; ");
    let me = stage.call("GET", "/api/v1/auth/me", &[("cookie", &jar)], b"").await;
    assert_eq!((me.status, &me.body["email"]), (200, &json!(email)));
}

async fn who_is_known_is_let_in_again(stage: &Stage, doubles: &Doubles) {
    let (subject, email, other) = (stage.unique(), stage.email(), stage.email());
    let first = stage.through(&doubles.one, "one", &subject, &email).await;
    let again = stage.through(&doubles.one, "one", &subject, &other).await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.body["user"]["id"], again.body["user"]["id"]);
    assert_eq!(again.body["user"]["email"], json!(email), "the address here stays");
    let token = again.body["access_token"].as_str().unwrap();
    let accounts = stage.ask("GET", token, "/linked-accounts", Value::Null).await;
    assert_eq!(accounts.body["items"][0]["email"], json!(other));
    let stranger = stage.through(&doubles.one, "one", &stage.unique(), &stage.email()).await;
    assert_ne!(stranger.body["user"]["id"], first.body["user"]["id"]);
    // The same subject at another provider is another person.
    let elsewhere = stage.through(&doubles.sure, "sure", &subject, &stage.email()).await;
    assert_ne!(elsewhere.body["user"]["id"], first.body["user"]["id"]);
    let login = stage.post("/refresh", json!({ "refresh_token": first.body["refresh_token"] })).await;
    assert_eq!(login.status, 200, "it is a session like any other");
}

async fn names_and_subjects_are_of_any_script(stage: &Stage, doubles: &Doubles) {
    let one = &doubles.one;
    let subject = format!("Ünïcödé 🦀 '%_ {}", stage.unique());
    let email = format!("{}@bücher.example", stage.unique());
    for _ in 0..2 {
        let journey = stage.depart("one").await;
        let mut claims = one.claims(&journey.url, &subject, &email);
        claims["name"] = json!("Ёлка\u{202e} 小明");
        let code = one.code(&journey.url, &claims);
        let back = stage.come_back(&journey, &journey.answer(&code)).await;
        let reply = stage.hand_over(&code_of(&back)).await;
        let ascii = email.replace("bücher", "xn--bcher-kva");
        assert_eq!((reply.status, &reply.body["user"]["email"]), (200, &json!(ascii)));
    }
}

async fn apple_posts_its_answer(stage: &Stage, doubles: &Doubles) {
    let sure = &doubles.sure;
    let reply = stage.go("apple", &format!("code_challenge={}", challenge())).await;
    let rest = reply.cookies()[0].1.clone();
    assert!(
        rest.contains("; Secure") && rest.contains("; HttpOnly") && rest.ends_with("SameSite=None"),
        "{rest}"
    );
    let (journey, email) = (Journey::of("apple", &reply), stage.email());
    assert_eq!(parameter(&journey.url, "response_mode"), "form_post");
    let mut claims = sure.claims(&journey.url, &email, &email);
    claims.as_object_mut().unwrap().remove("name");
    claims["email_verified"] = json!("true");
    let code = sure.code(&journey.url, &claims);
    let shown = stage.come_back(&journey, &journey.answer(&code)).await;
    assert_eq!(shown.refusal(), (400, "auth.invalid_provider_answer"), "not by an address");
    let name = escaped(&json!({ "name": { "firstName": "Zoë", "lastName": "Ng" } }).to_string());
    let form = format!("{}&user={name}", journey.answer(&code));
    let path = "/api/v1/auth/oauth/apple/callback";
    let headers = [
        ("cookie", journey.jar.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://appleid.apple.com"),
    ];
    let back = stage.call("POST", path, &headers, form.as_bytes()).await;
    let signed = stage.hand_over(&code_of(&back)).await;
    assert_eq!(
        (&signed.body["user"]["first_name"], &signed.body["user"]["last_name"]),
        (&json!("Zoë"), &json!("Ng"))
    );
    let posted =
        stage.call("POST", "/api/v1/auth/oauth/one/callback", &headers[1..], b"code=a&state=b").await;
    assert_eq!(posted.refusal(), (400, "auth.invalid_provider_answer"));
}

async fn a_second_factor_is_asked_for(stage: &Stage, doubles: &Doubles) {
    let ada = enrolled(stage).await;
    let subject = stage.unique();
    let started = stage.post_as(&ada.person.access, "/oauth/one/link", json!({})).await;
    let journey = Journey::of("one", &started);
    let claims = doubles.one.claims(&journey.url, &subject, &stage.email());
    let code = doubles.one.code(&journey.url, &claims);
    let back = stage.come_back(&journey, &journey.answer(&code)).await;
    assert_eq!(fragment(&back), "linked=one");

    let waiting = stage.through(&doubles.one, "one", &subject, &stage.email()).await;
    assert_eq!(waiting.refusal(), (202, "auth.second_factor_required"), "{waiting:?}");
    assert!(waiting.body.get("access_token").is_none() && waiting.cookies().is_empty());
    let shown = json!({ "token": waiting.body["token"], "code": ada.code(stage) });
    assert_eq!(stage.post("/login/second-factor", shown).await.status, 200);

    let journey = stage.depart_with("one", "cookies=true").await;
    let code = doubles.one.code(&journey.url, &doubles.one.claims(&journey.url, &subject, "x@y.example"));
    let back = stage.come_back(&journey, &journey.answer(&code)).await;
    assert_eq!(back.cookies().len(), 1, "there is no session yet: {back:?}");
    let fragment = fragment(&back);
    let token = fragment.strip_prefix("second_factor=").unwrap().split('&').next().unwrap();
    let shown = json!({ "token": token, "code": ada.code(stage) });
    let signed = stage.post("/login/second-factor", shown).await;
    assert_eq!(signed.status, 200, "{signed:?}");
    let said = stage.post("/validate-token", json!({ "token": signed.body["access_token"] })).await;
    assert_eq!(said.body["claims"]["amr"], json!(["fed", "otp", "mfa"]));
}

async fn of_many_tabs_one_makes_the_account(stage: &Stage, doubles: &Doubles) {
    let (subject, email) = (stage.unique(), stage.email());
    let mut journeys = Vec::new();
    for _ in 0..16 {
        journeys.push(stage.depart("one").await);
    }
    let arriving = journeys.iter().map(async |journey| {
        let code = doubles.one.code(&journey.url, &doubles.one.claims(&journey.url, &subject, &email));
        let back = stage.come_back(journey, &journey.answer(&code)).await;
        stage.hand_over(&code_of(&back)).await
    });
    let replies = join_all(arriving).await;
    let first = &replies[0].body["user"]["id"];
    assert!(
        first.is_string() && replies.iter().all(|reply| reply.body["user"]["id"] == *first),
        "{replies:?}"
    );
}

async fn a_provider_may_be_in_trouble(stage: &Stage, doubles: &Doubles) {
    let (one, email) = (&doubles.one, stage.email());
    for (trouble, refusal) in [
        (Trouble::Down, "auth.provider_unavailable"),
        (Trouble::Busy, "auth.provider_unavailable"),
        (Trouble::Garbage, "auth.provider_failed"),
        (Trouble::Huge, "auth.provider_failed"),
    ] {
        let journey = stage.depart("one").await;
        let code = one.code(&journey.url, &one.claims(&journey.url, &email, &email));
        one.has(Some(trouble));
        let back = stage.come_back(&journey, &journey.answer(&code)).await;
        assert_eq!(fragment(&back), format!("error={refusal}"), "{trouble:?}");
        // What was known of it is known no more.
        stage.time.advance(Duration::from_hours(25));
        let start = stage.go("one", &format!("code_challenge={}", challenge())).await;
        assert_eq!(start.refusal().1, refusal, "{trouble:?} {start:?}");
        assert_eq!(start.headers.contains_key("retry-after"), start.status == 503, "{start:?}");
        assert!(start.cookies().is_empty());
        one.has(None);
        stage.time.advance(Duration::from_secs(2));
    }
    assert_eq!(stage.through(one, "one", &email, &email).await.status, 200, "and it is well again");
}
