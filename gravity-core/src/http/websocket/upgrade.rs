//! [`WebSocketUpgrade`]: a request to open a socket, as a handler's argument.

use std::future::Future;
use std::io;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{Response as HttpResponse, StatusCode};
use tracing::Instrument;

use super::origin::{Origin, Origins};
use super::settings::Settings;
use super::socket::WebSocket;
use super::task::{Outcome, Run, Task};
use super::{handshake, origin};
use crate::http::openapi::Operation;
use crate::http::shutdown::Shutdown;
use crate::http::upgrade::{OnUpgrade, Upgraded};
use crate::http::{Body, FromParts, Parts, Problem, ProblemKind, Respond, Response, problems};

const KINDS: &[ProblemKind] = &[problems::BAD_REQUEST, problems::FORBIDDEN, problems::UPGRADE_REQUIRED];

/// A request to open a WebSocket: what is no such request is answered 426 or 400 before the handler
/// runs. The handler sets what it wants to be otherwise, and answers with
/// [`on_upgrade`](Self::on_upgrade).
///
/// ```
/// use gravity_core::http::websocket::{Message, Upgrading, WebSocketUpgrade};
/// use gravity_core::http::{PUBLIC, Routes, get};
///
/// async fn echo(upgrade: WebSocketUpgrade) -> Upgrading {
///     upgrade.on_upgrade(async move |mut socket| {
///         while let Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) = socket.recv().await {
///             if socket.send(message).await.is_err() {
///                 break;
///             }
///         }
///     })
/// }
///
/// let routes: Routes = Routes::new().route(get("/echo", "echo").allow(PUBLIC).to(echo));
/// ```
///
/// Sockets are opened over HTTP/1.1, which is what browsers do unless a server offers them HTTP/2 for
/// it. No extension is agreed to: messages are not compressed (`permessage-deflate`).
#[must_use = "a socket is opened by answering with `on_upgrade`"]
pub struct WebSocketUpgrade {
    accept: HeaderValue,
    ready: BoxFuture<'static, io::Result<Upgraded>>,
    settings: Settings,
    origins: Origins,
    protocols: Vec<String>,
    shutdown: Option<Shutdown>,
}

impl WebSocketUpgrade {
    /// The subprotocols that are spoken, the preferred one first. The first that the client offers as
    /// well is agreed upon; where there is none, the socket is opened without one.
    pub fn protocols(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.protocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// The origins whose pages may open a socket, such as `https://app.example.com`; any other is
    /// answered 403. Without this it is the origin that was asked, as `Host` names it. A request
    /// without `Origin` comes from no browser, and is let in always.
    ///
    /// # Panics
    /// When one is not `SCHEME://HOST` or `SCHEME://HOST:PORT`.
    pub fn origins(mut self, allowed: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let parse = |text: &str| {
            let parsed = Origin::parse(text);
            assert!(parsed.is_some(), "{text:?} is not an origin such as https://example.com");
            parsed
        };
        self.origins = Origins::Only(allowed.into_iter().filter_map(|text| parse(text.as_ref())).collect());
        self
    }

    /// Lets the pages of any origin open a socket: for services that know their callers by something
    /// else than what a browser sends along, cookies above all.
    pub fn any_origin(mut self) -> Self {
        self.origins = origin::Origins::Any;
        self
    }

    /// The longest message, in bytes; without this that of the route's limits. Past it the socket is
    /// closed with 1009.
    pub fn max_message(mut self, bytes: usize) -> Self {
        self.settings.max_message = bytes;
        self.settings.max_frame = self.settings.max_frame.min(bytes);
        self
    }

    /// The longest frame, in bytes; without this that of a message. Room for a frame is made when its
    /// head has come, before its bytes have.
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.settings.max_frame = bytes;
        self
    }

    /// How often the client is pinged (every 30 s).
    pub fn ping_every(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.settings.ping = interval.into();
        self
    }

    /// How long a client may be silent, its pongs included, before the socket is closed (60 s).
    pub fn idle_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings.idle = time.into();
        self
    }

    /// How long a client may take nothing of what is sent to it, before it is given up (30 s).
    pub fn write_timeout(mut self, time: Duration) -> Self {
        self.settings.write = time;
        self
    }

    /// How long the closing handshake may take (5 s).
    pub fn close_timeout(mut self, time: Duration) -> Self {
        self.settings.close = time;
        self
    }

    /// What tells the socket that the server shuts down; without this the host's, where it has one.
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = Some(shutdown);
        self
    }

    /// Answers with 101, and runs the socket on a task of its own.
    ///
    /// The task lives where the request was handled: on actix-web that is the worker's own thread,
    /// which a handler must not block, and which ends with its server.
    ///
    /// A handler that panics is logged with the id of the request, and its socket closed with 1011.
    pub fn on_upgrade<F, Fut>(self, handler: F) -> Upgrading
    where
        F: FnOnce(WebSocket) -> Fut + Send + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
    {
        let run: Run = Box::new(move |socket| {
            let running = handler(socket);
            Box::pin(async move { running.await.error() })
        });
        Upgrading { upgrade: self, run }
    }
}

impl<S> FromParts<S> for WebSocketUpgrade {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let accept = handshake::accept(parts)?;
        let settings = Settings::new(parts.limits());
        let shutdown = parts.extensions().get::<Shutdown>().cloned();
        let ready = OnUpgrade::take(parts.extensions_mut()).ok_or_else(|| {
            Problem::new(problems::INTERNAL).because("the host gives no way to upgrade the connection")
        })?;
        Ok(Self { accept, ready, settings, origins: Origins::default(), protocols: Vec::new(), shutdown })
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.problems(KINDS);
    }
}

/// The answer that opens a socket: 101, or 403 where the page's origin is not let in.
#[must_use = "the socket is opened by answering with this"]
pub struct Upgrading {
    upgrade: WebSocketUpgrade,
    run: Run,
}

impl Respond for Upgrading {
    fn respond(self, parts: &mut Parts) -> Response {
        let Self { upgrade, run } = self;
        if !upgrade.origins.admit(parts.headers()) {
            return Problem::new(problems::FORBIDDEN)
                .detail("Pages of this origin may not open a WebSocket here.")
                .respond(parts);
        }
        let protocol = handshake::negotiate(parts.headers(), upgrade.protocols.iter().map(String::as_str));
        let mut response = HttpResponse::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, upgrade.accept);
        if let Some(protocol) = &protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol.clone());
        }
        let task = Task {
            ready: upgrade.ready,
            settings: upgrade.settings,
            protocol,
            request_id: parts.request_id(),
            shutdown: upgrade.shutdown,
            run,
        };
        tokio::spawn(task.run().in_current_span());
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        let switching = StatusCode::SWITCHING_PROTOCOLS;
        operation.response(switching, "The connection is a WebSocket from here on.", None);
        operation.response_header(
            switching,
            "sec-websocket-protocol",
            "The subprotocol, where one is agreed upon.",
        );
        operation.problems(KINDS);
    }
}

impl std::fmt::Debug for WebSocketUpgrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSocketUpgrade")
            .field("settings", &self.settings)
            .field("origins", &self.origins)
            .field("protocols", &self.protocols)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Upgrading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Upgrading").field(&self.upgrade).finish()
    }
}

#[cfg(test)]
mod tests {
    use schemars::SchemaGenerator;

    use super::{FromParts, Operation, Respond, Upgrading, WebSocketUpgrade};

    #[test]
    fn it_says_what_it_answers_with() {
        let (mut input, mut output) = (SchemaGenerator::default(), SchemaGenerator::default());
        let mut operation = Operation::new(&mut input, &mut output, Vec::new());
        <WebSocketUpgrade as FromParts<()>>::describe(&mut operation);
        <Upgrading as Respond>::describe(&mut operation);
        assert_eq!(operation.responses.keys().copied().collect::<Vec<_>>(), [101]);
        let mut refusals: Vec<u16> = operation.problems.iter().map(|kind| kind.status.as_u16()).collect();
        refusals.sort_unstable();
        assert_eq!(refusals, [400, 403, 426]);
    }
}
