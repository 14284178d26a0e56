//! Passkeys: made, used alone and beside a password, never twice, never by somebody else, never on another page.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::second_factor::{enrolled, waiting};
use super::stage::{ISSUER, PASSWORD, Person, Reply, Stage};
use crate::domain::EndReason;
use crate::store::{Change, Trail};
use crate::testing::SoftAuthenticator;

const NEW: &str = "a very different horse";
const WRONG: (u16, &str) = (401, "auth.invalid_passkey");
/// How many passkeys a user has on the stage.
const MOST: usize = 4;

pub(super) async fn run(stage: &Stage) {
    a_passkey_is_made_and_signs_in_alone(stage).await;
    what_is_made_elsewhere_is_refused(stage).await;
    what_is_used_elsewhere_is_refused(stage).await;
    an_answer_is_good_once(stage).await;
    a_question_is_for_one_purpose_and_one_person(stage).await;
    a_copy_is_refused_and_its_owner_told(stage).await;
    a_credential_is_one_users(stage).await;
    it_is_asked_for_beside_a_password(stage).await;
    it_shows_once_more_who_calls(stage).await;
    it_is_named_and_removed(stage).await;
    somebody_without_a_password_keeps_one(stage).await;
    who_has_lost_all_passkeys_is_helped(stage).await;
    who_is_gone_does_not_get_in(stage).await;
    inputs_are_bounded(stage).await;
    an_export_names_them(stage).await;
}

/// Somebody with a passkey.
struct Keyed {
    person: Person,
    device: SoftAuthenticator,
    id: String,
    recovery_codes: Vec<String>,
}

async fn keyed(stage: &Stage) -> Keyed {
    let person = stage.signed_in().await;
    let mut device = SoftAuthenticator::es256(ISSUER);
    let reply = add(stage, &person.access, &mut device).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let id = reply.body["passkey"]["id"].as_str().unwrap().to_owned();
    let codes = reply.body["recovery_codes"].as_array().unwrap();
    let recovery_codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    Keyed { person, device, id, recovery_codes }
}

/// The options of a question, and its token.
async fn asked(stage: &Stage, access: &str, path: &str, body: Value) -> Value {
    let reply = stage.post_as(access, path, body).await;
    assert_eq!(
        (reply.status, &reply.headers["cache-control"]),
        (200, &"no-store".parse().unwrap()),
        "{reply:?}"
    );
    reply.body
}

async fn asked_to_make(stage: &Stage, access: &str) -> Value {
    asked(stage, access, "/passkeys/begin", Value::Null).await
}

async fn asked_to_sign_in(stage: &Stage) -> Value {
    asked(stage, "", "/passkeys/sign-in/begin", Value::Null).await
}

async fn add(stage: &Stage, access: &str, device: &mut SoftAuthenticator) -> Reply {
    let asked = asked_to_make(stage, access).await;
    stage.post_as(access, "/passkeys", made(device, &asked)).await
}

fn made(device: &mut SoftAuthenticator, asked: &Value) -> Value {
    json!({ "token": asked["token"], "credential": device.register(&asked["publicKey"]) })
}

fn used(device: &mut SoftAuthenticator, asked: &Value) -> Value {
    json!({ "token": asked["token"], "credential": device.authenticate(&asked["publicKey"]) })
}

async fn sign_in(stage: &Stage, device: &mut SoftAuthenticator) -> Reply {
    let asked = asked_to_sign_in(stage).await;
    stage.post("/passkeys/sign-in", used(device, &asked)).await
}

/// By what somebody who has just signed in has shown who they are.
async fn amr(stage: &Stage, reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{reply:?}");
    let said = stage.post("/validate-token", json!({ "token": reply.body["access_token"] })).await;
    said.body["claims"]["amr"].clone()
}

async fn list(stage: &Stage, access: &str) -> Vec<Value> {
    let reply = stage.ask("GET", access, "/passkeys", Value::Null).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["items"].as_array().unwrap().clone()
}

async fn a_passkey_is_made_and_signs_in_alone(stage: &Stage) {
    let ada = stage.signed_in().await;
    assert_eq!(stage.post("/passkeys/begin", Value::Null).await.status, 401);
    let asked = asked_to_make(stage, &ada.access).await;
    let options = &asked["publicKey"];
    assert_eq!(options["rp"], json!({ "id": "shop.example", "name": "Gravity" }));
    assert_eq!((&options["user"]["name"], &options["attestation"]), (&json!(ada.email), &json!("none")));
    assert_eq!(options["pubKeyCredParams"][1], json!({ "type": "public-key", "alg": -7 }));
    let selection = &options["authenticatorSelection"];
    assert_eq!(
        (&selection["residentKey"], &selection["userVerification"]),
        (&json!("required"), &json!("required"))
    );
    let mut device = SoftAuthenticator::es256(ISSUER);
    let mut body = made(&mut device, &asked);
    body["name"] = json!("Ada's key");
    let reply = stage.post_as(&ada.access, "/passkeys", body).await;
    assert_eq!(
        (reply.status, &reply.headers["cache-control"]),
        (201, &"no-store".parse().unwrap()),
        "{reply:?}"
    );
    assert_eq!(reply.body["recovery_codes"].as_array().unwrap().len(), 10);
    stage.mail(&ada.email, "passkey_added").await;
    let passkeys = list(stage, &ada.access).await;
    assert_eq!(passkeys, [reply.body["passkey"].clone()]);
    assert_eq!((&passkeys[0]["name"], &passkeys[0]["last_used_at"]), (&json!("Ada's key"), &Value::Null));
    assert_eq!(passkeys[0]["transports"], json!(["internal"]));

    let asked = asked_to_sign_in(stage).await;
    let options = &asked["publicKey"];
    assert_eq!((&options["rpId"], &options["allowCredentials"]), (&json!("shop.example"), &json!([])));
    assert_eq!(options["userVerification"], "required");
    let reply = stage.post("/passkeys/sign-in", used(&mut device, &asked)).await;
    assert_eq!(amr(stage, &reply).await, json!(["hwk", "user", "mfa"]));
    assert_eq!(reply.body["user"]["email"], json!(ada.email));
    assert!(reply.body["refresh_token"].is_string());
    assert_ne!(list(stage, &ada.access).await[0]["last_used_at"], Value::Null);

    // One that may be copied to other devices, and one with another algorithm: codes come with the first only.
    let mut synced = SoftAuthenticator::eddsa(ISSUER);
    (synced.flags, synced.counter) = (0x1d, 0);
    let reply = add(stage, &ada.access, &mut synced).await;
    assert_eq!((reply.status, reply.body.get("recovery_codes")), (201, None), "{reply:?}");
    for _ in 0..2 {
        let reply = sign_in(stage, &mut synced).await;
        assert_eq!(amr(stage, &reply).await, json!(["swk", "user", "mfa"]), "one that does not count");
    }
    let known = asked_to_make(stage, &ada.access).await["publicKey"]["excludeCredentials"].clone();
    assert_eq!(known.as_array().unwrap().len(), 2);
    in_cookies(stage, &mut device).await;
}

async fn in_cookies(stage: &Stage, device: &mut SoftAuthenticator) {
    let mut body = used(device, &asked_to_sign_in(stage).await);
    body["cookies"] = json!(true);
    let body = body.to_string();
    let call = async |origin: &str| {
        let headers = [("content-type", "application/json"), ("origin", origin)];
        stage.call("POST", "/api/v1/auth/passkeys/sign-in", &headers, body.as_bytes()).await
    };
    assert_eq!(call("https://evil.example").await.refusal(), (403, "auth.forged_request"));
    let reply = call(ISSUER).await;
    assert_eq!(reply.status, 200, "what was not looked at is not used up: {reply:?}");
    assert_eq!((reply.body.get("access_token"), reply.body.get("refresh_token")), (None, None));
    let names: Vec<String> = reply.cookies().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["__Host-access", "__Host-refresh", "__Host-csrf"]);
}

/// What a browser or an authenticator may say wrongly, whichever is asked.
type Twist = fn(&mut SoftAuthenticator, &mut Value);

const TWISTS: [(&str, Twist); 9] = [
    ("another page", |device, _| device.client_data = json!({ "origin": "https://evil.example" })),
    ("a page above", |device, _| device.client_data = json!({ "origin": "https://shop.example.evil" })),
    ("a page inside another", |device, _| device.client_data = json!({ "crossOrigin": true })),
    ("another purpose", |device, _| device.client_data = json!({ "type": "payment.get" })),
    ("another question", |device, _| device.client_data = json!({ "challenge": "AAAA" })),
    ("another site", |_, options| {
        options["rp"]["id"] = json!("evil.example");
        options["rpId"] = json!("evil.example");
    }),
    ("nobody there", |device, _| device.flags = 0x04),
    ("nobody verified", |device, _| device.flags = 0x01),
    ("backed up and not fit to be", |device, _| device.flags = 0x15),
];

async fn what_is_made_elsewhere_is_refused(stage: &Stage) {
    let ada = stage.signed_in().await;
    for (what, twist) in TWISTS {
        let mut device = SoftAuthenticator::es256(ISSUER);
        let mut asked = asked_to_make(stage, &ada.access).await;
        twist(&mut device, &mut asked["publicKey"]);
        let reply = stage.post_as(&ada.access, "/passkeys", made(&mut device, &asked)).await;
        assert_eq!(reply.refusal(), WRONG, "{what}");
    }
    // ES384, which was not offered; and what is no key.
    let es384 =
        [&b"\xa5\x01\x02\x03\x38\x22\x20\x02\x21\x58\x30"[..], &[7; 48], b"\x22\x58\x30", &[7; 48]].concat();
    for key in [es384, b"\xa0".to_vec(), b"\x00".to_vec()] {
        let mut device = SoftAuthenticator::es256(ISSUER);
        device.key = Some(key);
        assert_eq!(add(stage, &ada.access, &mut device).await.refusal(), WRONG);
    }
    let mut device = SoftAuthenticator::es256(ISSUER);
    let asked = asked_to_make(stage, &ada.access).await;
    let mut body = made(&mut device, &asked);
    body["credential"]["id"] = json!("AAAA");
    assert_eq!(stage.post_as(&ada.access, "/passkeys", body).await.refusal(), WRONG, "another's name");
    assert!(list(stage, &ada.access).await.is_empty());
    assert_eq!(stage.login(&ada.email, PASSWORD).await.status, 200, "nothing is asked for");
}

async fn what_is_used_elsewhere_is_refused(stage: &Stage) {
    let mut ada = keyed(stage).await;
    let bob = keyed(stage).await;
    let mut nobody = SoftAuthenticator::es256(ISSUER);
    nobody.user_handle.clone_from(&ada.device.user_handle);
    let unknown = sign_in(stage, &mut nobody).await;
    assert_eq!(unknown.refusal(), WRONG);
    let (flags, handle) = (ada.device.flags, ada.device.user_handle.clone());
    let owners: [(&str, Twist); 3] = [
        ("nobody's", |device, _| device.user_handle = None),
        ("of what is no user", |device, _| device.user_handle = Some("AAAA".to_owned())),
        ("fit for backup by now", |device, _| device.flags = 0x0d),
    ];
    for (what, twist) in TWISTS.into_iter().chain(owners) {
        let mut asked = asked_to_sign_in(stage).await;
        twist(&mut ada.device, &mut asked["publicKey"]);
        let reply = stage.post("/passkeys/sign-in", used(&mut ada.device, &asked)).await;
        assert_eq!(reply.seen(), unknown.seen(), "{what}");
        (ada.device.flags, ada.device.client_data) = (flags, json!({}));
        ada.device.user_handle.clone_from(&handle);
    }
    ada.device.user_handle = bob.device.user_handle;
    assert_eq!(sign_in(stage, &mut ada.device).await.seen(), unknown.seen(), "in another's name");
    ada.device.user_handle.clone_from(&handle);
    let asked = asked_to_sign_in(stage).await;
    let mut body = used(&mut ada.device, &asked);
    let mut signature = body["credential"]["response"]["signature"].as_str().unwrap().to_owned();
    let last = if signature.pop() == Some('A') { 'Q' } else { 'A' };
    signature.push(last);
    body["credential"]["response"]["signature"] = json!(signature);
    assert_eq!(stage.post("/passkeys/sign-in", body).await.seen(), unknown.seen(), "another signature");
    assert_eq!(sign_in(stage, &mut ada.device).await.status, 200);
}

async fn an_answer_is_good_once(stage: &Stage) {
    let mut ada = keyed(stage).await;
    let mut synced = SoftAuthenticator::es256(ISSUER);
    synced.counter = 0;
    assert_eq!(add(stage, &ada.person.access, &mut synced).await.status, 201);
    for device in [&mut ada.device, &mut synced] {
        let body = used(device, &asked_to_sign_in(stage).await);
        let replies = join_all((0..16).map(|_| stage.post("/passkeys/sign-in", body.clone()))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
        assert_eq!(replies.iter().filter(|reply| reply.refusal() == WRONG).count(), 15, "{replies:?}");
        assert_eq!(stage.post("/passkeys/sign-in", body).await.refusal(), WRONG);
    }
    // A wrong answer ends it, too.
    let asked = asked_to_sign_in(stage).await;
    synced.flags = 0x01;
    assert_eq!(stage.post("/passkeys/sign-in", used(&mut synced, &asked)).await.refusal(), WRONG);
    synced.flags = 0x05;
    assert_eq!(stage.post("/passkeys/sign-in", used(&mut synced, &asked)).await.refusal(), WRONG);
    let asked = asked_to_sign_in(stage).await;
    stage.time.advance(Duration::from_mins(5));
    assert_eq!(stage.post("/passkeys/sign-in", used(&mut synced, &asked)).await.refusal(), WRONG, "late");
    let asked = asked_to_make(stage, &ada.person.access).await;
    let body = made(&mut SoftAuthenticator::es256(ISSUER), &asked);
    let replies =
        join_all((0..8).map(|_| stage.post_as(&ada.person.access, "/passkeys", body.clone()))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:?}");
    assert_eq!(list(stage, &ada.person.access).await.len(), 3);
}

async fn a_question_is_for_one_purpose_and_one_person(stage: &Stage) {
    let (mut ada, mut bob) = (keyed(stage).await, keyed(stage).await);
    let access = &ada.person.access;
    let step_up = asked(stage, access, "/passkeys/step-up/begin", Value::Null).await;
    assert_eq!(stage.post("/passkeys/sign-in", used(&mut ada.device, &step_up)).await.refusal(), WRONG);
    let alone = asked_to_sign_in(stage).await;
    let body = json!({ "passkey": used(&mut ada.device, &alone) });
    assert_eq!(stage.post_as(access, "/step-up", body).await.refusal(), (401, "auth.invalid_second_factor"));
    let make = asked_to_make(stage, access).await;
    let other = made(&mut SoftAuthenticator::es256(ISSUER), &make);
    assert_eq!(stage.post_as(&bob.person.access, "/passkeys", other.clone()).await.refusal(), WRONG);
    let waiting_one = waiting(&stage.login(&ada.person.email, PASSWORD).await);
    let waiting_two = waiting(&stage.login(&ada.person.email, PASSWORD).await);
    let factor = json!({ "token": waiting_one });
    let asked_one = asked(stage, "", "/passkeys/second-factor/begin", factor).await;
    let show = async |token: &str, passkey: Value| {
        stage.post("/login/second-factor", json!({ "token": token, "passkey": passkey })).await
    };
    let wrong = (401, "auth.invalid_second_factor");
    let body = used(&mut ada.device, &asked_one);
    assert_eq!(show(&waiting_two, body.clone()).await.refusal(), wrong, "of another sign-in");
    let of_bob = used(&mut bob.device, &asked_one);
    assert_eq!(show(&waiting_one, of_bob).await.refusal(), wrong, "another's passkey");
    assert_eq!(show(&waiting_one, body).await.refusal(), wrong, "that answer was the only one");
    let again = asked(stage, "", "/passkeys/second-factor/begin", json!({ "token": waiting_one })).await;
    assert_eq!(show(&waiting_one, used(&mut ada.device, &again)).await.status, 200);
    for token in ["x", "AAAA", &"A".repeat(2_000)] {
        let mut body = used(&mut ada.device, &asked_to_sign_in(stage).await);
        body["token"] = json!(token);
        assert_eq!(stage.post("/passkeys/sign-in", body).await.refusal(), WRONG, "{token}");
    }
    assert_eq!(
        stage.post_as(access, "/passkeys", other).await.status,
        201,
        "what others have sent is not used up"
    );
}

async fn a_copy_is_refused_and_its_owner_told(stage: &Stage) {
    let mut ada = keyed(stage).await;
    ada.device.counter = 40;
    assert_eq!(sign_in(stage, &mut ada.device).await.status, 200);
    ada.device.counter = 39;
    assert_eq!(sign_in(stage, &mut ada.device).await.refusal(), WRONG, "neither the same");
    ada.device.counter = 7;
    assert_eq!(sign_in(stage, &mut ada.device).await.refusal(), WRONG, "nor less");
    ada.device.counter = 0;
    assert_eq!(sign_in(stage, &mut ada.device).await.refusal(), WRONG, "nor none");
    stage.mail(&ada.person.email, "passkey_suspected").await;
    ada.device.counter = 41;
    assert_eq!(sign_in(stage, &mut ada.device).await.status, 200);
}

async fn a_credential_is_one_users(stage: &Stage) {
    let (mut ada, bob) = (keyed(stage).await, stage.signed_in().await);
    let handle = ada.device.user_handle.clone();
    let taken = add(stage, &bob.access, &mut ada.device).await;
    assert_eq!(taken.refusal(), (409, "auth.passkey_exists"));
    assert!(list(stage, &bob.access).await.is_empty());
    assert_eq!(stage.login(&bob.email, PASSWORD).await.status, 200, "nothing is asked for");
    ada.device.user_handle = handle;
    assert_eq!(sign_in(stage, &mut ada.device).await.status, 200);
    for _ in 1..MOST {
        let mut device = SoftAuthenticator::es256(ISSUER);
        assert_eq!(add(stage, &ada.person.access, &mut device).await.status, 201);
    }
    let one_more = stage.post_as(&ada.person.access, "/passkeys/begin", Value::Null).await;
    assert_eq!(one_more.refusal(), (409, "auth.too_many"));
}

async fn it_is_asked_for_beside_a_password(stage: &Stage) {
    let mut ada = keyed(stage).await;
    let email = &ada.person.email;
    let begun = stage.login(email, PASSWORD).await;
    assert_eq!(begun.body["methods"], json!(["passkey", "recovery_code"]));
    let token = waiting(&begun);
    let begin =
        async |token: &str| stage.post("/passkeys/second-factor/begin", json!({ "token": token })).await;
    assert_eq!(begin("gvp_nonsense").await.refusal(), (400, "auth.invalid_ticket"));
    let asked = begin(&token).await.body;
    assert_eq!(asked["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
    assert_eq!(asked["publicKey"]["userVerification"], "preferred");
    // Beside a password it is enough that somebody has it.
    ada.device.flags = 0x01;
    let body = json!({ "token": token, "passkey": used(&mut ada.device, &asked), "remember": true });
    let replies = join_all((0..8).map(|_| stage.post("/login/second-factor", body.clone()))).await;
    let inside: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(inside.len(), 1, "{replies:?}");
    assert_eq!(amr(stage, inside[0]).await, json!(["pwd", "hwk", "user", "mfa"]));
    let known =
        json!({ "email": email, "password": PASSWORD, "device_token": inside[0].body["device_token"] });
    assert_eq!(stage.post("/login", known).await.status, 200, "a remembered device");
    assert_eq!(begin(&token).await.refusal(), (400, "auth.invalid_ticket"), "it is over");

    stage.post("/magic-link", json!({ "email": email })).await;
    let link = stage.token(email, "magic_link").await;
    let token = waiting(&stage.post("/magic-link/redeem", json!({ "token": link })).await);
    let code = json!({ "token": token, "recovery_code": ada.recovery_codes[0] });
    assert_eq!(stage.post("/login/second-factor", code).await.status, 200);
    let seen = stage.ask("GET", &ada.person.access, "/second-factors", Value::Null).await;
    assert_eq!(seen.body, json!({ "totp": false, "recovery_codes": 9, "passkeys": 1 }));

    let bob = enrolled(stage).await;
    let token = waiting(&stage.login(&bob.person.email, PASSWORD).await);
    assert_eq!(begin(&token).await.refusal(), (409, "auth.no_second_factor"));
    let mut device = SoftAuthenticator::es256(ISSUER);
    assert_eq!(add(stage, &bob.person.access, &mut device).await.status, 201);
    let begun = stage.login(&bob.person.email, PASSWORD).await;
    assert_eq!(begun.body["methods"], json!(["totp", "passkey", "recovery_code"]));
    let alone = sign_in(stage, &mut device).await;
    assert_eq!(amr(stage, &alone).await, json!(["hwk", "user", "mfa"]), "it is two factors alone");
}

async fn it_shows_once_more_who_calls(stage: &Stage) {
    let mut ada = keyed(stage).await;
    let access = &ada.person.access;
    let made_late = made(&mut SoftAuthenticator::es256(ISSUER), &asked_to_make(stage, access).await);
    stage.time.advance(Duration::from_mins(11));
    let path = format!("/passkeys/{}", ada.id);
    let stale = (403, "auth.step_up_required");
    assert_eq!(stage.post_as(access, "/passkeys/begin", Value::Null).await.refusal(), stale);
    assert_eq!(stage.post_as(access, "/passkeys", made_late).await.refusal(), stale);
    assert_eq!(stage.ask("DELETE", access, &path, Value::Null).await.refusal(), stale);
    let step_up = async |body: Value| stage.post_as(access, "/step-up", body).await;
    let by_password = step_up(json!({ "password": PASSWORD })).await;
    assert_eq!(by_password.refusal(), stale, "who has a factor shows it");
    let question = asked(stage, access, "/passkeys/step-up/begin", Value::Null).await;
    ada.device.flags = 0x01;
    let unverified = step_up(json!({ "passkey": used(&mut ada.device, &question) })).await;
    assert_eq!(unverified.refusal(), (401, "auth.invalid_second_factor"));
    ada.device.flags = 0x05;
    let question = asked(stage, access, "/passkeys/step-up/begin", Value::Null).await;
    let body = json!({ "passkey": used(&mut ada.device, &question) });
    let tries = join_all((0..8).map(|_| step_up(body.clone()))).await;
    let done: Vec<_> = tries.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(done.len(), 1, "{tries:?}");
    assert_eq!(amr(stage, done[0]).await, json!(["pwd", "hwk", "user", "mfa"]));
    assert_eq!(stage.post_as(access, "/passkeys/begin", Value::Null).await.status, 200);
    let bob = stage.signed_in().await;
    let none = stage.post_as(&bob.access, "/passkeys/step-up/begin", Value::Null).await;
    assert_eq!(none.refusal(), (409, "auth.no_second_factor"));
    assert_eq!(stage.post("/passkeys/step-up/begin", Value::Null).await.status, 401);
}

async fn it_is_named_and_removed(stage: &Stage) {
    let (mut ada, bob) = (keyed(stage).await, keyed(stage).await);
    let (access, path) = (&ada.person.access, format!("/passkeys/{}", ada.id));
    let rename =
        async |access: &str, name: &str| stage.ask("PATCH", access, &path, json!({ "name": name })).await;
    assert_eq!(rename(access, "Schlüssel 🦀").await.body["name"], "Schlüssel 🦀");
    assert_eq!(list(stage, access).await[0]["name"], "Schlüssel 🦀");
    for name in ["", &"x".repeat(101), "a\u{202e}b"] {
        let reply = rename(access, name).await;
        assert_eq!((reply.status, reply.pointers()), (422, vec!["/name"]), "{name:?}");
    }
    let not_found = (404, "auth.passkey_not_found");
    assert_eq!(rename(&bob.person.access, "mine").await.refusal(), not_found);
    let other = stage.ask("DELETE", &bob.person.access, &path, Value::Null).await;
    assert_eq!(other.refusal(), not_found);
    let token = waiting(&stage.login(&ada.person.email, PASSWORD).await);
    let code = json!({ "token": token, "recovery_code": ada.recovery_codes[0], "remember": true });
    assert_eq!(stage.post("/login/second-factor", code).await.status, 200);
    assert_eq!(stage.ask("DELETE", access, &path, Value::Null).await.status, 204);
    assert_eq!(stage.ask("DELETE", access, &path, Value::Null).await.refusal(), not_found);
    stage.mail(&ada.person.email, "passkey_removed").await;
    assert_eq!(sign_in(stage, &mut ada.device).await.refusal(), WRONG);
    let devices = stage.ask("GET", access, "/devices", Value::Null).await;
    assert_eq!(devices.body["items"], json!([]));
    let seen = stage.ask("GET", access, "/second-factors", Value::Null).await;
    assert_eq!(seen.body, json!({ "totp": false, "recovery_codes": 0, "passkeys": 0 }));
    assert_eq!(stage.login(&ada.person.email, PASSWORD).await.status, 200, "nothing is asked for");
}

async fn somebody_without_a_password_keeps_one(stage: &Stage) {
    let mut ada = keyed(stage).await;
    let change = Change::SetPassword {
        user: stage.ask("GET", &ada.person.access, "/me", Value::Null).await.body["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap(),
        from: None,
        to: None,
        keep: Some(ada.person.session.parse().unwrap()),
        reason: EndReason::PasswordChanged,
        at: stage.time.now(),
    };
    stage.auth.store().apply(&[change], &Trail::NONE).await.unwrap();
    let path = format!("/passkeys/{}", ada.id);
    let remove = async || stage.ask("DELETE", &ada.person.access, &path, Value::Null).await;
    assert_eq!(remove().await.refusal(), (409, "auth.last_way_in"));
    assert_eq!(sign_in(stage, &mut ada.device).await.status, 200);
    let mut device = SoftAuthenticator::es256(ISSUER);
    assert_eq!(add(stage, &ada.person.access, &mut device).await.status, 201);
    assert_eq!(remove().await.status, 204);
}

async fn who_has_lost_all_passkeys_is_helped(stage: &Stage) {
    let (mut ada, admin) = (keyed(stage).await, stage.admin().await);
    let path = format!("/users/{}/second-factors", stage.id_of(&ada.person).await);
    let reset = async || stage.api("DELETE", &admin.access, &path, Value::Null).await;
    assert_eq!(reset().await.status, 204);
    assert_eq!(reset().await.refusal(), (409, "auth.no_second_factor"));
    stage.mail(&ada.person.email, "passkey_removed").await;
    assert_eq!(sign_in(stage, &mut ada.device).await.refusal(), WRONG);
    assert_eq!(stage.ask("GET", &ada.person.access, "/me", Value::Null).await.status, 401, "signed out");
    assert_eq!(stage.login(&ada.person.email, PASSWORD).await.status, 200, "by the password alone");
}

async fn who_is_gone_does_not_get_in(stage: &Stage) {
    let mut ada = keyed(stage).await;
    assert_eq!(stage.post("/forgot-password", json!({ "email": ada.person.email })).await.status, 202);
    let token = stage.token(&ada.person.email, "reset_password").await;
    assert_eq!(stage.post("/reset-password", json!({ "token": token, "password": NEW })).await.status, 204);
    let reply = sign_in(stage, &mut ada.device).await;
    assert_eq!(reply.status, 200, "a new password leaves passkeys: {reply:?}");
    let me = format!("/{}", reply.body["user"]["id"].as_str().unwrap());
    let admin = stage.of_role("admin").await;
    let users = async |method: &str, path: &str| {
        let reply = stage.users(method, &admin.access, &format!("{me}{path}"), Value::Null).await;
        assert!(reply.status < 300, "{reply:?}");
    };
    let mut nobody = SoftAuthenticator::es256(ISSUER);
    nobody.user_handle.clone_from(&ada.device.user_handle);
    let unknown = sign_in(stage, &mut nobody).await.seen();
    users("POST", "/suspend").await;
    assert_eq!(sign_in(stage, &mut ada.device).await.seen(), unknown, "suspended");
    users("POST", "/unsuspend").await;
    assert_eq!(sign_in(stage, &mut ada.device).await.status, 200);
    users("DELETE", "").await;
    assert_eq!(sign_in(stage, &mut ada.device).await.seen(), unknown, "deleted");
}

async fn inputs_are_bounded(stage: &Stage) {
    let mut ada = keyed(stage).await;
    let (long, huge) = ("A".repeat(5_000), "A".repeat(40_000));
    let mut body = used(&mut ada.device, &asked_to_sign_in(stage).await);
    body["token"] = json!(long);
    for member in ["clientDataJSON", "signature", "userHandle"] {
        body["credential"]["response"][member] = json!(long);
    }
    body["credential"]["response"]["authenticatorData"] = json!(huge);
    body["credential"]["id"] = json!(long);
    let reply = stage.post("/passkeys/sign-in", body).await;
    let mut pointers = reply.pointers();
    pointers.sort_unstable();
    let response = ["authenticatorData", "clientDataJSON", "signature", "userHandle"];
    let response = response.map(|member| format!("/credential/response/{member}"));
    let expected: Vec<&str> = std::iter::once("/credential/id")
        .chain(response.iter().map(String::as_str))
        .chain(["/token"])
        .collect();
    assert_eq!((reply.status, pointers), (422, expected));
    let mut body =
        made(&mut SoftAuthenticator::es256(ISSUER), &asked_to_make(stage, &ada.person.access).await);
    body["credential"]["response"]["attestationObject"] = json!(huge);
    body["credential"]["response"]["transports"] = json!(vec!["usb"; 17]);
    body["name"] = json!("x".repeat(101));
    let reply = stage.post_as(&ada.person.access, "/passkeys", body).await;
    let mut pointers = reply.pointers();
    pointers.sort_unstable();
    let expected = ["/credential/response/attestationObject", "/credential/response/transports", "/name"];
    assert_eq!((reply.status, pointers), (422, expected.to_vec()));
    for body in [json!({}), json!({ "token": "x" }), json!({ "token": "x", "credential": {} })] {
        let reply = stage.post("/passkeys/sign-in", body.clone()).await;
        assert_eq!((reply.status, reply.pointers().is_empty()), (422, false), "{body}");
    }
    let mut body = used(&mut ada.device, &asked_to_sign_in(stage).await);
    for member in ["clientDataJSON", "authenticatorData", "signature"] {
        body["credential"]["response"][member] = json!("not base64url!");
    }
    assert_eq!(stage.post("/passkeys/sign-in", body).await.refusal(), WRONG);
    let both = json!({ "token": "x", "code": "123456", "passkey": { "token": "x", "credential": used(&mut ada.device, &asked_to_sign_in(stage).await)["credential"] } });
    let reply = stage.post("/login/second-factor", both).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/code"]));
}

async fn an_export_names_them(stage: &Stage) {
    let ada = keyed(stage).await;
    let export = stage.users("GET", &ada.person.access, "/me/export", Value::Null).await;
    let passkeys = export.body["passkeys"].as_array().unwrap();
    let mut members: Vec<_> = passkeys[0].as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["backed_up", "created_at", "last_used_at", "name"], "no key, no credential");
}

/// On a stage with the default limits.
pub(super) async fn attempts_are_held_back(stage: &Stage) {
    stage.time.advance(Duration::from_hours(24));
    let (mut ada, mut bob) = (keyed(stage).await, keyed(stage).await);
    ada.device.flags = 0x01;
    for _ in 0..5 {
        assert_eq!(sign_in(stage, &mut ada.device).await.refusal(), WRONG);
    }
    ada.device.flags = 0x05;
    let held = sign_in(stage, &mut ada.device).await;
    assert_eq!(held.refusal(), (429, "auth.too_many_attempts"), "even with the right one");
    assert!(held.headers.contains_key("retry-after"));
    assert_eq!(sign_in(stage, &mut bob.device).await.status, 200, "nobody else is held back");
    stage.time.advance(Duration::from_mins(1));
    for _ in 0..8 {
        assert_eq!(sign_in(stage, &mut ada.device).await.status, 200, "what succeeds does not count");
    }
}
