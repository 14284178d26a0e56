//! The level in Redis.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::CacheConfig;
use super::key::bounded;
use super::message::Message;
use crate::metrics::Counter;
use crate::redis::{Error, FromRedisValue, Redis, Script, ToRedisArgs, cmd, milliseconds};

/// After so many failures in a row Redis is left alone for a while.
const FAILURES: u32 = 3;

/// The layout of what is stored, before anything else in it.
const LAYOUT: u8 = 1;

/// Finds a value, or lets one loader in. Versions are never given twice: they are microseconds of the server's
/// clock, or one more than the last.
static LOOK: Script = Script::new(
    "local epoch = redis.call('GET', KEYS[3])
     if epoch and ARGV[3] == '0' then
         local value = redis.call('GET', KEYS[1])
         if value then return {1, value, redis.call('PTTL', KEYS[1]), epoch} end
     end
     if not epoch then
         local time = redis.call('TIME')
         epoch = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))
         redis.call('SET', KEYS[3], epoch)
     end
     if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return {2, '', 0, epoch} end
     return {3, '', 0, epoch}",
);

/// The versions of tags, which get one if they have none.
static VERSIONS: Script = Script::new(
    "local time = redis.call('TIME')
     local now = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))
     local versions = {}
     for at, key in ipairs(KEYS) do
         redis.call('SET', key, now, 'NX')
         redis.call('PEXPIRE', key, ARGV[1])
         versions[at] = redis.call('GET', key)
     end
     return versions",
);

/// A version that was not there before.
static RAISE: Script = Script::new(
    "local time = redis.call('TIME')
     local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
     local version = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, now)
     redis.call('SET', KEYS[1], string.format('%.0f', version))
     if ARGV[1] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end",
);

/// Stores what was loaded, if nobody has invalidated it meanwhile.
static STORE: Script = Script::new(
    "if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
     redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
     redis.call('DEL', KEYS[2])
     return 1",
);

static RELEASE: Script =
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end");

pub(super) struct L2 {
    redis: Redis,
    prefix: String,
    form: u32,
    ttl: Duration,
    negative_ttl: Duration,
    lease: Duration,
    timeout: Duration,
    pause: Duration,
    health: Mutex<Health>,
    errors: Counter,
}

#[derive(Default)]
struct Health {
    failures: u32,
    paused_until: Option<Instant>,
}

/// What Redis has for a key.
pub(super) enum Looked {
    /// A value as JSON, or that there is none, and how long it will be fresh.
    Value(Option<Vec<u8>>, Duration),
    /// Nothing, and the caller is to load it.
    Load(Lease),
    /// Nothing, and another node loads it.
    Busy,
    /// Redis did not answer.
    Down,
}

/// The right to store a value. Where it was dropped unused, others may load at once.
pub(super) struct Lease {
    l2: Arc<L2>,
    key: String,
    token: String,
    epoch: String,
    tags: Vec<(String, String)>,
    is_used: bool,
}

#[derive(Serialize, Deserialize)]
struct Header {
    form: u32,
    epoch: String,
    tags: Vec<(String, String)>,
    is_nothing: bool,
}

impl L2 {
    pub(super) fn new(redis: Redis, config: &CacheConfig, errors: Counter) -> Self {
        Self {
            prefix: redis.key(format_args!("cache:{}", config.name)),
            redis,
            form: config.form,
            ttl: config.redis_ttl,
            negative_ttl: config.negative_ttl,
            lease: config.wait.max(Duration::from_secs(1)) * 5,
            timeout: config.redis_timeout,
            pause: config.redis_pause,
            health: Mutex::default(),
            errors,
        }
    }

    /// Looks for a value; a value that proves to be no good is looked past.
    pub(super) async fn look(self: &Arc<Self>, key: &str, tags: &[Arc<str>]) -> Looked {
        let mut looks_past = 0;
        loop {
            let token = Uuid::now_v7().simple().to_string();
            let (value, lease) = (self.key('v', key), self.key('l', key));
            let keys = [&*value, &*lease, &*self.key('e', "")];
            let args = (&token, milliseconds(self.lease), looks_past);
            // From here on, so that a lease which was got unknown to this caller is given back.
            let mut lease = Lease {
                l2: self.clone(),
                key: key.to_owned(),
                token: token.clone(),
                epoch: String::new(),
                tags: Vec::new(),
                is_used: false,
            };
            let Some((found, bytes, left, epoch)) =
                self.run::<(u8, Vec<u8>, i64, String)>(&LOOK, &keys, args).await
            else {
                return Looked::Down;
            };
            if found != 2 {
                lease.is_used = true;
            }
            match found {
                1 => {
                    let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
                    match self.read(&bytes, &epoch).await {
                        Some(Some(body)) => return Looked::Value(body, left),
                        // It is of another form, or was invalidated.
                        Some(None) => looks_past = 1,
                        None => return Looked::Down,
                    }
                }
                2 => {
                    lease.epoch = epoch;
                    if !tags.is_empty() {
                        let Some(versions) = self.versions(tags).await else { return Looked::Down };
                        lease.tags = versions;
                    }
                    return Looked::Load(lease);
                }
                _ => return Looked::Busy,
            }
        }
    }

    /// What was stored: `Some(None)` where it is not valid, `None` where Redis did not answer.
    async fn read(&self, bytes: &[u8], epoch: &str) -> Option<Option<Option<Vec<u8>>>> {
        let Some((header, body)) = split(bytes) else { return Some(None) };
        if header.form != self.form || header.epoch != epoch {
            return Some(None);
        }
        if !header.tags.is_empty() {
            let mut get = cmd("MGET");
            for (tag, _) in &header.tags {
                get.arg(self.key('t', tag));
            }
            let versions: Vec<Option<String>> = self.guard(self.redis.query(&get)).await?;
            let hold = header.tags.iter().zip(versions).all(|((_, then), now)| now.as_ref() == Some(then));
            if !hold {
                return Some(None);
            }
        }
        Some(Some((!header.is_nothing).then(|| body.to_vec())))
    }

    async fn versions(&self, tags: &[Arc<str>]) -> Option<Vec<(String, String)>> {
        let keys: Vec<String> = tags.iter().map(|tag| self.key('t', tag)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let versions: Vec<String> = self.run(&VERSIONS, &keys, milliseconds(self.tag_ttl())).await?;
        Some(tags.iter().map(ToString::to_string).zip(versions).collect())
    }

    /// Tags outlive all that was stored with them.
    fn tag_ttl(&self) -> Duration {
        (self.ttl.max(self.negative_ttl) + self.lease) * 2
    }

    /// Makes something invalid for all nodes. Whether that was done.
    pub(super) async fn forget(&self, message: &Message) -> bool {
        match message {
            Message::Key(key) => {
                let mut delete = cmd("DEL");
                delete.arg(self.key('v', key)).arg(self.key('l', key));
                self.guard(self.redis.query::<u64>(&delete)).await.is_some()
            }
            Message::Tag(tag) => {
                let ttl = milliseconds(self.tag_ttl());
                self.run::<()>(&RAISE, &[&self.key('t', tag)], ttl).await.is_some()
            }
            Message::All => self.run::<()>(&RAISE, &[&self.key('e', "")], 0).await.is_some(),
        }
    }

    fn key(&self, kind: char, key: &str) -> String {
        format!("{}:{kind}:{}", self.prefix, bounded(key.into()))
    }

    async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[&str],
        args: impl ToRedisArgs,
    ) -> Option<T> {
        self.guard(self.redis.run(script, keys, args)).await
    }

    /// Asks Redis within its time, unless it is left alone.
    async fn guard<T>(&self, ask: impl Future<Output = Result<T, Error>>) -> Option<T> {
        if self.health().paused_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let error = match tokio::time::timeout(self.timeout, ask).await {
            Ok(Ok(answer)) => {
                *self.health() = Health::default();
                return Some(answer);
            }
            Ok(Err(error)) => error,
            Err(_) => Error::Timeout,
        };
        self.errors.increment();
        let mut health = self.health();
        health.failures = health.failures.saturating_add(1);
        if health.failures >= FAILURES {
            health.paused_until = Some(Instant::now() + self.pause);
        }
        let failures = health.failures;
        drop(health);
        if failures == FAILURES {
            tracing::warn!(%error, "a cache goes on without Redis");
        }
        None
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Stores what was loaded. `Some(false)` where it was invalidated meanwhile, or the lease has ended; `None`
    /// where Redis did not answer.
    pub(super) async fn store(mut self, body: Option<&[u8]>) -> Option<bool> {
        self.is_used = true;
        let header = Header {
            form: self.l2.form,
            epoch: std::mem::take(&mut self.epoch),
            tags: std::mem::take(&mut self.tags),
            is_nothing: body.is_none(),
        };
        let ttl = if body.is_some() { self.l2.ttl } else { self.l2.negative_ttl };
        let bytes = join(&header, body.unwrap_or_default())?;
        let keys = [&*self.l2.key('v', &self.key), &*self.l2.key('l', &self.key)];
        self.l2.run(&STORE, &keys, (&self.token, bytes, milliseconds(ttl))).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_used {
            return;
        }
        // Where there is no runtime any more, it ends by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (l2, key, token) = (self.l2.clone(), self.l2.key('l', &self.key), self.token.clone());
            runtime.spawn(async move { l2.run::<()>(&RELEASE, &[&key], token).await });
        }
    }
}

fn join(header: &Header, body: &[u8]) -> Option<Vec<u8>> {
    let header = serde_json::to_vec(header).ok()?;
    let mut bytes = Vec::with_capacity(5 + header.len() + body.len());
    bytes.push(LAYOUT);
    bytes.extend(u32::try_from(header.len()).ok()?.to_be_bytes());
    bytes.extend(header);
    bytes.extend(body);
    Some(bytes)
}

fn split(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let (layout, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (header, body) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    (*layout == LAYOUT).then_some(())?;
    Some((serde_json::from_slice(header).ok()?, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_is_not_read() {
        let header =
            Header { form: 3, epoch: "1".into(), tags: vec![("a".into(), "2".into())], is_nothing: false };
        let bytes = join(&header, b"{}").unwrap();
        let (read, body) = split(&bytes).unwrap();
        assert_eq!((read.form, &*read.epoch, body), (3, "1", &b"{}"[..]));
        for length in 0..bytes.len() - 2 {
            assert!(split(&bytes[..length]).is_none(), "{length}");
        }
        let mut other = bytes;
        other[0] = 2;
        assert!(split(&other).is_none());
    }
}
