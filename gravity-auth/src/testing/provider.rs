//! [`ProviderDouble`]: a provider of OpenID Connect on loopback that says what a test wants it to say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gravity_core::TestClock;
use percent_encoding::percent_decode_str;
use ring::digest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::sign_anything;
use crate::jwt::{Algorithm, Jwks, SigningKey, base64url};
use crate::oauth::{ClientSecret, Provider};

/// As whom the application is known at a double, and its secret.
const CLIENT: &str = "client";
const SECRET: &str = "hunter2";

/// A provider on loopback. It gives a code for whatever claims a test likes, and exchanges it once, for whoever has the
/// verifier of the challenge that the browser came with. Cheap to clone: clones are one provider.
#[derive(Debug, Clone)]
pub struct ProviderDouble {
    port: u16,
    key: SigningKey,
    time: TestClock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    codes: HashMap<String, Given>,
    made: u64,
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Given {
    id_token: String,
    challenge: String,
    redirect_uri: String,
}

/// What is the matter with a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It hangs up.
    Down,
    /// It answers 503 to everything.
    Busy,
    /// It answers what is no document.
    Garbage,
    /// It answers more than anybody reads.
    Huge,
}

impl ProviderDouble {
    /// A provider by this clock, until the runtime ends.
    ///
    /// # Panics
    /// When there is no port to be had.
    pub async fn start(time: &TestClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let double = Self { port, key, time: time.clone(), state: Arc::default() };
        let served = double.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let double = served.clone();
                tokio::spawn(async move { double.serve(stream).await });
            }
        });
        double
    }

    /// Its port, which [`ProviderCalls::with_loopback`](crate::oauth::ProviderCalls::with_loopback) has to allow.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The provider as the application configures it, under this name.
    pub fn provider(&self, id: &str) -> Provider {
        Provider::oidc(id, &self.issuer(), CLIENT, ClientSecret::post(SECRET))
    }

    /// The same as Microsoft, for people of many tenants.
    pub fn microsoft(&self) -> Provider {
        Provider::microsoft_at(&self.issuer(), "common", CLIENT, ClientSecret::post(SECRET))
    }

    /// From now on this is the matter with it, or nothing.
    pub fn has(&self, trouble: Option<Trouble>) {
        self.state().trouble = trouble;
    }

    /// The claims of somebody who signs in by the address that their browser was sent to.
    pub fn claims(&self, url: &str, subject: &str, email: &str) -> Value {
        let now = self.time.now().as_seconds();
        json!({
            "iss": self.issuer(), "sub": subject, "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": parameter(url, "nonce"), "email": email, "email_verified": true, "name": "Ada Lovelace",
        })
    }

    /// A code for these claims, for the browser that was sent to this address.
    pub fn code(&self, url: &str, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "kid": self.key.id() }).to_string();
        let token = sign_anything(&self.key, header.as_bytes(), claims.to_string().as_bytes());
        self.code_for(url, token.expose())
    }

    /// A code for any text in place of an id token.
    pub fn code_for(&self, url: &str, id_token: &str) -> String {
        let given = Given {
            id_token: id_token.to_owned(),
            challenge: parameter(url, "code_challenge"),
            redirect_uri: parameter(url, "redirect_uri"),
        };
        let mut state = self.state();
        state.made += 1;
        let code = format!("code {} of {}", state.made, self.port);
        state.codes.insert(code.clone(), given);
        code
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let mut body = vec![0; length.unwrap_or(0)];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let trouble = self.state().trouble;
        let (status, text) = match trouble {
            Some(Trouble::Down) => return,
            Some(Trouble::Busy) => (503, "later".to_owned()),
            Some(Trouble::Garbage) => (200, "<html>\u{0}".to_owned()),
            Some(Trouble::Huge) => (200, format!("{{\"x\":\"{}\"}}", "x".repeat(300_000))),
            None => self.answer(&path, &String::from_utf8_lossy(&body)),
        };
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        );
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn answer(&self, path: &str, body: &str) -> (u16, String) {
        let issuer = self.issuer();
        let document = match path {
            "/.well-known/openid-configuration" | "/common/v2.0/.well-known/openid-configuration" => json!({
                "issuer": if path.starts_with("/common") { format!("{issuer}/{{tenantid}}/v2.0") } else { issuer.clone() },
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/jwks"),
            }),
            "/jwks" => json!(Jwks::of([self.key.verifying_key()])),
            "/token" => return self.exchange(body),
            _ => return (404, "{}".to_owned()),
        };
        (200, document.to_string())
    }

    fn exchange(&self, body: &str) -> (u16, String) {
        let refused = (400, json!({ "error": "invalid_grant" }).to_string());
        let Some(given) = self.state().codes.remove(&parameter(body, "code")) else { return refused };
        let verifier = digest::digest(&digest::SHA256, parameter(body, "code_verifier").as_bytes());
        let is_right = base64url::encode(verifier) == given.challenge
            && parameter(body, "grant_type") == "authorization_code"
            && parameter(body, "redirect_uri") == given.redirect_uri
            && parameter(body, "client_id") == CLIENT
            && !parameter(body, "client_secret").is_empty();
        if !is_right {
            return refused;
        }
        let id_token = given.id_token;
        (200, json!({ "access_token": "at", "token_type": "Bearer", "id_token": id_token }).to_string())
    }
}

/// A parameter of a query or form.
pub(super) fn parameter(text: &str, name: &str) -> String {
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    percent_decode_str(&pair.unwrap_or_default().replace('+', " ")).decode_utf8_lossy().into_owned()
}
