//! Live sessions in Redis.

use std::collections::BTreeMap;

use async_trait::async_trait;
use gravity_core::redis::{Redis, Script, cmd};
use gravity_core::security::mac::MacKeys;
use gravity_core::{Error, Timestamp};

use super::super::SqlStore;
use super::super::rows::parse;
use super::place::{Kept, Place, Turn};
use super::text;
use crate::domain::{Session, SessionId, UserId};

/// One step at the server: all sessions become what they are to, or none.
static REPLACE: Script = Script::new(include_str!("redis.lua"));

/// How many are forgotten in one step, while others wait.
const SWEPT_AT_ONCE: u32 = 100;
/// How often a step is tried again that somebody else was in the way of.
const TRIES: u32 = 100;

impl SqlStore {
    /// Keeps live sessions in Redis, where they are refreshed without a transaction of the database. Everything else
    /// stays in the tables.
    ///
    /// **What holds.** Changes are made in one transaction as before, and what becomes of sessions is the last step of
    /// it: a script that replaces all of them if each is what was read, or else none, whereupon the whole is tried again.
    /// What is refused leaves Redis as it was. If the database fails in the very moment of the commit, after that step,
    /// sessions that ended stay ended or are put back, and one that began was handed to nobody.
    ///
    /// A session that is over goes to the table of sessions, and what stands there holds. So Redis may forget all it
    /// has, and nothing is lost but sign-ins; an old copy of it that is put back lets nobody in whose session has ended
    /// since, by whatever way. Only refreshes are forgotten with the copy: a token that was used after it was made works
    /// once more. Whoever puts a copy back rather begins with none.
    ///
    /// **When Redis is away** nobody signs in or is refreshed, and no session ends, so that nobody is suspended either:
    /// errors of the kind [`Unavailable`](gravity_core::ErrorKind::Unavailable), with nothing half done. Access tokens go
    /// on until they run out. A refresh whose answer is lost may have been done, as with any store; the token works again
    /// within the grace.
    ///
    /// **Begin and end.** All nodes change at once: one that keeps sessions in tables neither finds nor ends those in
    /// Redis. Sessions that are in the table when one begins go on there until they are over. Those that are in Redis are
    /// not found when one goes back, and their users sign in again; remove the keys `auth:session*`, so that they do not
    /// come back some day.
    ///
    /// **The server** keeps what it has over a restart (`appendonly yes`) and throws nothing away (`maxmemory-policy
    /// noeviction`). A session takes about a kilobyte, and none of its keys expires by the server's clock: what has run
    /// out is swept. Redis sees of sessions what the table has: neither tokens nor the key that they are made with. Each
    /// text has a keyed checksum: whoever can write to Redis can end sessions, and put back what one has been while it
    /// lived, but makes neither one of their own nor another user's of theirs.
    ///
    /// ```no_run
    /// use gravity_auth::{Auth, AuthConfig};
    /// use gravity_core::db::Database;
    /// use gravity_core::redis::{Redis, RedisConfig};
    ///
    /// # async fn example(db: Database, config: AuthConfig) -> Result<Auth, Box<dyn std::error::Error>> {
    /// let redis = Redis::new(RedisConfig::new("redis://localhost:6379").with_prefix("shop"))?;
    /// let auth = Auth::new(db, config.with_sessions_in(&redis)).await?;
    /// # Ok(auth)
    /// # }
    /// ```
    #[must_use]
    pub fn with_sessions_in(self, redis: &Redis) -> Self {
        let keys = self.macs.clone();
        self.with_place(RedisSessions { redis: redis.clone(), keys })
    }
}

/// Live sessions in Redis: each under its id as a text, those of a user as a set of ids, and all by when they run out.
#[derive(Debug)]
struct RedisSessions {
    redis: Redis,
    keys: MacKeys,
}

impl RedisSessions {
    fn session(&self, session: SessionId) -> String {
        self.redis.key(format_args!("auth:session:{session}"))
    }

    fn list(&self, user: UserId) -> String {
        self.redis.key(format_args!("auth:sessions:{user}"))
    }

    /// When each runs out, in microseconds: a score holds them exactly until the year 2255.
    fn idle(&self) -> String {
        self.redis.key("auth:sessions")
    }

    async fn read_each(&self, ids: Vec<String>) -> Result<Vec<(SessionId, Option<Kept>)>, Error> {
        let ids = ids.iter().map(|id| parse(id)).collect::<Result<Vec<SessionId>, _>>()?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut get = cmd("MGET");
        for id in &ids {
            get.arg(self.session(*id));
        }
        let texts: Vec<Option<String>> = self.redis.query(&get).await?;
        let read =
            |(id, text): (SessionId, Option<String>)| (id, text.map(|text| text::read(&self.keys, id, text)));
        Ok(ids.into_iter().zip(texts).map(read).collect())
    }

    /// Looks at so many at most, and forgets them: how many there were, and how many of them this has forgotten; `None`
    /// where somebody was in the way.
    async fn sweep_once(&self, before: Timestamp, limit: u32) -> Result<Option<(u32, u64)>, Error> {
        let mut range = cmd("ZRANGE");
        range.arg(self.idle()).arg("-inf").arg(format!("({}", before.as_micros())).arg("BYSCORE");
        let ids: Vec<String> = self.redis.query(range.arg("LIMIT").arg(0).arg(limit)).await?;
        let found = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let (mut turns, mut lost) = (Vec::new(), Vec::new());
        for (session, kept) in self.read_each(ids).await? {
            match kept {
                Some(Kept { session: Some(Session { user, .. }), .. }) => {
                    turns.push(Turn { session, user, was: kept, becomes: None });
                }
                // The list that it is in is mended when its user signs in.
                Some(_) => {
                    self.redis.query::<u64>(cmd("DEL").arg(self.session(session))).await?;
                    lost.push(session.to_string());
                }
                None => lost.push(session.to_string()),
            }
        }
        let mut forgotten = turns.len() as u64;
        if !turns.is_empty() && !self.replace(&turns, &BTreeMap::new()).await? {
            return Ok(None);
        }
        if !lost.is_empty() {
            // Others may have forgotten them in this moment.
            forgotten += self.redis.query::<u64>(cmd("ZREM").arg(self.idle()).arg(&lost)).await?;
        }
        Ok(Some((found, forgotten)))
    }
}

#[async_trait]
impl Place for RedisSessions {
    fn keep(&self, session: Session) -> Result<Kept, Error> {
        text::write(&self.keys, session)
    }

    async fn read(&self, session: SessionId) -> Result<Option<Kept>, Error> {
        let text: Option<String> = self.redis.query(cmd("GET").arg(self.session(session))).await?;
        Ok(text.map(|text| text::read(&self.keys, session, text)))
    }

    async fn of(&self, user: UserId) -> Result<Vec<(SessionId, Option<Kept>)>, Error> {
        let ids: Vec<String> = self.redis.query(cmd("SMEMBERS").arg(self.list(user))).await?;
        self.read_each(ids).await
    }

    async fn replace(&self, turns: &[Turn], lists: &BTreeMap<UserId, Vec<SessionId>>) -> Result<bool, Error> {
        let text =
            |kept: &Option<Kept>| kept.as_ref().map(|kept| kept.text.expose().clone()).unwrap_or_default();
        let mut keys = vec![self.idle()];
        let mut arguments = vec![turns.len().to_string(), lists.len().to_string()];
        for turn in turns {
            keys.extend([self.session(turn.session), self.list(turn.user)]);
            let becomes = turn.becomes.as_ref().and_then(|kept| kept.session.as_ref());
            let runs_out = becomes.map(|session| session.idle_until.as_micros().to_string());
            arguments.extend([turn.session.to_string(), text(&turn.was), text(&turn.becomes)]);
            arguments.push(runs_out.unwrap_or_default());
        }
        for (user, sessions) in lists {
            keys.push(self.list(*user));
            arguments.push(sessions.len().to_string());
            arguments.extend(sessions.iter().map(SessionId::to_string));
        }
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        Ok(self.redis.run(&REPLACE, &keys, arguments).await?)
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, Error> {
        let (mut swept, mut left, mut tries) = (0, limit, TRIES);
        while left > 0 && tries > 0 {
            let wanted = SWEPT_AT_ONCE.min(left);
            let Some((found, forgotten)) = self.sweep_once(before, wanted).await? else {
                tries -= 1;
                continue;
            };
            swept += forgotten;
            left -= found;
            if found < wanted {
                break;
            }
        }
        Ok(swept)
    }
}
