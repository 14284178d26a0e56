//! [`Routes`]: a route table that any host can serve.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Buf;
use tower::{Layer, Service};

use super::Request;
use super::access::Authenticator;
use super::body::BoxError;
use super::layered::{LayerFn, Layered, erase};
use super::limits::Limits;
use super::route::{Route, RouteInfo, Run};
use super::table::Table;
use crate::limits::RateLimit;

/// A route table: a value that is built up, put together with others, and served by any host.
///
/// It is a `tower::Service` once its state is given; it is cheap to clone then. `S` is the state
/// that its handlers still wait for.
///
/// ```
/// use gravity_core::http::{Json, PUBLIC, Path, Routes, get};
///
/// async fn double(Path(number): Path<u32>) -> Json<u64> {
///     Json(u64::from(number) * 2)
/// }
///
/// let routes: Routes = Routes::new().route(get("/double/{number}", "double").allow(PUBLIC).to(double));
/// let api: Routes = Routes::new().nest("/api/v1", routes);
/// ```
pub struct Routes<S = ()>(pub(crate) Arc<Inner<S>>);

pub(crate) struct Inner<S> {
    pub(crate) routes: Vec<Route<S>>,
    /// Which paths are taken, to refuse at once what could not be routed later.
    paths: matchit::Router<usize>,
    methods: Vec<Vec<http::Method>>,
    /// The layers around what answers where no route does.
    pub(crate) layers: Vec<LayerFn>,
    pub(crate) limits: Limits,
    pub(crate) table: OnceLock<Arc<Table>>,
}

impl<S> Clone for Inner<S> {
    fn clone(&self) -> Self {
        Self {
            routes: self.routes.clone(),
            paths: self.paths.clone(),
            methods: self.methods.clone(),
            layers: self.layers.clone(),
            limits: self.limits,
            // Whoever changes the clone would be served by a table of before the change.
            table: OnceLock::new(),
        }
    }
}

impl<S> Clone for Routes<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Routes<S> {
    /// An empty table: it answers 404.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            routes: Vec::new(),
            paths: matchit::Router::new(),
            methods: Vec::new(),
            layers: Vec::new(),
            limits: Limits::DEFAULT,
            table: OnceLock::new(),
        }))
    }

    /// Adds a route.
    ///
    /// # Panics
    /// When its path is not one, or when another route takes the same method and path already.
    #[must_use]
    pub fn route(mut self, route: Route<S>) -> Self {
        self.inner().add(route);
        self
    }

    /// Adds all routes of another table. Its layers stay around its own routes; what answers where
    /// no route does is this table's.
    ///
    /// # Panics
    /// When both have a route of the same method and path.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        self.nest("", other)
    }

    /// Adds all routes of another table under a prefix such as `/api/v1`; `/` of the other becomes
    /// the prefix itself.
    ///
    /// # Panics
    /// When the prefix does not begin with a slash, ends with one, or has a wildcard, or when both
    /// have a route of the same method and path.
    #[must_use]
    pub fn nest(mut self, prefix: &str, other: Self) -> Self {
        assert!(
            prefix.is_empty() || (prefix.starts_with('/') && !prefix.ends_with('/') && !prefix.contains('{')),
            "a prefix is empty or begins with a slash, does not end with one and has no parameters: {prefix:?}"
        );
        let inner = self.inner();
        for mut route in other.0.routes.iter().cloned() {
            if !prefix.is_empty() {
                let info = Arc::make_mut(&mut route.info);
                info.path =
                    if info.path == "/" { prefix.to_owned() } else { format!("{prefix}{}", info.path) };
            }
            inner.add(route);
        }
        self
    }

    /// Puts a tower layer around every route so far, and around what answers where no route does.
    /// The last layer is the outermost.
    #[must_use]
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<Layered> + Send + Sync + 'static,
        L::Service: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Error: Into<BoxError>,
        <L::Service as Service<Request>>::Future: Send + 'static,
        B: http_body::Body<Data: Buf> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let layer = erase(layer);
        let inner = self.inner();
        for route in &mut inner.routes {
            route.layers.push(Arc::clone(&layer));
        }
        inner.layers.push(layer);
        self
    }

    /// Who finds out who calls, for every route so far that has nobody for it yet.
    #[must_use]
    pub fn authenticator(mut self, authenticator: impl Authenticator) -> Self {
        let authenticator: Arc<dyn Authenticator> = Arc::new(authenticator);
        for route in &mut self.inner().routes {
            Arc::make_mut(&mut route.info).authenticator.get_or_insert_with(|| Arc::clone(&authenticator));
        }
        self
    }

    /// What a request may cost on every route so far; what a route has set for itself stays.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        let inner = self.inner();
        inner.limits = limits;
        for route in &mut inner.routes {
            let info = Arc::make_mut(&mut route.info);
            info.limits = limits;
            for change in info.overrides.clone() {
                change(&mut info.limits);
            }
        }
        self
    }

    /// How often every route so far may be asked, beside the limits that it has already. What answers where no
    /// route does is not limited by it; a [`RateLimitLayer`](crate::limits::RateLimitLayer) limits that too.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        for route in &mut self.inner().routes {
            Arc::make_mut(&mut route.info).rate_limits.push(limit.clone());
        }
        self
    }

    /// Every route, in the order of their adding.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &RouteInfo> {
        self.0.routes.iter().map(|route| &*route.info)
    }

    fn inner(&mut self) -> &mut Inner<S> {
        let inner = Arc::make_mut(&mut self.0);
        inner.table = OnceLock::new();
        inner
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Gives every route so far the state that it waits for.
    pub fn state(self, state: &S) -> Routes {
        let inner = &*self.0;
        let bound = |route: &Route<S>| Route {
            info: Arc::clone(&route.info),
            run: Run::Bound(route.run.bind(state)),
            layers: route.layers.clone(),
        };
        Routes(Arc::new(Inner {
            routes: inner.routes.iter().map(bound).collect(),
            paths: inner.paths.clone(),
            methods: inner.methods.clone(),
            layers: inner.layers.clone(),
            limits: inner.limits,
            table: OnceLock::new(),
        }))
    }
}

impl<S> Inner<S> {
    fn add(&mut self, route: Route<S>) {
        let RouteInfo { method, path, .. } = &*route.info;
        assert!(path.starts_with('/'), "a path begins with a slash: {path:?}");
        let slot = match self.paths.insert(path.clone(), self.methods.len()) {
            Ok(()) => {
                self.methods.push(Vec::new());
                self.methods.len() - 1
            }
            Err(matchit::InsertError::Conflict { with }) if with == *path => {
                self.paths.at(path).map_or(usize::MAX, |found| *found.value)
            }
            Err(error) => panic!("{method} {path} cannot be routed: {error}"),
        };
        let taken = self.methods.get_mut(slot);
        assert!(
            taken.as_ref().is_some_and(|taken| !taken.contains(method)),
            "{method} {path} is routed twice"
        );
        if let Some(taken) = taken {
            taken.push(method.clone());
        }
        self.routes.push(route);
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
