//! [`Table`]: the routes as they are served, and the way of a request through them.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, ALLOW, CONNECTION, CONTENT_LENGTH, HOST, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode, Version};
use http_body::Body as _;
use tower::{Service, ServiceExt};

use super::body::{Body, BoxError};
use super::handler::Endpoint;
use super::layered::{Fallback, Innermost, LayerFn, Layered};
use super::limits::Limits;
use super::parts::{Matched, Spans};
use super::problem::{Problem, ProblemKind};
use super::problems;
use super::request_id::RequestId;
use super::route::RouteInfo;
use super::routes::{Inner, Routes};
use super::running::{Running, panicked};
use super::{Request, Response};

/// A route as it is served.
pub(crate) struct Target {
    pub(crate) info: Arc<RouteInfo>,
    pub(crate) endpoint: Arc<dyn Endpoint>,
}

pub(crate) struct Table {
    paths: matchit::Router<usize>,
    nodes: Vec<Node>,
    limits: Limits,
    fallback: Option<Layered>,
}

#[derive(Default)]
struct Node {
    methods: Vec<(Method, Served)>,
    allow: Option<HeaderValue>,
    /// What answers 405 and `OPTIONS` here, where the layers are not those of the table.
    refused: Option<Layered>,
}

struct Served {
    target: Arc<Target>,
    layered: Option<Layered>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// From inside the process, where nobody needs to name a host.
    Process,
    /// From a connection: HTTP/1.1 wants a `Host` then.
    Wire,
}

/// Why no handler answers.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    NotFound,
    /// The path is there; the methods that it takes.
    Method(HeaderValue),
    /// `OPTIONS`, which is answered for every path.
    Options(HeaderValue),
    Broken(ProblemKind, &'static str),
}

impl Refusal {
    pub(crate) fn answer(self, id: Option<RequestId>) -> Response {
        let problem = match self {
            Self::NotFound => Problem::new(problems::NOT_FOUND),
            Self::Method(allow) => Problem::new(problems::METHOD_NOT_ALLOWED).header(ALLOW, allow),
            Self::Broken(kind, detail) => Problem::new(kind).detail(detail),
            Self::Options(allow) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response.headers_mut().insert(ALLOW, allow);
                return response;
            }
        };
        problem.render(id)
    }
}

impl Table {
    pub(crate) fn new(inner: &Inner<()>) -> Self {
        let mut paths = matchit::Router::new();
        let mut nodes: Vec<Node> = Vec::new();
        for route in &inner.routes {
            let path = &route.info.path;
            let slot = match paths.insert(path.clone(), nodes.len()) {
                Ok(()) => {
                    nodes.push(Node::default());
                    nodes.len() - 1
                }
                // `Routes::route` has refused every other conflict.
                Err(_) => paths.at(path).map_or(0, |found| *found.value),
            };
            let target = Arc::new(Target { info: Arc::clone(&route.info), endpoint: route.run.bind(&()) });
            let layered = (!route.layers.is_empty())
                .then(|| layered(&route.layers, Layered::new(Innermost(Arc::clone(&target)))));
            if let Some(node) = nodes.get_mut(slot) {
                node.methods.push((route.info.method.clone(), Served { target, layered }));
            }
        }
        for node in &mut nodes {
            node.allow = allow(&node.methods);
        }
        for route in &inner.routes {
            // The layers of a table that was put into this one answer for its paths: CORS does so for the
            // preflight of a browser.
            if !same(&route.layers, &inner.layers)
                && let Ok(found) = paths.at(&route.info.path)
                && let Some(node) = nodes.get_mut(*found.value)
            {
                node.refused.get_or_insert_with(|| layered(&route.layers, Layered::new(Fallback)));
            }
        }
        let fallback = (!inner.layers.is_empty()).then(|| layered(&inner.layers, Layered::new(Fallback)));
        Self { paths, nodes, limits: inner.limits, fallback }
    }

    fn serve(&self, request: Request, source: Source) -> Answering {
        let finish = Finish::of(&request);
        let step = match self.find(&request, source) {
            Ok((served, spans, picky)) => start(served, spans, picky, request),
            Err(refusal) => self.refuse(refusal, request),
        };
        Answering { step, finish }
    }

    /// The answer where the routes are known not to have the path.
    #[cfg(any(feature = "axum", feature = "actix"))]
    fn lost(&self, request: Request, source: Source) -> Answering {
        let finish = Finish::of(&request);
        let refusal = well_formed(&request, &self.limits, source).err().unwrap_or(Refusal::NotFound);
        Answering { step: self.refuse(refusal, request), finish }
    }

    fn find(&self, request: &Request, source: Source) -> Result<(&Served, Spans, bool), Refusal> {
        let path = request.uri().path();
        let Ok(found) = self.paths.at(path) else {
            well_formed(request, &self.limits, source)?;
            return Err(Refusal::NotFound);
        };
        // The router takes nothing for a parameter where a piece of the path follows: `/notes//comments`.
        if found.params.iter().any(|(_, value)| value.is_empty()) {
            well_formed(request, &self.limits, source)?;
            return Err(Refusal::NotFound);
        }
        let node = self.nodes.get(*found.value).ok_or(Refusal::NotFound)?;
        let served = node.find(request.method());
        let picky =
            well_formed(request, served.map_or(&self.limits, |served| &served.target.info.limits), source)?;
        match (served, &node.allow) {
            (Some(served), _) => {
                Ok((served, Spans::of(path, found.params.iter().map(|(_, value)| value)), picky))
            }
            (None, Some(allow)) if request.method() == Method::OPTIONS => {
                Err(Refusal::Options(allow.clone()))
            }
            (None, Some(allow)) => Err(Refusal::Method(allow.clone())),
            (None, None) => Err(Refusal::NotFound),
        }
    }

    fn refuse(&self, refusal: Refusal, mut request: Request) -> Step {
        let own = match refusal {
            Refusal::Method(_) | Refusal::Options(_) => self.paths.at(request.uri().path()).ok(),
            Refusal::NotFound | Refusal::Broken(..) => None,
        };
        let own = own.and_then(|found| self.nodes.get(*found.value)?.refused.as_ref());
        match own.or(self.fallback.as_ref()) {
            Some(fallback) => {
                request.extensions_mut().insert(refusal);
                Step::Layered(Box::pin(fallback.clone().oneshot(request)))
            }
            None => Step::Running(Running::ready(refusal.answer(request.extensions().get().cloned()))),
        }
    }
}

fn layered(layers: &[LayerFn], innermost: Layered) -> Layered {
    layers.iter().fold(innermost, |service, layer| layer(service))
}

fn same(some: &[LayerFn], others: &[LayerFn]) -> bool {
    some.len() == others.len() && some.iter().zip(others).all(|(one, other)| Arc::ptr_eq(one, other))
}

impl Node {
    fn find(&self, method: &Method) -> Option<&Served> {
        let exact = |wanted: &Method| {
            self.methods.iter().find(|(known, _)| known == wanted).map(|(_, served)| served)
        };
        exact(method).or_else(|| if method == Method::HEAD { exact(&Method::GET) } else { None })
    }
}

fn start(served: &Served, spans: Spans, picky: bool, request: Request) -> Step {
    let target = &served.target;
    let route = Arc::clone(&target.info);
    if let Some(layered) = &served.layered {
        let mut request = request;
        // A layer may change the address; the parameters are those of the address that was matched.
        let path = request.uri().path_and_query().cloned();
        request.extensions_mut().insert(Matched { route, spans, picky, path });
        return Step::Layered(Box::pin(layered.clone().oneshot(request)));
    }
    let (head, body) = request.into_parts();
    Step::Running(Running::start(target, head, Matched { route, spans, picky, path: None }, body))
}

fn allow(methods: &[(Method, Served)]) -> Option<HeaderValue> {
    let mut names: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
    if names.contains(&"GET") && !names.contains(&"HEAD") {
        names.push("HEAD");
    }
    if !names.contains(&"OPTIONS") {
        names.push("OPTIONS");
    }
    names.sort_unstable();
    HeaderValue::try_from(names.join(", ")).ok()
}

/// Refuses what breaks the rules of HTTP or the limits of a head, on every host alike. Says whether
/// the client accepts only certain media types, since every header is looked at here anyway.
fn well_formed(request: &Request, limits: &Limits, source: Source) -> Result<bool, Refusal> {
    let uri = request.uri();
    let target = uri.path_and_query().map_or(0, |path| path.as_str().len());
    if target > limits.uri {
        return Err(Refusal::Broken(
            problems::URI_TOO_LONG,
            "The path and query are longer than this server takes.",
        ));
    }
    let (mut size, mut hosts, mut lengths, mut encodings) = (0, 0, 0, 0);
    let (mut foreign, mut picky, mut named) = (false, false, true);
    let headers: &HeaderMap = request.headers();
    for (name, value) in headers {
        size += name.as_str().len() + value.len();
        if name == HOST {
            hosts += 1;
            named &= value
                .as_bytes()
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(byte));
            named &= !value.is_empty();
        } else if name == CONTENT_LENGTH {
            lengths += 1;
        } else if name == TRANSFER_ENCODING {
            encodings += 1;
            // Every other coding is read in one way here and in another by a proxy.
            foreign |= !value.as_bytes().eq_ignore_ascii_case(b"chunked");
        } else if name == ACCEPT {
            picky |= value.as_bytes() != b"*/*";
        }
    }
    if size > limits.headers {
        return Err(Refusal::Broken(
            problems::HEADERS_TOO_LARGE,
            "The header fields are larger than this server takes.",
        ));
    }
    if !named {
        return Err(Refusal::Broken(problems::BAD_REQUEST, "The host that the request names is none."));
    }
    if hosts > 1 {
        return Err(Refusal::Broken(problems::BAD_REQUEST, "The request names two hosts."));
    }
    if hosts == 0 && source == Source::Wire && request.version() == Version::HTTP_11 {
        return Err(Refusal::Broken(problems::BAD_REQUEST, "The request names no host."));
    }
    if lengths > 1 || (lengths == 1 && encodings > 0) {
        return Err(Refusal::Broken(problems::BAD_REQUEST, "The request states its length in two ways."));
    }
    if foreign || encodings > 1 {
        return Err(Refusal::Broken(
            problems::BAD_REQUEST,
            "The only transfer coding that is taken is chunked, once.",
        ));
    }
    Ok(picky)
}

/// The answer to a request, as [`Routes`] is making it.
pub struct Answering {
    step: Step,
    finish: Finish,
}

/// What is left to do with an answer.
struct Finish {
    /// It answers HEAD.
    head: bool,
    /// The request has a body so long that a host does not read on for the sake of the connection.
    long: bool,
}

/// What hosts read of a body that nobody wants, so that the connection can be used again.
const SPARED: u64 = 64 * 1024;

impl Finish {
    fn of(request: &Request) -> Self {
        let body = request.body();
        let long = !body.is_end_stream() && body.size_hint().exact().is_none_or(|size| size > SPARED);
        Self { head: request.method() == Method::HEAD, long: long && request.version() < Version::HTTP_2 }
    }

    fn finish(&self, mut response: Response) -> Response {
        // A refusal may come before the body does, and then the connection ends with it. A client that is
        // not told so sends its next request into nothing.
        if self.long && (response.status().is_client_error() || response.status().is_server_error()) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.head { without_body(response) } else { response }
    }
}

enum Step {
    Running(Running),
    Layered(BoxFuture<'static, Result<Response, Infallible>>),
}

impl Future for Answering {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = match &mut self.step {
            Step::Running(running) => Pin::new(running).poll(cx),
            Step::Layered(layered) => match catch_unwind(AssertUnwindSafe(|| layered.as_mut().poll(cx))) {
                Ok(poll) => poll.map(|Ok(response)| response),
                Err(panic) => {
                    let response = panicked(&*panic).render(None);
                    self.step = Step::Running(Running::ready(Response::default()));
                    Poll::Ready(response)
                }
            },
        };
        polled.map(|response| Ok(self.finish.finish(response)))
    }
}

impl std::fmt::Debug for Answering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answering").finish_non_exhaustive()
    }
}

/// The answer to HEAD: that of GET, its length stated, without the body.
fn without_body(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        && !head.headers.contains_key(CONTENT_LENGTH)
    {
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(head, Body::empty())
}

impl Routes {
    pub(crate) fn table(&self) -> &Table {
        self.0.table.get_or_init(|| Arc::new(Table::new(&self.0)))
    }

    /// Answers a request. Never fails: every error is an answer.
    pub fn handle<B>(&self, request: http::Request<B>) -> Answering
    where
        B: http_body::Body<Data: Buf> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.table().serve(request.map(Body::new), Source::Process)
    }

    /// Answers a request that a host has read from a connection.
    pub(crate) fn handle_wire(&self, request: Request) -> Answering {
        self.table().serve(request, Source::Wire)
    }

    /// Answers a request from a connection whose path is known to be none of these routes'.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) fn lost_wire(&self, request: Request) -> Answering {
        self.table().lost(request, Source::Wire)
    }
}

impl<B> Service<http::Request<B>> for Routes
where
    B: http_body::Body<Data: Buf> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Answering {
        self.handle(request)
    }
}
