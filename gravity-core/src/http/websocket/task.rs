//! The task that a socket runs on: its handler and its driver, side by side.

use std::any::Any;
use std::io;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join};
use http::HeaderValue;
use tokio::sync::oneshot;

use super::close::{CloseCode, CloseFrame};
use super::driver::{Driver, End};
use super::error::WsError;
use super::settings::Settings;
use super::socket::WebSocket;
use crate::http::RequestId;
use crate::http::shutdown::Shutdown;
use crate::http::upgrade::Upgraded;

/// What the handler of a socket may end with: nothing, or an error, which closes the socket with the
/// code that fits it.
pub trait Outcome: Send + 'static {
    /// The error, where there is one.
    fn error(self) -> Option<WsError>;
}

impl Outcome for () {
    fn error(self) -> Option<WsError> {
        None
    }
}

impl Outcome for Result<(), WsError> {
    fn error(self) -> Option<WsError> {
        self.err()
    }
}

/// The handler of a socket, its type forgotten.
pub(crate) type Run = Box<dyn FnOnce(WebSocket) -> BoxFuture<'static, Option<WsError>> + Send>;

pub(crate) struct Task {
    pub(crate) ready: BoxFuture<'static, io::Result<Upgraded>>,
    pub(crate) settings: Settings,
    pub(crate) protocol: Option<HeaderValue>,
    pub(crate) request_id: RequestId,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) run: Run,
}

impl Task {
    pub(crate) async fn run(self) {
        let id = self.request_id;
        // Whoever shuts the server down may wait for this one.
        let open = self.shutdown.as_ref().map(Shutdown::hold);
        let io = match self.ready.await {
            Ok(io) => io,
            Err(error) => {
                tracing::debug!(request_id = id.as_str(), %error, "the connection was not upgraded");
                return;
            }
        };
        let (socket, ends) = WebSocket::new(&self.settings, self.protocol);
        let driver = Driver::new(io, self.settings, ends).await;
        let (say, said) = oneshot::channel();
        let run = self.run;
        // The call itself is made inside, since a function may panic before its future is there.
        let handler = AssertUnwindSafe(async move { run(socket).await }).catch_unwind();
        let handler = async {
            let farewell = match handler.await {
                Ok(error) => error.as_ref().and_then(WsError::farewell),
                Err(panic) => {
                    log(&*panic, &id);
                    Some(CloseFrame::new(CloseCode::INTERNAL, ""))
                }
            };
            if let Some(farewell) = farewell {
                // Where the driver is gone, the socket is closed.
                let _ = say.send(farewell);
            }
        };
        let ended = async {
            tokio::select! {
                Ok(farewell) = said => End::Handler(farewell),
                () = begun(self.shutdown.as_ref()) => End::Failed(WsError::GoingAway),
                else => std::future::pending().await,
            }
        };
        // The handler is polled first, so that the reason of its end is known before the end is seen.
        join(handler, driver.run(ended)).await;
        drop(open);
    }
}

async fn begun(shutdown: Option<&Shutdown>) {
    match shutdown {
        Some(shutdown) => shutdown.begun().await,
        None => std::future::pending().await,
    }
}

fn log(panic: &(dyn Any + Send), id: &RequestId) {
    let message = crate::http::running::panic_message(panic);
    tracing::error!(request_id = id.as_str(), message, "the handler of a WebSocket panicked");
}
