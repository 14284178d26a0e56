//! [`ServerConfig`]: how connections are treated.

use std::time::Duration;

/// How the [`Server`](super::Server) treats connections. The defaults suit a server that faces the
/// internet, with or without a proxy before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    pub(super) head_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) drain_timeout: Duration,
    pub(super) max_connections: usize,
    pub(super) max_streams: u32,
    pub(super) max_resets: usize,
    pub(super) max_header_list: u32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            drain_timeout: Duration::from_secs(30),
            max_connections: 25_000,
            max_streams: 200,
            max_resets: 20,
            max_header_list: 32 * 1024,
        }
    }
}

impl ServerConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the head of a request may take from its first byte to its last, and the first byte
    /// of a connection to come (10 s). Past it the connection is closed.
    #[must_use]
    pub fn with_head_timeout(self, head_timeout: Duration) -> Self {
        Self { head_timeout, ..self }
    }

    /// How long a connection is kept between two requests (75 s), which is longer than most proxies
    /// keep theirs, so that it is they who close. An HTTP/2 connection is asked for a sign of life
    /// after this time, and closed when it gives none.
    #[must_use]
    pub fn with_idle_timeout(self, idle_timeout: Duration) -> Self {
        Self { idle_timeout, ..self }
    }

    /// How long running requests may take to end once the server stops (30 s).
    #[must_use]
    pub fn with_drain_timeout(self, drain_timeout: Duration) -> Self {
        Self { drain_timeout, ..self }
    }

    /// How many connections are open at once (25,000). More wait in the system's queue until one
    /// closes.
    #[must_use]
    pub fn with_max_connections(self, max_connections: usize) -> Self {
        Self { max_connections, ..self }
    }

    /// How many requests an HTTP/2 connection may have open at once (200).
    #[must_use]
    pub fn with_max_streams(self, max_streams: u32) -> Self {
        Self { max_streams, ..self }
    }

    /// How many streams an HTTP/2 client may open and take back before they are served (20). Past
    /// it the connection is closed: it is an attack.
    #[must_use]
    pub fn with_max_resets(self, max_resets: usize) -> Self {
        Self { max_resets, ..self }
    }

    /// The longest header list of an HTTP/2 request, in bytes (32 KiB). It should be more than the
    /// routes' own limit, which answers with a problem document.
    #[must_use]
    pub fn with_max_header_list(self, max_header_list: u32) -> Self {
        Self { max_header_list, ..self }
    }
}
