//! How a session is written where others might change it.

use gravity_core::security::mac::MacKeys;
use gravity_core::{Error, Secret, SecretString, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::place::Kept;
use crate::domain::{Client, Ended, Method, Session, SessionId, UserId};

const CONTEXT: &str = "auth.session";

/// What is written of a session. None is written that has ended.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Session")]
struct Written {
    id: SessionId,
    user: UserId,
    #[serde(with = "seed")]
    seed: Secret<[u8; 32]>,
    generation: u32,
    refreshed_at: Timestamp,
    methods: Vec<Method>,
    client: Client,
    proved_at: Timestamp,
    created_at: Timestamp,
    idle_until: Timestamp,
    expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bound_to: Option<String>,
    #[serde(skip)]
    ended: Option<Ended>,
}

#[derive(Serialize, Deserialize)]
struct Text(#[serde(with = "Written")] Session);

/// The session with a checksum in front, so that nobody without the key makes another of it.
pub(super) fn write(keys: &MacKeys, session: Session) -> Result<Kept, Error> {
    let written = Text(session);
    let json = Zeroizing::new(serde_json::to_string(&written).map_err(Error::internal)?);
    let text = format!("{} {}", keys.sign(CONTEXT, json.as_str()), json.as_str());
    Ok(Kept { session: Some(written.0), text: SecretString::new(text) })
}

/// The session that is kept under an id.
pub(super) fn read(keys: &MacKeys, id: SessionId, text: String) -> Kept {
    let session = parse(keys, &text).filter(|session| session.id == id);
    if session.is_none() {
        tracing::warn!(session = %id, "a kept session is not as it was written, or its key is not here any more");
    }
    Kept { session, text: SecretString::new(text) }
}

fn parse(keys: &MacKeys, text: &str) -> Option<Session> {
    let (mac, json) = text.split_once(' ')?;
    if !keys.verify(CONTEXT, json, &mac.parse().ok()?) {
        return None;
    }
    serde_json::from_str(json).ok().map(|Text(session)| session)
}

/// 32 bytes as base64.
mod seed {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use gravity_core::Secret;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(
        seed: &Secret<[u8; 32]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD_NO_PAD.encode(seed.expose())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Secret<[u8; 32]>, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = STANDARD_NO_PAD.decode(text.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| D::Error::custom("no base64"))?;
        bytes.as_slice().try_into().map(Secret::new).map_err(|_| D::Error::custom("not 32 bytes"))
    }
}
