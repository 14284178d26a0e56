//! Sign-in at a provider that is not ours: oidc-provider, on node.
//!
//! It takes the folder that `GRAVITY_NODE_MODULES` names, or installs the package with npm. Where there is no node or
//! the package cannot be had the test says so on standard error and passes, unless `GRAVITY_REQUIRE_BACKENDS` is `1`.
#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use gravity_auth::oauth::{Answer, ClientSecret, OAuthClient, OAuthError, Provider, ProviderCalls};
use gravity_core::security::{Key, KeyRing};

const PACKAGE: &str = "oidc-provider@9.13.3";

/// Ends the provider when the test ends.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_at_oidc_provider() {
    let Some(folder) = folder() else {
        let is_required = std::env::var("GRAVITY_REQUIRE_BACKENDS").is_ok_and(|value| value == "1");
        assert!(!is_required, "{PACKAGE} cannot be had, and GRAVITY_REQUIRE_BACKENDS is set");
        return;
    };
    let mut node = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc_provider.mjs"))
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Node)
        .unwrap();
    let mut browser = node.0.stdin.take().unwrap();
    let mut lines = BufReader::new(node.0.stdout.take().unwrap()).lines();
    let issuer = lines.next().unwrap().unwrap();
    let port = issuer.rsplit_once(':').unwrap().1.parse().unwrap();
    let ring = KeyRing::new(Key::generate("k").unwrap());
    let secret = "a secret: with % and +";
    for (client, secret) in [
        ("client_secret_basic", ClientSecret::basic(secret)),
        ("client_secret_post", ClientSecret::post(secret)),
        ("client_secret_post", ClientSecret::post("another")),
    ] {
        let is_right = !matches!(&secret, ClientSecret::Post(secret) if secret.expose() == "another");
        let provider = Provider::oidc("them", &issuer, client, secret);
        let calls = ProviderCalls::with_loopback([port]).unwrap();
        let client = OAuthClient::new(provider, "https://app.example.org/callback", &ring, calls).unwrap();
        let started = client.begin("/next").await.unwrap();
        writeln!(browser, "{}", started.url).unwrap();
        let answer: Answer = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(answer.iss.as_ref(), Some(&issuer), "it names itself (RFC 9207)");
        let finished = client.finish(started.cookie.expose(), &answer).await;
        if !is_right {
            assert!(matches!(finished, Err(OAuthError::Refused(code)) if &*code == "invalid_client"));
            continue;
        }
        let finished = finished.unwrap();
        assert_eq!(finished.context, "/next");
        assert_eq!(finished.identity.subject, "ada");
        assert_eq!(finished.identity.email.unwrap().key(), "ada@example.org");
        assert!(finished.identity.email_verified);
        assert_eq!(finished.identity.name.as_deref(), Some("Ada"));
        // The code was used.
        let again = client.finish(started.cookie.expose(), &answer).await;
        assert!(matches!(again, Err(OAuthError::Refused(code)) if &*code == "invalid_grant"));
    }
}

fn folder() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GRAVITY_NODE_MODULES") {
        return Some(named.into());
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oidc-provider");
    let entry = folder.join("node_modules/oidc-provider/lib/index.js");
    if !entry.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let npm = ["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--prefix"];
        let _ = Command::new("npm").args(npm).arg(&folder).arg(PACKAGE).status();
    }
    let is_ready = entry.exists() && Command::new("node").arg("--version").output().is_ok();
    if !is_ready {
        eprintln!("SKIPPED {PACKAGE}: there is no node, or npm cannot install it");
    }
    is_ready.then_some(folder)
}
