//! Passkeys of an authenticator in the process, honest and not.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gravity_auth::domain::UserId;
use gravity_auth::passkey::{
    Ceremony, CredentialKey, Passkey, PasskeyError, PasskeyUse, RegistrationResponse, RelyingParty,
    UserVerification,
};
use gravity_auth::testing::SoftAuthenticator;
use gravity_core::{Clock, TestClock, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use UserVerification::{Preferred, Required};

const ORIGIN: &str = "https://login.example.org";

struct Fixture {
    site: RelyingParty,
    clock: TestClock,
    user: UserId,
    device: SoftAuthenticator,
}

fn fixture(device: SoftAuthenticator) -> Fixture {
    let clock = TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap());
    let site = RelyingParty::new("example.org", "Example", [ORIGIN]).unwrap().with_clock(clock.clock());
    Fixture { site, clock, user: UserId::new(&Clock::system()), device }
}

impl Fixture {
    fn es256() -> Self {
        fixture(SoftAuthenticator::es256(ORIGIN))
    }

    fn respond(&mut self) -> (RegistrationResponse, Ceremony) {
        let (options, ceremony) =
            self.site.begin_registration(self.user, "ada", "Ada", &[], Required).unwrap();
        (self.device.register(&options), ceremony)
    }

    fn register(&mut self) -> Result<Passkey, PasskeyError> {
        let (response, ceremony) = self.respond();
        self.site.finish_registration(&ceremony, &response, Required)
    }

    fn sign_in(
        &mut self,
        passkey: &Passkey,
        verification: UserVerification,
    ) -> Result<PasskeyUse, PasskeyError> {
        let (options, ceremony) = self.site.begin_authentication(None, verification).unwrap();
        let response = self.device.authenticate(&options);
        self.site.finish_authentication(&ceremony, &response, passkey, self.user, verification)
    }
}

#[test]
fn a_passkey_is_made_and_signs_in_alone() {
    for device in [SoftAuthenticator::es256(ORIGIN), SoftAuthenticator::eddsa(ORIGIN)] {
        let mut fixture = fixture(device);
        let mut passkey = fixture.register().unwrap();
        assert_eq!((passkey.counter, passkey.user_verified, passkey.backup_eligible), (1, true, false));
        assert_eq!(passkey.transports, ["internal"]);
        assert_eq!(CredentialKey::from_bytes(passkey.key.as_bytes()).unwrap(), passkey.key);
        for counter in 2..5 {
            let used = fixture.sign_in(&passkey, Required).unwrap();
            assert_eq!((used.counter, used.user_verified), (counter, true));
            passkey.counter = used.counter;
        }
        // As a second factor: one of this user's.
        let known = [passkey.clone()];
        let (options, ceremony) =
            fixture.site.begin_authentication(Some((fixture.user, &known)), Preferred).unwrap();
        assert_eq!(options["allowCredentials"][0]["id"], passkey.id.to_string());
        fixture.device.user_handle = None;
        let response = fixture.device.authenticate(&options);
        let finish =
            |owner| fixture.site.finish_authentication(&ceremony, &response, &passkey, owner, Preferred);
        assert!(finish(fixture.user).is_ok());
        assert_eq!(finish(UserId::new(&Clock::system())), Err(PasskeyError::Credential));
    }
}

#[test]
fn what_the_browser_says_has_to_be_of_this_ceremony_and_page() {
    for (changed, error) in [
        (json!({ "type": "webauthn.get" }), PasskeyError::Ceremony),
        (json!({ "type": "payment.get" }), PasskeyError::Ceremony),
        (json!({ "challenge": "AAAA" }), PasskeyError::Challenge),
        (json!({ "challenge": "" }), PasskeyError::Challenge),
        (json!({ "origin": "https://evil.example" }), PasskeyError::Origin),
        (json!({ "origin": "https://example.org" }), PasskeyError::Origin),
        (json!({ "origin": "https://login.example.org.evil" }), PasskeyError::Origin),
        (json!({ "origin": "http://login.example.org" }), PasskeyError::Origin),
        (json!({ "crossOrigin": true }), PasskeyError::Origin),
        (json!({ "topOrigin": "https://evil.example" }), PasskeyError::Origin),
        (json!({ "origin": 7 }), PasskeyError::Malformed("the client data")),
        (json!({ "x": "y".repeat(5_000) }), PasskeyError::Malformed("the client data")),
    ] {
        let mut fixture = Fixture::es256();
        fixture.device.client_data = changed.clone();
        assert_eq!(fixture.register().unwrap_err(), error, "{changed}");
        fixture.device.client_data = json!({});
        let passkey = fixture.register().unwrap();
        fixture.device.client_data = changed.clone();
        if changed["type"] != "webauthn.get" {
            assert_eq!(fixture.sign_in(&passkey, Required), Err(error), "{changed}");
        }
    }
}

#[test]
fn somebody_has_to_be_there_and_verified_where_it_is_asked_for() {
    let mut fixture = Fixture::es256();
    let passkey = fixture.register().unwrap();
    fixture.device.flags = 0x01;
    assert_eq!(fixture.sign_in(&passkey, Required), Err(PasskeyError::NotVerified));
    assert!(!fixture.sign_in(&passkey, Preferred).unwrap().user_verified);
    assert_eq!(fixture.register().unwrap_err(), PasskeyError::NotVerified);
    fixture.device.flags = 0x04;
    assert_eq!(fixture.sign_in(&passkey, Required), Err(PasskeyError::NotPresent));
    // Fit for backup from the start, or never.
    fixture.device.flags = 0x1d;
    assert_eq!(fixture.sign_in(&passkey, Required), Err(PasskeyError::Credential));
    fixture.device.flags = 0x15;
    assert!(fixture.sign_in(&passkey, Required).is_err());
}

#[test]
fn a_counter_that_does_not_grow_means_a_copy() {
    let mut fixture = Fixture::es256();
    let mut passkey = fixture.register().unwrap();
    passkey.counter = 5;
    fixture.device.counter = 4;
    assert_eq!(fixture.sign_in(&passkey, Required), Err(PasskeyError::Counter));
    assert_eq!(fixture.sign_in(&passkey, Required).unwrap().counter, 6);
    fixture.device.counter = 0;
    assert_eq!(fixture.sign_in(&passkey, Required), Err(PasskeyError::Counter));
    // One that does not count.
    passkey.counter = 0;
    assert_eq!(fixture.sign_in(&passkey, Required).unwrap().counter, 0);
}

#[test]
fn ceremonies_end_and_are_not_mixed_up() {
    let mut fixture = Fixture::es256();
    let (response, registration) = fixture.respond();
    let passkey = fixture.site.finish_registration(&registration, &response, Required).unwrap();
    let (options, ceremony) = fixture.site.begin_authentication(None, Required).unwrap();
    let used = fixture.device.authenticate(&options);
    let finish = |ceremony: &Ceremony| {
        fixture.site.finish_authentication(ceremony, &used, &passkey, fixture.user, Required)
    };
    assert_eq!(finish(&registration), Err(PasskeyError::Ceremony));
    let other = fixture.site.begin_authentication(None, Required).unwrap().1;
    assert_eq!(finish(&other), Err(PasskeyError::Challenge));
    let kept = serde_json::to_string(&ceremony).unwrap();
    assert!(finish(&serde_json::from_str(&kept).unwrap()).is_ok());
    assert!(!format!("{ceremony:?}").contains(options["challenge"].as_str().unwrap()));
    fixture.clock.advance(Duration::from_mins(5));
    assert_eq!(finish(&ceremony), Err(PasskeyError::Ceremony));
    let late = fixture.site.finish_registration(&registration, &response, Required);
    assert_eq!(late.unwrap_err(), PasskeyError::Ceremony);
}

#[test]
fn another_key_another_user_and_another_site_are_refused() {
    let (mut ours, mut theirs) = (Fixture::es256(), Fixture::es256());
    let (passkey, other) = (ours.register().unwrap(), theirs.register().unwrap());
    assert_eq!(ours.sign_in(&other, Required), Err(PasskeyError::Credential));
    let forged = Passkey { key: other.key.clone(), ..passkey.clone() };
    assert_eq!(ours.sign_in(&forged, Required), Err(PasskeyError::Signature));
    // Discoverable: the authenticator says whose it is, and says it right.
    ours.device.user_handle = None;
    assert_eq!(ours.sign_in(&passkey, Required), Err(PasskeyError::Credential));
    ours.device.user_handle = theirs.device.user_handle.clone();
    assert_eq!(ours.sign_in(&passkey, Required), Err(PasskeyError::Credential));
    for handle in ["AAAA", "!", &"A".repeat(1 << 20)] {
        ours.device.user_handle = Some(handle.to_owned());
        assert!(ours.sign_in(&passkey, Required).is_err());
    }
    let mut elsewhere = Fixture::es256();
    let (mut options, ceremony) =
        elsewhere.site.begin_registration(elsewhere.user, "ada", "Ada", &[], Required).unwrap();
    options["rp"]["id"] = json!("evil.example");
    let response = elsewhere.device.register(&options);
    let outcome = elsewhere.site.finish_registration(&ceremony, &response, Required);
    assert_eq!(outcome.unwrap_err(), PasskeyError::Site);
}

#[test]
fn a_site_has_origins_of_its_own() {
    for origin in ["https://example.org", "https://a.example.org:8443", "https://a.b.example.org"] {
        assert!(RelyingParty::new("example.org", "E", [origin]).is_ok(), "{origin}");
    }
    assert!(RelyingParty::new("localhost", "E", ["http://localhost:3000"]).is_ok());
    for origin in [
        "http://example.org",
        "https://evilexample.org",
        "https://.example.org",
        "https://example.org.evil",
        "https://example.org/",
        "example.org",
        "https://example.org:0",
        "https://example.org:x",
        "",
    ] {
        assert!(RelyingParty::new("example.org", "E", [origin]).is_err(), "{origin}");
    }
    assert!(RelyingParty::new("example.org", "E", []).is_err());
    assert!(RelyingParty::new("Example.org/", "E", ["https://example.org"]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn one_changed_byte_is_never_taken_for_another_credential(at: prop::sample::Index, bit in 0..8_u8) {
        let mut fixture = Fixture::es256();
        let (mut response, ceremony) = fixture.respond();
        let honest = fixture.site.finish_registration(&ceremony, &response, Required).unwrap();
        let mut object = URL_SAFE_NO_PAD.decode(&response.response.attestation_object).unwrap();
        let at = at.index(object.len());
        object[at] ^= 1 << bit;
        response.response.attestation_object = URL_SAFE_NO_PAD.encode(object);
        if let Ok(passkey) = fixture.site.finish_registration(&ceremony, &response, Required) {
            prop_assert_eq!(passkey.id, honest.id);
        }
    }

    #[test]
    fn one_changed_byte_of_an_assertion_is_refused(at: prop::sample::Index, bit in 0..8_u8) {
        let mut fixture = Fixture::es256();
        let passkey = fixture.register().unwrap();
        let (options, ceremony) = fixture.site.begin_authentication(None, Required).unwrap();
        let mut response = fixture.device.authenticate(&options);
        let mut data = URL_SAFE_NO_PAD.decode(&response.response.authenticator_data).unwrap();
        let at = at.index(data.len());
        data[at] ^= 1 << bit;
        response.response.authenticator_data = URL_SAFE_NO_PAD.encode(data);
        let outcome = fixture.site.finish_authentication(&ceremony, &response, &passkey, fixture.user, Required);
        prop_assert!(outcome.is_err());
    }
}
