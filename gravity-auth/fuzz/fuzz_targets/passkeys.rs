//! Responses of authenticators and stored keys: nothing panics, and nothing that nobody signed signs anybody in.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gravity_auth::domain::UserId;
use gravity_auth::passkey::{Ceremony, CredentialKey, Passkey, RelyingParty, UserVerification};
use gravity_auth::testing::SoftAuthenticator;
use gravity_core::Clock;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const ORIGIN: &str = "https://example.org";

struct Fixture {
    site: RelyingParty,
    user: UserId,
    passkey: Passkey,
    registration: (Value, Ceremony),
    authentication: (Value, Ceremony),
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let site = RelyingParty::new("example.org", "Example", [ORIGIN])
        .unwrap()
        .with_lifetime(std::time::Duration::from_secs(1 << 30));
    let user = UserId::new(&Clock::system());
    let registration = site.begin_registration(user, "ada", "Ada", &[], UserVerification::Preferred).unwrap();
    let response = SoftAuthenticator::es256(ORIGIN).register(&registration.0);
    let passkey = site.finish_registration(&registration.1, &response, UserVerification::Preferred).unwrap();
    let authentication = site.begin_authentication(None, UserVerification::Preferred).unwrap();
    Fixture { site, user, passkey, registration, authentication }
});

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    object: &'a [u8],
    data: &'a [u8],
    signature: &'a [u8],
    key: &'a [u8],
    text: &'a str,
}

fuzz_target!(|input: Input<'_>| {
    let Fixture { site, user, passkey, registration, authentication } = &*FIXTURE;
    let client = |kind: &str, options: &Value| {
        let client = json!({ "type": kind, "challenge": options["challenge"], "origin": ORIGIN });
        URL_SAFE_NO_PAD.encode(client.to_string())
    };
    let response = json!({ "id": passkey.id.to_string(), "type": "public-key", "response": {
        "clientDataJSON": client("webauthn.create", &registration.0),
        "attestationObject": URL_SAFE_NO_PAD.encode(input.object),
    }});
    let response = serde_json::from_value(response).unwrap();
    if let Ok(made) = site.finish_registration(&registration.1, &response, UserVerification::Preferred) {
        assert_eq!(CredentialKey::from_bytes(made.key.as_bytes()).unwrap(), made.key);
    }
    let response = json!({ "id": passkey.id.to_string(), "type": "public-key", "response": {
        "clientDataJSON": client("webauthn.get", &authentication.0),
        "authenticatorData": URL_SAFE_NO_PAD.encode(input.data),
        "signature": URL_SAFE_NO_PAD.encode(input.signature),
        "userHandle": input.text,
    }});
    let response = serde_json::from_value(response).unwrap();
    let preferred = UserVerification::Preferred;
    assert!(site.finish_authentication(&authentication.1, &response, passkey, *user, preferred).is_err());
    if let Ok(key) = CredentialKey::from_bytes(input.key) {
        assert_eq!(key.as_bytes(), input.key);
    }
});
