//! [`Limits`]: what a request may cost. Every limit has a default.

use std::time::Duration;

/// What a request may cost. The defaults suit JSON services; a route changes what it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest body, in bytes (1 MiB). Past it the answer is 413.
    pub body: u64,
    /// How long a body may stand still between two pieces (20 s). Past it the answer is 408.
    pub body_idle: Duration,
    /// How long a handler may take until its answer starts, body reading included (30 s). Past it the answer is 503.
    pub time: Duration,
    /// The longest path and query, in bytes (8 KiB). Past it the answer is 414.
    pub uri: usize,
    /// The sum of all header names and values, in bytes (16 KiB). Past it the answer is 431.
    pub headers: usize,
    /// How deeply arrays and objects of a JSON body may be nested (64). Past it the answer is 400.
    pub json_depth: usize,
    /// The longest WebSocket message, in bytes (1 MiB). Past it the socket is closed with 1009.
    pub message: usize,
}

impl Limits {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        body: 1024 * 1024,
        body_idle: Duration::from_secs(20),
        time: Duration::from_secs(30),
        uri: 8 * 1024,
        headers: 16 * 1024,
        json_depth: 64,
        message: 1024 * 1024,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
