//! [`Place`]: where live sessions are that are not in the tables.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use gravity_core::{Error, SecretString, Timestamp};

use crate::domain::{Session, SessionId, UserId};

/// Where live sessions are that are not in the tables.
///
/// It knows no rules: it reads texts, and replaces them if they are still what was read. A session that is in a table,
/// too, is what the table says.
#[async_trait]
pub(in super::super) trait Place: fmt::Debug + Send + Sync {
    /// The session, as it is to be kept here.
    fn keep(&self, session: Session) -> Result<Kept, Error>;

    /// The session, if it is here.
    async fn read(&self, session: SessionId) -> Result<Option<Kept>, Error>;

    /// What stands in the list of the user's sessions, and those of it that are there.
    async fn of(&self, user: UserId) -> Result<Vec<(SessionId, Option<Kept>)>, Error>;

    /// Takes all turns, if each session is what it was, and these lists hold these and no others; else none, and says so.
    async fn replace(&self, turns: &[Turn], lists: &BTreeMap<UserId, Vec<SessionId>>) -> Result<bool, Error>;

    /// Forgets those that ran out before a time, at most so many; how many.
    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, Error>;
}

/// A session, and the text that stands for it. There is none where others have changed the text.
#[derive(Clone)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "there is no place that reads it"))]
pub(in super::super) struct Kept {
    pub(super) session: Option<Session>,
    pub(super) text: SecretString,
}

/// A session that becomes another, or comes or goes.
#[derive(Clone)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "there is no place that reads it"))]
pub(in super::super) struct Turn {
    pub(super) session: SessionId,
    pub(super) user: UserId,
    pub(super) was: Option<Kept>,
    pub(super) becomes: Option<Kept>,
}

impl Turn {
    /// What takes it back.
    pub(super) fn back(self) -> Self {
        let becomes = self.was.filter(|was| was.session.is_some());
        Self { was: self.becomes, becomes, ..self }
    }
}
