//! What the browser says and the authenticator signs by its hash (WebAuthn, section 5.8.1).

use gravity_core::security::constant_time_eq;
use ring::digest;
use serde::Deserialize;

use super::PasskeyError;
use crate::jwt::base64url;

const MALFORMED: PasskeyError = PasskeyError::Malformed("the client data");

/// The longest that is read.
const LONGEST: usize = 4_096;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    #[serde(default)]
    top_origin: Option<String>,
}

/// Checks the client data of a response, and returns its hash.
pub(super) fn check(
    encoded: &str,
    kind: &str,
    challenge: &str,
    origins: &[Box<str>],
) -> Result<[u8; 32], PasskeyError> {
    if encoded.len() > LONGEST {
        return Err(MALFORMED);
    }
    let json = base64url::decode(encoded).ok_or(MALFORMED)?;
    // A member that is there twice is refused.
    let data: ClientData = serde_json::from_slice(&json).map_err(|_| MALFORMED)?;
    if data.kind != kind {
        return Err(PasskeyError::Ceremony);
    }
    if !constant_time_eq(&data.challenge, challenge) {
        return Err(PasskeyError::Challenge);
    }
    // A page inside another's, which may cover it with anything.
    let is_framed = data.cross_origin || data.top_origin.is_some();
    if is_framed || !origins.iter().any(|origin| **origin == *data.origin) {
        return Err(PasskeyError::Origin);
    }
    digest::digest(&digest::SHA256, &json).as_ref().try_into().map_err(|_| MALFORMED)
}
