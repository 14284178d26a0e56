//! The connection that a process shares, and how it comes back.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::redis::aio::{MultiplexedConnection, SendError};
use ::redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisError, RedisResult};

use super::Error;

/// After a failed attempt to connect, nobody tries again for this long, so that callers fail at once.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// So many answers in a row that did not come make the connection a dead one.
const DEAD_AFTER: u32 = 3;

/// The connection that a process shares.
///
/// The client's own manager hands out the failure of an old attempt after the server is back, and keeps a
/// connection whose other end has gone silent. So it is not used.
pub(super) struct Link {
    client: Client,
    connect_timeout: Duration,
    timeout: Duration,
    live: Mutex<Option<Arc<Live>>>,
    /// Held by the one who connects.
    connecting: tokio::sync::Mutex<Option<Failure>>,
}

struct Live {
    connection: MultiplexedConnection,
    is_broken: Arc<AtomicBool>,
    unanswered: AtomicU32,
}

struct Failure {
    at: Instant,
    error: RedisError,
}

impl Link {
    pub(super) fn new(client: Client, connect_timeout: Duration, timeout: Duration) -> Self {
        Self {
            client,
            connect_timeout,
            timeout,
            live: Mutex::new(None),
            connecting: tokio::sync::Mutex::new(None),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends something and waits for the answer, within the limit.
    pub(super) async fn call<T, F>(&self, send: impl FnOnce(MultiplexedConnection) -> F) -> Result<T, Error>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let deadline = tokio::time::Instant::now() + self.timeout;
        let Ok(live) = tokio::time::timeout_at(deadline, self.live()).await else {
            let error = RedisError::from((::redis::ErrorKind::Io, "connecting took too long"));
            return Err(Error::Unreachable(error));
        };
        let live = live.map_err(Error::Unreachable)?;
        let Ok(answer) = tokio::time::timeout_at(deadline, send(live.connection.clone())).await else {
            if live.unanswered.fetch_add(1, Ordering::Relaxed) + 1 >= DEAD_AFTER {
                live.is_broken.store(true, Ordering::Relaxed);
            }
            return Err(Error::Timeout);
        };
        match answer {
            Err(error) if error.is_io_error() || error.is_connection_dropped() => {
                live.is_broken.store(true, Ordering::Relaxed);
                Err(Error::Lost(error))
            }
            answer => {
                live.unanswered.store(0, Ordering::Relaxed);
                answer.map_err(Error::Refused)
            }
        }
    }

    /// The connection, a new one if need be.
    async fn live(&self) -> RedisResult<Arc<Live>> {
        if let Some(live) = self.current() {
            return Ok(live);
        }
        let mut failure = self.connecting.lock().await;
        // Somebody may have connected while this one waited, or failed just now.
        if let Some(live) = self.current() {
            return Ok(live);
        }
        if let Some(failure) = failure.as_ref()
            && failure.at.elapsed() < AFTER_FAILURE
        {
            return Err(failure.error.clone());
        }
        match self.connect().await {
            Ok(live) => {
                let live = Arc::new(live);
                *failure = None;
                *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(live.clone());
                Ok(live)
            }
            Err(error) => {
                *failure = Some(Failure { at: Instant::now(), error: error.clone() });
                Err(error)
            }
        }
    }

    fn current(&self) -> Option<Arc<Live>> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().filter(|live| !live.is_broken.load(Ordering::Relaxed)).cloned()
    }

    async fn connect(&self) -> RedisResult<Live> {
        let is_broken = Arc::new(AtomicBool::new(false));
        let broken = is_broken.clone();
        // The end of an idle connection is heard of by this alone.
        let hear = move |push: PushInfo| -> Result<(), SendError> {
            if push.kind == PushKind::Disconnection {
                broken.store(true, Ordering::Relaxed);
            }
            Ok(())
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(Some(self.timeout))
            .set_pipeline_buffer_size(1_024)
            .set_push_sender(hear);
        let connect = self.client.get_multiplexed_async_connection_with_config(&config);
        let connection = match tokio::time::timeout(self.connect_timeout, connect).await {
            Ok(connection) => connection?,
            Err(_) => return Err((::redis::ErrorKind::Io, "connecting took too long").into()),
        };
        Ok(Live { connection, is_broken, unanswered: AtomicU32::new(0) })
    }
}
