//! What it costs to verify an access token beside the check of its signature alone.

use anyhow::{Context, Result, bail, ensure};
use gravity_auth::jwt::{AccessClaims, Algorithm, Signer, SigningKey, Verifier, VerifyingKey};
use gravity_core::{Clock, Subject};
use ring::hmac;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

/// The cases: those whose keys the program can make itself, and RSA, whose key is one of the tests'.
pub(crate) const ALGORITHMS: [Algorithm; 4] = Algorithm::ALL;

const RSA: &str = include_str!("../../gravity-auth/tests/keys/rsa-2048.pem");
const SECRET: [u8; 32] = [7; 32];

/// Verifies a token that many times: whole, or its signature alone by ring.
pub(crate) fn run(case: &str, times: u64) -> Result<()> {
    let (algorithm, by) = case.split_once('-').context("ALGORITHM-bare or ALGORITHM-gravity")?;
    let case = Case::new(Algorithm::of_name(algorithm).context("no such algorithm")?)?;
    match by {
        "bare" => case.bare(times),
        "gravity" => case.gravity(times),
        _ => bail!("no such case: {by}"),
    }
}

/// A token, and its key.
pub(crate) struct Case {
    key: SigningKey,
    token: gravity_core::SecretString,
}

impl Case {
    pub(crate) fn new(algorithm: Algorithm) -> Result<Self> {
        let key = match algorithm {
            Algorithm::Rs256 => SigningKey::from_pem(&RSA.into())?,
            Algorithm::Hs256 => SigningKey::from_secret(&SECRET)?,
            other => SigningKey::generate(other)?,
        };
        let token = token(&key)?;
        Ok(Self { key, token })
    }

    /// Verifies the whole token.
    pub(crate) fn gravity(&self, times: u64) -> Result<()> {
        gravity(self.key.verifying_key(), self.token.expose(), times)
    }

    /// Verifies its signature alone.
    pub(crate) fn bare(&self, times: u64) -> Result<()> {
        bare(&self.key, self.token.expose(), times)
    }
}

fn token(key: &SigningKey) -> Result<gravity_core::SecretString> {
    let now = Clock::system().now();
    let life = std::time::Duration::from_mins(15);
    let mut claims = AccessClaims::new(
        "https://accounts.example.com",
        "https://api.example.com",
        Subject::new("user_01h455vb4pex5vsknk084sn02q")?,
        "01h455vb4pex5vsknk084sn02q",
        now,
        life,
    );
    claims.sid = Some("session_01h455vb4pex5vsknk084sn02q".to_owned());
    claims.roles.insert("manager".to_owned());
    claims.permissions = "orders:read orders:write products:* users:read".parse()?;
    claims.amr = vec!["pwd".to_owned(), "otp".to_owned()];
    Ok(Signer::new(key.clone(), "at+jwt").sign(&claims)?)
}

fn gravity(key: &VerifyingKey, token: &str, times: u64) -> Result<()> {
    let verifier = Verifier::access_tokens("https://accounts.example.com", "https://api.example.com");
    for _ in 0..times {
        let claims: AccessClaims = verifier.verify(std::hint::black_box(token), key)?;
        std::hint::black_box(claims);
    }
    Ok(())
}

/// The signature is decoded before, and the claims never.
fn bare(key: &SigningKey, token: &str, times: u64) -> Result<()> {
    let (signed, signature) = token.rsplit_once('.').context("a token")?;
    let signature = decode(signature)?;
    let jwk = key.verifying_key().to_jwk().unwrap_or_default();
    let part = |part: Option<String>| decode(part.as_deref().unwrap_or_default());
    let (x, y, n, e) = (part(jwk.x)?, part(jwk.y)?, part(jwk.n)?, part(jwk.e)?);
    let point = [&[4][..], &x, &y].concat();
    let (rsa, secret) = (RsaPublicKeyComponents { n, e }, hmac::Key::new(hmac::HMAC_SHA256, &SECRET));
    for _ in 0..times {
        let message = std::hint::black_box(signed).as_bytes();
        let holds = match key.algorithm() {
            Algorithm::EdDsa => UnparsedPublicKey::new(&ED25519, &x).verify(message, &signature).is_ok(),
            Algorithm::Es256 => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).verify(message, &signature).is_ok()
            }
            Algorithm::Rs256 => rsa.verify(&RSA_PKCS1_2048_8192_SHA256, message, &signature).is_ok(),
            Algorithm::Hs256 => hmac::verify(&secret, message, &signature).is_ok(),
            other => bail!("no case for {other}"),
        };
        ensure!(holds, "the signature does not hold");
    }
    Ok(())
}

fn decode(text: &str) -> Result<Vec<u8>> {
    use base64::Engine;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text)?)
}
