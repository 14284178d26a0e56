//! [`RedisLocks`]: on one Redis server.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use super::Lease;
use super::{Error, LockStore};
use crate::redis::{Redis, Script, milliseconds};

/// Tokens are microseconds of the server's clock, or one more than the last: they grow even where the server has
/// lost the last one.
static TAKE: Script = Script::new(
    "if redis.call('EXISTS', KEYS[1]) == 1 then return false end
     local time = redis.call('TIME')
     local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
     local token = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now)
     redis.call('SET', KEYS[2], string.format('%.0f', token))
     redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
     return token",
);

static RENEW: Script = Script::new(
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
     return redis.call('PEXPIRE', KEYS[1], ARGV[2])",
);

static RELEASE: Script = Script::new(
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
     return redis.call('DEL', KEYS[1])",
);

/// Locks on one Redis server. See the [module](super) for what they promise.
///
/// The last token of each lock is kept for good, some hundred bytes a name.
#[derive(Debug, Clone)]
pub struct RedisLocks(Redis);

impl RedisLocks {
    /// Locks under the prefix of this handle.
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }

    fn key(&self, name: &str) -> String {
        self.0.key(format_args!("lock:{name}"))
    }
}

#[async_trait]
impl LockStore for RedisLocks {
    async fn take(&self, name: &str, holder: Uuid, ttl: Duration) -> Result<Option<i64>, Error> {
        let token = self.0.key(format_args!("lock-token:{name}"));
        let args = (holder.simple().to_string(), milliseconds(ttl));
        Ok(self.0.run(&TAKE, &[&self.key(name), &token], args).await?)
    }

    async fn renew(&self, name: &str, holder: Uuid, ttl: Duration) -> Result<bool, Error> {
        let args = (holder.simple().to_string(), milliseconds(ttl));
        Ok(self.0.run(&RENEW, &[&self.key(name)], args).await?)
    }

    async fn release(&self, name: &str, holder: Uuid) -> Result<bool, Error> {
        Ok(self.0.run(&RELEASE, &[&self.key(name)], holder.simple().to_string()).await?)
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    async fn check_in(&self, tx: &mut crate::db::Tx<'_>, lease: &Lease) -> Result<bool, Error> {
        super::fence::raise(tx, lease).await
    }
}
