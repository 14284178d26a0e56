//! What a socket may cost and how long it may be silent.

use std::time::Duration;

use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::http::Limits;

/// Messages that wait for the handler, and messages of the handler that wait for the network.
pub(crate) const RECEIVED: usize = 4;
pub(crate) const TO_SEND: usize = 16;

/// Read and write buffers, for each socket: small, since a server has many sockets and most are idle.
const BUFFER: usize = 8 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) max_message: usize,
    pub(crate) max_frame: usize,
    pub(crate) json_depth: usize,
    pub(crate) ping: Option<Duration>,
    pub(crate) idle: Option<Duration>,
    pub(crate) write: Duration,
    pub(crate) close: Duration,
}

impl Settings {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            max_message: limits.message,
            max_frame: limits.message,
            json_depth: limits.json_depth,
            ping: Some(Duration::from_secs(30)),
            idle: Some(Duration::from_mins(1)),
            write: Duration::from_secs(30),
            close: Duration::from_secs(5),
        }
    }

    pub(crate) fn protocol(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(Some(self.max_message))
            // A control frame must fit, whatever the limit of messages.
            .max_frame_size(Some(self.max_frame.max(125)))
    }
}
