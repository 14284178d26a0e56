//! [`Place`]: where live sessions are that are not in the tables.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use gravity_core::{Error, Secret, SecretString, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::{Client, Method, Session, SessionId, UserId};

/// Where live sessions are that are not in the tables.
///
/// It knows no rules: it reads texts, and replaces them if they are still what was read. A session that is in a table,
/// too, is what the table says.
#[async_trait]
pub(in super::super) trait Place: fmt::Debug + Send + Sync {
    /// The session, if it is here.
    async fn read(&self, session: SessionId) -> Result<Option<Kept>, Error>;

    /// What stands in the list of the user's sessions, and those of it that are there.
    async fn of(&self, user: UserId) -> Result<Vec<(SessionId, Option<Kept>)>, Error>;

    /// Takes all turns, if each session is what it was, and these lists hold these and no others; else none, and says so.
    async fn replace(&self, turns: &[Turn], lists: &BTreeMap<UserId, Vec<SessionId>>) -> Result<bool, Error>;

    /// Forgets those that ran out before a time, at most so many; how many.
    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, Error>;
}

/// A session, and the text that stands for it.
#[derive(Clone)]
pub(in super::super) struct Kept {
    pub(super) session: Session,
    pub(super) text: SecretString,
}

/// A session that becomes another, or comes or goes.
#[derive(Clone)]
pub(in super::super) struct Turn {
    pub(super) session: SessionId,
    pub(super) user: UserId,
    pub(super) was: Option<Kept>,
    pub(super) becomes: Option<Kept>,
}

impl Turn {
    /// What takes it back.
    pub(super) fn back(self) -> Self {
        Self { was: self.becomes, becomes: self.was, ..self }
    }
}

/// What is written of a session. None is written that has ended.
#[derive(Serialize, Deserialize)]
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
}

impl Kept {
    pub(super) fn new(session: Session) -> Result<Self, Error> {
        let of = session.clone();
        let written = Written {
            id: of.id,
            user: of.user,
            seed: of.seed,
            generation: of.generation,
            refreshed_at: of.refreshed_at,
            methods: of.methods,
            client: of.client,
            proved_at: of.proved_at,
            created_at: of.created_at,
            idle_until: of.idle_until,
            expires_at: of.expires_at,
            bound_to: of.bound_to,
        };
        let text = serde_json::to_string(&written).map_err(Error::internal)?;
        Ok(Self { session, text: SecretString::new(text) })
    }

    #[cfg(feature = "redis")]
    pub(super) fn parse(text: SecretString) -> Result<Self, Error> {
        // What the parser says may have a piece of the text in it.
        let of: Written =
            serde_json::from_str(text.expose()).map_err(|_| super::super::rows::unreadable("session"))?;
        let session = Session {
            id: of.id,
            user: of.user,
            seed: of.seed,
            generation: of.generation,
            refreshed_at: of.refreshed_at,
            methods: of.methods,
            client: of.client,
            proved_at: of.proved_at,
            created_at: of.created_at,
            idle_until: of.idle_until,
            expires_at: of.expires_at,
            bound_to: of.bound_to,
            ended: None,
        };
        Ok(Self { session, text })
    }
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
