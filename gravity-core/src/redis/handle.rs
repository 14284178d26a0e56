//! [`Redis`]: the handle.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::redis::aio::MultiplexedConnection;
use ::redis::{Client, IntoConnectionInfo as _, ProtocolVersion, TlsCertificates};

use super::link::Link;
use super::metrics::{ERRORS, SECONDS};
use super::{Cmd, Error, FromRedisValue, Pipeline, RedisConfig, Script, ToRedisArgs, cmd};
use crate::Metrics;
use crate::metrics::Histogram;

/// A handle to a Redis server. Clones share one connection.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    link: Link,
    prefix: String,
    metrics: Option<(Metrics, Histogram)>,
}

impl Redis {
    /// A handle to the server that the configuration names. It connects when it is first used: a server that
    /// is down is no error here.
    pub fn new(config: RedisConfig) -> Result<Self, Error> {
        Self::build(config, None)
    }

    /// As [`Redis::new`], measuring commands in `redis_command_seconds`, and counting those that failed in
    /// `redis_errors_total` by kind.
    pub fn measured(config: RedisConfig, metrics: &Metrics) -> Result<Self, Error> {
        Self::build(config, Some((metrics.clone(), SECONDS.of(metrics, []))))
    }

    fn build(config: RedisConfig, metrics: Option<(Metrics, Histogram)>) -> Result<Self, Error> {
        let is_prefix = (1..=64).contains(&config.prefix.len())
            && config.prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte));
        if !is_prefix {
            let reason = "it has 1 to 64 letters, digits, `_`, `-`, `.` and `:` of ASCII";
            return Err(Error::invalid("prefix", reason));
        }
        // What the parser says has none of the URL in it, but a promise is better than an observation.
        let refused = |error: ::redis::RedisError| Error::invalid("URL", error.category().to_owned());
        let info = config.url.expose().as_str().into_connection_info().map_err(refused)?;
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let info = info.set_redis_settings(settings);
        let client = if matches!(info.addr(), ::redis::ConnectionAddr::TcpTls { .. }) {
            choose_cryptography();
            let root_cert = config.root_certificates;
            Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert }).map_err(|_| {
                Error::invalid("certificates", "they are no certificates in PEM, or the system has none")
            })?
        } else {
            Client::open(info).map_err(refused)?
        };
        let link = Link::new(client, config.connect_timeout, config.timeout);
        Ok(Self(Arc::new(Inner { link, prefix: config.prefix, metrics })))
    }

    /// The key of a name: the prefix, a colon, the name.
    pub fn key(&self, name: impl fmt::Display) -> String {
        format!("{}:{name}", self.0.prefix)
    }

    /// What all keys begin with.
    pub fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// Sends a command. Its keys are sent as they are: make them by [`Redis::key`].
    ///
    /// Commands that wait at the server, such as `BLPOP`, would hold up all others, and are cut off by the
    /// time limit.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let send =
            |mut connection: MultiplexedConnection| async move { command.query_async(&mut connection).await };
        // On the heap, so that the futures of those who call this stay small.
        self.measure(Box::pin(self.0.link.call(send))).await
    }

    /// Sends many commands at once. They are one step if the pipeline is [`atomic`](Pipeline::atomic).
    pub async fn pipeline<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, Error> {
        let send = |mut connection: MultiplexedConnection| async move {
            pipeline.query_async(&mut connection).await
        };
        // On the heap, so that the futures of those who call this stay small.
        self.measure(Box::pin(self.0.link.call(send))).await
    }

    /// Runs a script. Its keys are sent as they are: make them by [`Redis::key`].
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[&str],
        args: impl ToRedisArgs,
    ) -> Result<T, Error> {
        let mut invocation = script.hashed().prepare_invoke();
        invocation.key(keys).arg(args);
        let send = |mut connection: MultiplexedConnection| async move {
            invocation.invoke_async(&mut connection).await
        };
        // On the heap, so that the futures of those who call this stay small.
        self.measure(Box::pin(self.0.link.call(send))).await
    }

    /// Asks whether the server is there, and says how long the answer took.
    pub async fn ping(&self) -> Result<Duration, Error> {
        let began = Instant::now();
        self.query::<()>(&cmd("PING")).await?;
        Ok(began.elapsed())
    }

    /// How long a command may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.0.link.timeout()
    }

    /// A connection of one's own for what is published.
    pub(crate) async fn pubsub(&self) -> Result<::redis::aio::PubSub, Error> {
        let connect = self.0.link.client().get_async_pubsub();
        match tokio::time::timeout(self.0.link.connect_timeout(), connect).await {
            Ok(connected) => connected.map_err(Error::Unreachable),
            Err(_) => Err(Error::Timeout),
        }
    }

    async fn measure<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let Some((metrics, seconds)) = &self.0.metrics else { return call.await };
        let began = Instant::now();
        let result = call.await;
        seconds.observe(began.elapsed());
        if let Err(error) = &result {
            ERRORS.of(metrics, [error.label()]).increment();
        }
        result
    }
}

/// The client takes what the process has chosen. Where nobody has chosen, ring is.
fn choose_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}
