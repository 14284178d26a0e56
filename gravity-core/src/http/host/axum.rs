//! The axum host: [`Routes`] as an `axum::Router`.
//!
//! ```
//! use axum::{Router, routing};
//! use gravity_core::http::{PUBLIC, Routes, get};
//!
//! let notes: Routes = Routes::new().route(get("/notes", "listNotes").allow(PUBLIC).to(async || "none"));
//!
//! // Under a prefix: whatever lies under it is answered by the routes, what they do not have with 404.
//! let app: Router = Router::new().route("/", routing::get("home")).nest("/api", notes.clone().into_axum());
//!
//! // Beside the application's own routes: its own fallback answers what neither has.
//! let app: Router = Router::new().route("/", routing::get("home")).merge(notes);
//! ```
//!
//! 405 and `OPTIONS` of the table's paths are the table's answers either way; a prefix with a slash
//! behind it (`/api/`) is no path of axum's `nest`, and the application's to answer. The address of the client comes from axum's
//! `into_make_service_with_connect_info::<SocketAddr>()`.
//!
//! `axum::serve` reads the connection itself, by hyper. Of a request with both `Content-Length` and
//! `Transfer-Encoding` it drops the first, reads the second and closes the connection after the answer,
//! as RFC 9112 allows: nothing that follows is ever taken for a request, but the request as such is
//! served. Our own [`Server`](super::hyper::Server) refuses it, and serves a router as well:
//!
//! ```no_run
//! # async fn example(app: axum::Router) -> std::io::Result<()> {
//! use gravity_core::http::host::hyper::Server;
//! use hyper_util::service::TowerToHyperService;
//!
//! Server::bind("127.0.0.1:8080").await?.serve(TowerToHyperService::new(app)).await;
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use ::axum::Router;
use ::axum::extract::{ConnectInfo, OriginalUri};
use tower::Service;

use super::PeerAddr;
use crate::http::body::Body;
use crate::http::parts::OriginalPath;
use crate::http::{Answering, Request, Response, Routes};

impl Routes {
    /// A router that answers everything: what the routes do not have, with 404. For
    /// `Router::nest`, however deep, or as a whole application.
    ///
    /// To merge it with the application's own routes, use `Router::from` instead.
    pub fn into_axum<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let mounted = Mounted(self);
        // Not a fallback: axum loses that of a router in a router in a router.
        Router::new().route_service("/", mounted.clone()).route_service("/{*rest}", mounted)
    }
}

/// A router that answers the paths of the routes, and leaves what they do not have to whoever it is
/// merged with.
impl<S: Clone + Send + Sync + 'static> From<Routes> for Router<S> {
    fn from(routes: Routes) -> Self {
        let paths: BTreeSet<String> = routes.iter().map(|route| route.path().to_owned()).collect();
        let mounted = Mounted(routes);
        paths.iter().fold(Self::new(), |router, path| router.route_service(path, mounted.clone()))
    }
}

/// The routes as a service of an axum router.
#[derive(Debug, Clone)]
struct Mounted(Routes);

impl Service<::axum::extract::Request> for Mounted {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: ::axum::extract::Request) -> Answering {
        let mut request: Request = request.map(Body::new);
        let path = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
        let at_prefix = request.uri().path() == "/";
        let extensions = request.extensions_mut();
        let mut swallowed = false;
        if let Some(OriginalUri(original)) = extensions.get()
            && let Some(original) = original.path_and_query()
            && original.as_str().len() != path
        {
            // Of `/api//notes` axum cuts off `/api/`, and no route of ours begins with two slashes. Of
            // `/api` it makes `/`.
            let prefix = original.as_str().len().saturating_sub(path);
            let prefix = if at_prefix { Some(original.path()) } else { original.path().get(..prefix) };
            swallowed = prefix.is_some_and(|prefix| prefix.ends_with('/'));
            let original = OriginalPath(original.clone());
            extensions.insert(original);
        }
        if let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<SocketAddr>>() {
            let peer = PeerAddr(*peer);
            extensions.insert(peer);
        }
        if swallowed { self.0.lost_wire(request) } else { self.0.handle_wire(request) }
    }
}
