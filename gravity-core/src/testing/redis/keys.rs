//! [`TestRedis`]: keys that no other test has.

use std::net::SocketAddr;

use uuid::Uuid;

use crate::redis::{Redis, RedisConfig, cmd};
use crate::testing::proxy::Proxy;

/// A handle to the server at `REDIS_URL` whose keys no other test has.
#[derive(Debug)]
pub struct TestRedis {
    url: String,
    prefix: String,
    redis: Redis,
}

impl TestRedis {
    /// A handle with no keys yet; `None`, and a line on standard error, where `REDIS_URL` is not set.
    ///
    /// # Panics
    ///
    /// When the server does not answer, or `REDIS_URL` is not set and `GRAVITY_REQUIRE_BACKENDS` is `1`.
    #[expect(
        clippy::panic,
        clippy::print_stderr,
        reason = "a test that has no server has failed, or says so"
    )]
    pub async fn create() -> Option<Self> {
        let Some(url) = std::env::var("REDIS_URL").ok().filter(|url| !url.is_empty()) else {
            let is_required = std::env::var("GRAVITY_REQUIRE_BACKENDS").is_ok_and(|value| value == "1");
            assert!(!is_required, "REDIS_URL is not set, and GRAVITY_REQUIRE_BACKENDS is");
            eprintln!("SKIPPED redis: REDIS_URL is not set");
            return None;
        };
        let prefix = format!("test-{}", Uuid::now_v7().simple());
        let redis = Redis::new(RedisConfig::new(&*url).with_prefix(&*prefix)).unwrap();
        if let Err(error) = redis.ping().await {
            panic!("cannot reach the test's Redis: {error:?}");
        }
        Some(Self { url, prefix, redis })
    }

    /// A handle.
    pub fn redis(&self) -> Redis {
        self.redis.clone()
    }

    /// Another node's handle, with a connection of its own, to the same keys.
    pub fn other_node(&self) -> Redis {
        Redis::new(self.config()).unwrap()
    }

    /// A handle to the same keys by way of a proxy, which can cut it off.
    pub async fn through_proxy(&self) -> (Redis, Proxy) {
        let proxy = Proxy::start(self.address().await).await;
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let (login, rest) = rest.rsplit_once('@').map_or(("", rest), |(login, rest)| (login, rest));
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        let at = if login.is_empty() { "" } else { "@" };
        let url = format!("redis://{login}{at}{}{path}", proxy.address());
        let redis = Redis::new(RedisConfig::new(url).with_prefix(&*self.prefix)).unwrap();
        (redis, proxy)
    }

    /// How handles find the same keys.
    pub fn config(&self) -> RedisConfig {
        RedisConfig::new(&*self.url).with_prefix(&*self.prefix)
    }

    /// Removes all keys.
    pub async fn remove(self) {
        let pattern = self.redis.key("*");
        let mut cursor = 0_u64;
        loop {
            let scan: (u64, Vec<Vec<u8>>) = self
                .redis
                .query(cmd("SCAN").arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1_000))
                .await
                .unwrap();
            if !scan.1.is_empty() {
                self.redis.query::<u64>(cmd("UNLINK").arg(scan.1)).await.unwrap();
            }
            cursor = scan.0;
            if cursor == 0 {
                return;
            }
        }
    }

    async fn address(&self) -> SocketAddr {
        let rest = self.url.split_once("://").map_or(&*self.url, |(_, rest)| rest);
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let host = host.split(['/', '?']).next().unwrap_or_default();
        let host = if host.contains(':') { host.to_owned() } else { format!("{host}:6379") };
        tokio::net::lookup_host(host).await.unwrap().next().unwrap()
    }
}
