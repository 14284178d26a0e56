//! [`Route`]: one line of a route table.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::access::{Access, Authenticator, Needs};
use super::handler::{Endpoint, Handler, Unbound, Waiting};
use super::layered::LayerFn;
use super::limits::Limits;
use super::openapi::Operation;
use super::parts::MAX_PARAMS;
use super::problem::ProblemKind;
use crate::limits::RateLimit;

/// `GET path`. The operation id names it in the OpenAPI document and in clients.
pub fn get(path: &str, operation_id: &'static str) -> Draft {
    method(Method::GET, path, operation_id)
}

/// `POST path`.
pub fn post(path: &str, operation_id: &'static str) -> Draft {
    method(Method::POST, path, operation_id)
}

/// `PUT path`.
pub fn put(path: &str, operation_id: &'static str) -> Draft {
    method(Method::PUT, path, operation_id)
}

/// `PATCH path`.
pub fn patch(path: &str, operation_id: &'static str) -> Draft {
    method(Method::PATCH, path, operation_id)
}

/// `DELETE path`.
pub fn delete(path: &str, operation_id: &'static str) -> Draft {
    method(Method::DELETE, path, operation_id)
}

/// Any other method.
pub fn method(method: Method, path: &str, operation_id: &'static str) -> Draft {
    Draft { method, path: path.to_owned(), operation_id }
}

/// The beginning of a route: it has yet to say who may call it.
///
/// ```
/// use gravity_core::http::{PUBLIC, Routes, get};
///
/// let routes: Routes = Routes::new().route(get("/hello", "hello").allow(PUBLIC).to(async || "hello"));
/// ```
///
/// Without `allow` the same does not compile:
///
/// ```compile_fail,E0599
/// use gravity_core::http::{Routes, get};
///
/// let routes: Routes = Routes::new().route(get("/hello", "hello").to(async || "hello"));
/// ```
///
/// Nor does a permission that is spelled otherwise than it was declared:
///
/// ```compile_fail,E0425
/// use gravity_core::Permission;
/// use gravity_core::http::{Routes, get};
///
/// const NOTES_READ: Permission = Permission::new("notes:read");
/// let routes: Routes = Routes::new().route(get("/notes", "listNotes").allow(NOTES_RAED).to(async || "none"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a route does nothing until it is given to `Routes::route`"]
pub struct Draft {
    method: Method,
    path: String,
    operation_id: &'static str,
}

impl Draft {
    /// Who may call: [`PUBLIC`](super::PUBLIC), [`SIGNED_IN`](super::SIGNED_IN), a permission, or a
    /// [`Rule`](super::Rule). A route that does not say so does not compile.
    pub fn allow(self, access: impl Into<Access>) -> Declared {
        Declared(RouteInfo {
            method: self.method,
            param_names: param_names(&self.path),
            path: self.path,
            operation_id: self.operation_id,
            access: access.into(),
            limits: Limits::DEFAULT,
            overrides: Vec::new(),
            summary: "",
            description: "",
            tag: "",
            deprecated: false,
            unlisted: false,
            problems: Vec::new(),
            rate_limits: Vec::new(),
            media: &[],
            looks_for_principal: false,
            authenticator: None,
            describe: |_| {},
            described: Vec::new(),
        })
    }
}

/// A route that has said who may call it, and waits for its handler.
#[derive(Debug, Clone)]
#[must_use = "a route does nothing until it is given to `Routes::route`"]
pub struct Declared(RouteInfo);

impl Declared {
    /// What it does, in a few words.
    pub fn about(mut self, summary: &'static str) -> Self {
        self.0.summary = summary;
        self
    }

    /// What else a caller should know; Markdown.
    pub fn description(mut self, text: &'static str) -> Self {
        self.0.description = text;
        self
    }

    /// The group that it stands in on the documentation page.
    pub fn tag(mut self, tag: &'static str) -> Self {
        self.0.tag = tag;
        self
    }

    /// It works still, and new callers should not use it.
    pub fn deprecated(mut self) -> Self {
        self.0.deprecated = true;
        self
    }

    /// It has no place in the OpenAPI document: a probe, a page, a hook of another service.
    pub fn unlisted(mut self) -> Self {
        self.0.unlisted = true;
        self
    }

    /// Says more of it in the OpenAPI document than its types do: examples, headers, the answers of a
    /// handler that makes them by hand.
    pub fn describe(mut self, describe: impl Fn(&mut Operation<'_>) + Send + Sync + 'static) -> Self {
        self.0.described.push(Arc::new(describe));
        self
    }

    /// Kinds of problem that its handler answers with and its types do not tell.
    pub fn problems(mut self, kinds: &[ProblemKind]) -> Self {
        self.0.problems.extend_from_slice(kinds);
        self
    }

    /// The longest body it takes, in bytes.
    pub fn limit_body(self, bytes: u64) -> Self {
        self.limits(move |limits| limits.body = bytes)
    }

    /// How long it may take until its answer starts.
    pub fn limit_time(self, time: Duration) -> Self {
        self.limits(move |limits| limits.time = time)
    }

    /// Changes any of its limits.
    pub fn limits(mut self, change: impl Fn(&mut Limits) + Send + Sync + 'static) -> Self {
        change(&mut self.0.limits);
        self.0.overrides.push(Arc::new(change));
        self
    }

    /// How often it may be asked. Several limits hold side by side, and are asked in their order: first those
    /// that need not know who calls.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.0.rate_limits.push(limit);
        self
    }

    /// The function that answers.
    ///
    /// # Panics
    /// When the route is public and the handler takes a `Principal`: then nobody could ever call it.
    pub fn to<H, Args, S>(self, handler: H) -> Route<S>
    where
        H: Handler<Args, S>,
        Args: 'static,
        S: Clone + Send + Sync + 'static,
    {
        let mut info = self.0;
        assert!(
            !(H::NEEDS_PRINCIPAL && matches!(info.access.0, Needs::Nothing)),
            "{} {} is public, but its handler takes a `Principal`; declare who may call it, or take an `Option<Principal>`",
            info.method,
            info.path,
        );
        info.looks_for_principal = H::LOOKS_FOR_PRINCIPAL;
        info.media = H::MEDIA;
        info.describe = H::describe;
        Route { info: Arc::new(info), run: Run::Waiting(Arc::new(Waiting::new(handler))), layers: Vec::new() }
    }
}

/// One line of a route table: what is asked, who may ask, and the handler that answers.
#[must_use = "a route does nothing until it is given to `Routes::route`"]
pub struct Route<S = ()> {
    pub(crate) info: Arc<RouteInfo>,
    pub(crate) run: Run<S>,
    pub(crate) layers: Vec<LayerFn>,
}

pub(crate) enum Run<S> {
    Waiting(Arc<dyn Unbound<S>>),
    Bound(Arc<dyn Endpoint>),
}

impl<S> Run<S> {
    pub(crate) fn bind(&self, state: &S) -> Arc<dyn Endpoint> {
        match self {
            Self::Waiting(handler) => handler.bind(state),
            Self::Bound(endpoint) => Arc::clone(endpoint),
        }
    }
}

impl<S> Clone for Run<S> {
    fn clone(&self) -> Self {
        match self {
            Self::Waiting(handler) => Self::Waiting(Arc::clone(handler)),
            Self::Bound(endpoint) => Self::Bound(Arc::clone(endpoint)),
        }
    }
}

impl<S> Clone for Route<S> {
    fn clone(&self) -> Self {
        Self { info: Arc::clone(&self.info), run: self.run.clone(), layers: self.layers.clone() }
    }
}

/// Says more of a route in the document.
type Describe = Arc<dyn Fn(&mut Operation<'_>) + Send + Sync>;

/// A change that a route makes to its limits.
type LimitsChange = Arc<dyn Fn(&mut Limits) + Send + Sync>;

/// What is known of a route without calling it.
#[derive(Clone)]
pub struct RouteInfo {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) param_names: Vec<Box<str>>,
    pub(crate) operation_id: &'static str,
    pub(crate) access: Access,
    pub(crate) limits: Limits,
    /// Its own changes to the limits, to be made again when the table's base limits change.
    pub(crate) overrides: Vec<LimitsChange>,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) deprecated: bool,
    pub(crate) unlisted: bool,
    pub(crate) problems: Vec<ProblemKind>,
    pub(crate) rate_limits: Vec<RateLimit>,
    pub(crate) media: &'static [&'static str],
    pub(crate) looks_for_principal: bool,
    pub(crate) authenticator: Option<Arc<dyn Authenticator>>,
    pub(crate) describe: fn(&mut Operation<'_>),
    pub(crate) described: Vec<Describe>,
}

impl RouteInfo {
    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The pattern of the path, such as `/notes/{id}`: what metrics and logs are labelled with.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The operation id.
    pub fn operation_id(&self) -> &'static str {
        self.operation_id
    }

    /// Who may call.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// What a request may cost.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What it does, in a few words.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// Whether credentials are looked at before the handler runs.
    pub(crate) fn authenticates(&self) -> bool {
        self.looks_for_principal || !matches!(self.access.0, Needs::Nothing)
    }
}

impl fmt::Debug for RouteInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({}, {:?})", self.method, self.path, self.operation_id, self.access)
    }
}

impl<S> fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.fmt(f)
    }
}

/// The names between the braces of a path.
///
/// # Panics
/// When the path could never be asked for, when two have one name, or when there are more than the
/// router keeps room for.
fn param_names(path: &str) -> Vec<Box<str>> {
    let names: Vec<Box<str>> = path
        .split('/')
        .filter_map(|segment| {
            Some(segment.split_once('{')?.1.split_once('}')?.0.trim_start_matches('*').into())
        })
        .collect();
    assert!(names.len() <= MAX_PARAMS, "{path} has more than {MAX_PARAMS} parameters");
    for (at, name) in names.iter().enumerate() {
        assert!(
            !names.iter().take(at).any(|other| other == name),
            "{path} has two parameters named {name:?}"
        );
    }
    let literal = |c: char| c.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@%{}".contains(c);
    assert!(path.chars().all(literal), "{path:?} has a character that no path of a request has unencoded");
    assert!(
        !path.contains("{{") && !path.contains("}}"),
        "{path:?} has a literal brace, which no path of a request has"
    );
    names
}
