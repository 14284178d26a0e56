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

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gravity_auth::oauth::{Answer, ClientSecret, OAuthClient, OAuthError, Provider, ProviderCalls};
use gravity_auth::testing::Stage;
use gravity_auth::testing::http::{ISSUER, config};
use gravity_auth::{Auth, DevMailbox};
use gravity_core::security::{Key, KeyRing};
use gravity_core::testing::http::Kind;
use gravity_core::{Clock, TestClock};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

const PACKAGE: &str = "oidc-provider@9.13.3";
const CALLBACK: &str = "https://app.example.org/callback";
const SECRET: &str = "a secret: with % and +";
const VERIFIER: &str = "a secret of at least 43 letters: abcdefghijklm";

/// Ends the provider when the test ends.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The provider, and the browser of Ada, who signs in there.
struct Running {
    browser: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    issuer: String,
    port: u16,
    _node: Node,
}

impl Running {
    /// The provider, if it can be had.
    fn start(callback: &str) -> Option<Self> {
        let Some(folder) = folder() else {
            let is_required = std::env::var("GRAVITY_REQUIRE_BACKENDS").is_ok_and(|value| value == "1");
            assert!(!is_required, "{PACKAGE} cannot be had, and GRAVITY_REQUIRE_BACKENDS is set");
            return None;
        };
        let mut node = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc_provider.mjs"))
            .arg(folder)
            .arg(callback)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map(Node)
            .unwrap();
        let browser = node.0.stdin.take().unwrap();
        let mut lines = BufReader::new(node.0.stdout.take().unwrap()).lines();
        let issuer = lines.next().unwrap().unwrap();
        let port = issuer.rsplit_once(':').unwrap().1.parse().unwrap();
        Some(Self { browser, lines, issuer, port, _node: node })
    }

    /// What the browser comes back with that was sent to this address.
    fn sign_in(&mut self, url: &str) -> Value {
        writeln!(self.browser, "{url}").unwrap();
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_at_oidc_provider() {
    let Some(mut running) = Running::start(CALLBACK) else { return };
    let (issuer, port) = (running.issuer.clone(), running.port);
    let ring = KeyRing::new(Key::generate("k").unwrap());
    let secret = SECRET;
    for (client, secret) in [
        ("client_secret_basic", ClientSecret::basic(secret)),
        ("client_secret_post", ClientSecret::post(secret)),
        ("client_secret_post", ClientSecret::post("another")),
    ] {
        let is_right = !matches!(&secret, ClientSecret::Post(secret) if secret.expose() == "another");
        let provider = Provider::oidc("them", &issuer, client, secret);
        let calls = ProviderCalls::with_loopback([port]).unwrap();
        let client = OAuthClient::new(provider, CALLBACK, &ring, calls).unwrap();
        let started = client.begin("/next").await.unwrap();
        let answer: Answer = serde_json::from_value(running.sign_in(&started.url)).unwrap();
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

/// The same by the routes: somebody new signs up, and is known when they come again.
#[tokio::test(flavor = "multi_thread")]
async fn the_routes_sign_somebody_in_at_oidc_provider() {
    let callback = format!("{ISSUER}/api/v1/auth/oauth/them/callback");
    let Some(mut running) = Running::start(&callback) else { return };
    let (mailbox, time) = (DevMailbox::default(), TestClock::at(Clock::system().now()));
    let secret = ClientSecret::basic(SECRET);
    let provider = Provider::oidc("them", &running.issuer, "client_secret_basic", secret);
    let config = config(&mailbox, &time)
        .with_provider(provider)
        .with_provider_calls(ProviderCalls::with_loopback([running.port]).unwrap());
    let auth = Auth::in_memory(config).await.unwrap();
    let stage = Stage::new(Kind::Axum, auth, mailbox, time);
    let mut users = Vec::new();
    for _ in 0..2 {
        let hash = ring::digest::digest(&ring::digest::SHA256, VERIFIER.as_bytes());
        let start = json!({ "code_challenge": URL_SAFE_NO_PAD.encode(hash) });
        let started = stage.post("/oauth/them/start", start).await;
        let (name, rest) = started.cookies().remove(0);
        let answer = running.sign_in(started.body["url"].as_str().unwrap());
        // The provider goes by the time of the machine.
        stage.time.advance(Clock::system().now().saturating_since(stage.time.now()));
        let pairs = ["code", "state", "iss"].map(|name| {
            let value = utf8_percent_encode(answer[name].as_str().unwrap(), NON_ALPHANUMERIC);
            format!("{name}={value}")
        });
        let cookie = format!("{name}={}", rest.split(';').next().unwrap());
        let path = format!("/api/v1/auth/oauth/them/callback?{}", pairs.join("&"));
        let back = stage.call("GET", &path, &[("cookie", &cookie)], b"").await;
        let location = back.headers["location"].to_str().unwrap().to_owned();
        let code = location.strip_prefix("/#code=").unwrap_or_else(|| panic!("{location}"));
        let shown = json!({ "code": code, "code_verifier": VERIFIER });
        let signed = stage.post("/oauth/token", shown).await;
        assert_eq!((signed.status, &signed.body["user"]["email"]), (200, &json!("ada@example.org")));
        users.push(signed.body["user"]["id"].clone());
    }
    assert_eq!(users[0], users[1]);
}

/// One of this process installs at a time.
static INSTALLING: Mutex<()> = Mutex::new(());

fn folder() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GRAVITY_NODE_MODULES") {
        return Some(named.into());
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oidc-provider");
    let entry = folder.join("node_modules/oidc-provider/lib/index.js");
    let installing = INSTALLING.lock().unwrap();
    if !entry.exists() {
        // Whole or not at all: another process may look while this one installs, or install too.
        let staged = folder.with_extension(std::process::id().to_string());
        std::fs::create_dir_all(&staged).unwrap();
        let npm = ["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--prefix"];
        let installed = Command::new("npm").args(npm).arg(&staged).arg(PACKAGE).status();
        if installed.is_ok_and(|status| status.success()) {
            let _ = std::fs::rename(&staged, &folder);
        }
        let _ = std::fs::remove_dir_all(&staged);
    }
    drop(installing);
    let is_ready = entry.exists() && Command::new("node").arg("--version").output().is_ok();
    if !is_ready {
        eprintln!("SKIPPED {PACKAGE}: there is no node, or npm cannot install it");
    }
    is_ready.then_some(folder)
}
