//! Arguments that are parts of the request as they are.

use http::{HeaderMap, Method, Uri};

use super::FromParts;
use crate::http::openapi::Operation;
use crate::http::parts::{OriginalPath, Parts};
use crate::http::problem::Problem;
use crate::http::problems;
use crate::http::request_id::RequestId;

/// All headers.
impl<S> FromParts<S> for HeaderMap {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.headers().clone())
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// The method: a handler of GET sees HEAD here too.
impl<S> FromParts<S> for Method {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.method().clone())
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// The name of this request, to pass on to others.
impl<S> FromParts<S> for RequestId {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.request_id())
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// The address as the client sent it, with the prefix that a host has mounted the routes under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalUri(pub Uri);

impl<S> FromParts<S> for OriginalUri {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let path = parts.extensions().get::<OriginalPath>().map(|path| path.0.clone());
        let mut pieces = parts.uri().clone().into_parts();
        pieces.path_and_query = path.or(pieces.path_and_query);
        Uri::from_parts(pieces).map(Self).map_err(|error| Problem::new(problems::INTERNAL).because(error))
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// A value that a layer or the host has put into the request's extensions. Where none is there the
/// set-up is at fault: 500. An `Option<Extension<T>>` asks without insisting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension<T>(pub T);

impl<S, T: Clone + Send + Sync + 'static> FromParts<S> for Extension<T> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions().get::<T>().cloned().map(Self).ok_or_else(|| {
            let name = std::any::type_name::<T>();
            Problem::new(problems::INTERNAL).because(format!("no layer has added a {name} to the request"))
        })
    }

    fn describe(_: &mut Operation<'_>) {}
}

impl<S, T: Clone + Send + Sync + 'static> FromParts<S> for Option<Extension<T>> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.extensions().get::<T>().cloned().map(Extension))
    }

    fn describe(_: &mut Operation<'_>) {}
}
