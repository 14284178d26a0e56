//! One-time passwords and passkeys of somebody else's code: pyotp and python-fido2.
#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

mod python;

use std::time::Duration;

use gravity_auth::domain::UserId;
use gravity_auth::passkey::{RelyingParty, UserVerification};
use gravity_auth::totp::{KeyUri, Totp, TotpAlgorithm, TotpSecret};
use gravity_core::{Clock, Timestamp};
use serde_json::{from_value, json};

const TIMES: [i64; 5] = [0, 59, 1_111_111_109, 1_800_000_000, 20_000_000_000];

#[test]
fn an_app_and_an_authenticator_of_others_are_understood() {
    let rules = [
        Totp::default(),
        Totp::default().with_algorithm(TotpAlgorithm::Sha256).with_digits(8).unwrap(),
        Totp::default().with_algorithm(TotpAlgorithm::Sha512).with_period(Duration::from_mins(1)).unwrap(),
    ];
    let apps = rules.map(|totp| (totp, TotpSecret::generate(totp.algorithm()).unwrap()));
    let uri = |(totp, secret): &(Totp, TotpSecret)| {
        KeyUri::new(totp, secret, "Käse & Co?", "ada+1@example.org").expose().to_owned()
    };
    let (origin, required) = ("https://example.org", UserVerification::Required);
    let site = RelyingParty::new("example.org", "Example", [origin]).unwrap();
    let user = UserId::new(&Clock::system());
    let (registration, making) = site.begin_registration(user, "ada", "Ada", &[], required).unwrap();
    let (authentication, using) = site.begin_authentication(None, required).unwrap();
    let question = json!({
        "uris": apps.iter().map(uri).collect::<Vec<_>>(),
        "times": TIMES,
        "registration": registration,
        "authentication": authentication,
        "origin": origin,
    });
    let Some(answer) = python::ask("second_factors.py", &question) else { return };
    for (index, (totp, secret)) in apps.iter().enumerate() {
        let app = &answer["apps"][index];
        assert_eq!((&app["issuer"], &app["name"]), (&json!("Käse & Co?"), &json!("ada+1@example.org")));
        for (which, seconds) in TIMES.into_iter().enumerate() {
            let code = app["codes"][which].as_str().unwrap();
            let now = Timestamp::from_seconds(seconds).unwrap();
            assert_eq!(totp.code(secret, now).expose(), code);
            assert!(totp.verify(secret, code, now, None).is_ok());
        }
    }
    let passkeys = answer["passkeys"].as_object().unwrap();
    assert_eq!(passkeys.len(), 6);
    for (name, responses) in passkeys {
        let made = from_value(responses["made"].clone()).unwrap();
        let passkey = site.finish_registration(&making, &made, required).expect(name);
        assert!(passkey.backup_eligible && passkey.backed_up && passkey.user_verified);
        let assertion = from_value(responses["used"].clone()).unwrap();
        let outcome = site.finish_authentication(&using, &assertion, &passkey, user, required).expect(name);
        assert!(outcome.user_verified, "{name}");
    }
}
