//! [`Redirect`]: the client is sent elsewhere.

use http::StatusCode;
use http::Uri;
use http::header::{HeaderValue, LOCATION};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::Respond;
use crate::http::Response;
use crate::http::body::Body;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::{IntoProblem, Problem, ProblemKind};
use crate::http::problems;
use crate::validate::Faults;

/// What an address must not hold as it is; what is encoded already stays so.
const UNSAFE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

/// The client is sent elsewhere, with the status that the type states: 303 (fetch that with GET), 307 (repeat
/// the request there), 308 (the same, for good), 301 or 302.
///
/// ```
/// use gravity_core::http::{NotLocal, Redirect};
///
/// async fn after_sign_in() -> Result<Redirect, NotLocal> {
///     Redirect::to("/home?tab=1")
/// }
///
/// async fn moved() -> Result<Redirect<308>, NotLocal> {
///     Redirect::to("/new/place")
/// }
///
/// assert!(Redirect::<303>::to("//evil.example").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect<const STATUS: u16 = 303>(HeaderValue);

/// The address of a redirect leaves this site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address is not a path on this site")]
pub struct NotLocal;

impl<const STATUS: u16> Redirect<STATUS> {
    /// To a path on this site, such as may come from a parameter: one slash, and nothing that a browser could
    /// take for another host.
    pub fn to(path: &str) -> Result<Self, NotLocal> {
        if !is_local(path) {
            return Err(NotLocal);
        }
        let encoded = utf8_percent_encode(path, UNSAFE).to_string();
        HeaderValue::try_from(encoded).map(Self).map_err(|_| NotLocal)
    }

    /// To any address. It must not come from a client: who chooses it chooses where people end up who trust
    /// this site.
    pub fn external(address: &Uri) -> Self {
        // A `Uri` is made of visible ASCII only.
        Self(HeaderValue::try_from(address.to_string()).unwrap_or(HeaderValue::from_static("/")))
    }
}

/// Whether an address is a path on this site for every browser, the lenient ones among them: they take a
/// backslash for a slash, and pass over tabs and line breaks.
pub fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
}

impl<const STATUS: u16> Respond for Redirect<STATUS> {
    fn respond(self, _: &mut Parts) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status::<STATUS>();
        response.headers_mut().insert(LOCATION, self.0);
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.response(status::<STATUS>(), "Elsewhere.", None);
        operation.response_header(status::<STATUS>(), "location", "Where to.");
    }
}

const fn status<const STATUS: u16>() -> StatusCode {
    const {
        assert!(
            matches!(STATUS, 301 | 302 | 303 | 307 | 308),
            "a redirect has one of the statuses 301, 302, 303, 307, 308"
        );
    };
    match STATUS {
        301 => StatusCode::MOVED_PERMANENTLY,
        302 => StatusCode::FOUND,
        307 => StatusCode::TEMPORARY_REDIRECT,
        308 => StatusCode::PERMANENT_REDIRECT,
        _ => StatusCode::SEE_OTHER,
    }
}

impl IntoProblem for NotLocal {
    const KINDS: &'static [ProblemKind] = &[problems::BAD_PARAMETER];

    fn into_problem(self) -> Problem {
        Problem::new(problems::BAD_PARAMETER).faults(Faults::one(
            "",
            "not_local",
            "is not a path on this site",
        ))
    }
}

impl From<NotLocal> for Problem {
    fn from(error: NotLocal) -> Self {
        error.into_problem()
    }
}
