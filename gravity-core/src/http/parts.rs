//! [`Parts`]: all of a request but its body, as extractors, rules and responses see it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::{Extensions, HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;

use super::access::{Admitted, admit};
use super::limits::Limits;
use super::problem::Problem;
use super::problems;
use super::request_id::RequestId;
use super::route::RouteInfo;
use crate::Principal;
use crate::validate::{Faults, nul_at};

/// All of a request but its body: the head, the matched route, its path parameters and the caller.
///
/// `Debug` shows the method and the route only: address, headers and caller may hold what a log must not.
pub struct Parts {
    pub(crate) head: http::request::Parts,
    pub(crate) matched: Matched,
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) request_id: Option<RequestId>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("method", self.method())
            .field("route", self.route())
            .finish_non_exhaustive()
    }
}

/// What the router found: the route, and where the values of its parameters lie in the path.
#[derive(Debug, Clone)]
pub(crate) struct Matched {
    pub(crate) route: Arc<RouteInfo>,
    pub(crate) spans: Spans,
    /// Whether the client accepts only certain media types.
    pub(crate) picky: bool,
    /// The path that the spans lie in, where a layer could have changed the request's own.
    pub(crate) path: Option<http::uri::PathAndQuery>,
}

/// The path as the client sent it, where the host has cut a prefix off.
#[derive(Debug, Clone)]
pub(crate) struct OriginalPath(pub(crate) http::uri::PathAndQuery);

/// The path of a request as the client sent it, with the prefix that a host has mounted the routes under.
pub fn original_path(head: &http::request::Parts) -> &str {
    head.extensions.get::<OriginalPath>().map_or_else(|| head.uri.path(), |path| path.0.path())
}

/// Start and length of each parameter's value in the path.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spans {
    count: u8,
    at: [(u16, u16); MAX_PARAMS],
}

/// How many parameters a path may have.
pub(crate) const MAX_PARAMS: usize = 8;

impl Spans {
    pub(crate) fn of<'p>(path: &str, values: impl Iterator<Item = &'p str>) -> Self {
        let mut spans = Self::default();
        for (slot, value) in spans.at.iter_mut().zip(values) {
            // The value is a piece of the path, so that the distance of the two is its offset.
            let start = value.as_ptr().addr().wrapping_sub(path.as_ptr().addr());
            let (Ok(start), Ok(len)) = (u16::try_from(start), u16::try_from(value.len())) else { break };
            *slot = (start, len);
            spans.count += 1;
        }
        spans
    }
}

impl Parts {
    /// The parts of a request that is on its way through the layers, if a route was matched.
    pub(crate) fn of_layer(mut head: http::request::Parts) -> Result<Self, Box<http::request::Parts>> {
        match head.extensions.remove::<Matched>() {
            Some(matched) => {
                let request_id = head.extensions.get::<RequestId>().cloned();
                Ok(Self { head, matched, principal: None, request_id })
            }
            None => Err(Box::new(head)),
        }
    }

    /// Finds out who calls and whether they may, before the handler's turn, which then takes it as found.
    pub(crate) async fn admit_in_layer(&mut self) -> Result<(), Problem> {
        if self.matched.route.authenticates() {
            admit(self).await?;
            self.head.extensions.insert(Admitted(self.principal.clone()));
        }
        Ok(())
    }

    /// The head, for the next layer.
    pub(crate) fn into_layer(mut self) -> http::request::Parts {
        if let Some(id) = self.request_id {
            self.head.extensions.insert(id);
        }
        self.head.extensions.insert(self.matched);
        self.head
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.head.method
    }

    /// The address, as the routes were asked: without the prefix that a host has mounted them under.
    pub fn uri(&self) -> &Uri {
        &self.head.uri
    }

    /// The path as the client sent it, with the prefix that a host has mounted the routes under.
    pub fn original_path(&self) -> &str {
        original_path(&self.head)
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// What layers and hosts have added to the request.
    pub fn extensions(&self) -> &Extensions {
        &self.head.extensions
    }

    /// What layers and hosts have added to the request, to take something out of it.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.head.extensions
    }

    /// The head as hyper gave it.
    pub fn head(&self) -> &http::request::Parts {
        &self.head
    }

    /// The route that was matched.
    pub fn route(&self) -> &RouteInfo {
        &self.matched.route
    }

    /// What this request may cost.
    pub fn limits(&self) -> &Limits {
        &self.matched.route.limits
    }

    /// Who calls; none on a public route whose handler does not ask.
    pub fn principal(&self) -> Option<&Principal> {
        self.principal.as_deref()
    }

    /// The name of this request.
    pub fn request_id(&mut self) -> RequestId {
        let extensions = &self.head.extensions;
        self.request_id
            .get_or_insert_with(|| extensions.get::<RequestId>().cloned().unwrap_or_else(RequestId::generate))
            .clone()
    }

    /// The path parameters in the order of the path, percent-decoded.
    pub fn params(&self) -> impl ExactSizeIterator<Item = Result<(&str, Cow<'_, str>), Problem>> {
        let Matched { route, spans, path, .. } = &self.matched;
        let path = path.as_ref().map_or_else(|| self.head.uri.path(), http::uri::PathAndQuery::path);
        let at = spans.at.get(..usize::from(spans.count)).unwrap_or_default();
        route.param_names.iter().zip(at).map(move |(name, &(start, len))| {
            let start = usize::from(start);
            let raw = path.get(start..start + usize::from(len)).unwrap_or_default();
            match percent_decode_str(raw).decode_utf8() {
                Ok(value) if value.contains('\0') => {
                    Err(Problem::new(problems::BAD_PARAMETER)
                        .faults([nul_at(Faults::pointer("/path", name))]))
                }
                Ok(value) => Ok((&**name, value)),
                Err(_) => Err(Problem::new(problems::BAD_PARAMETER).faults(Faults::one(
                    format!("/path/{name}"),
                    "utf8",
                    "is not UTF-8 once percent-decoded",
                ))),
            }
        })
    }
}
