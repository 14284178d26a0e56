//! [`Access`]: who may call a route, and [`Authenticator`]: who it is that calls.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;

use super::layer::RequestSpan;
use super::parts::Parts;
use super::problem::{Problem, ProblemKind};
use super::problems;
use crate::{Permission, Principal};

/// Anyone may call, without credentials; none are looked at.
pub const PUBLIC: Access = Access(Needs::Nothing);

/// Whoever is signed in may call.
pub const SIGNED_IN: Access = Access(Needs::Principal);

/// Who may call a route. Every route declares it.
#[derive(Clone)]
pub struct Access(pub(crate) Needs);

#[derive(Clone)]
pub(crate) enum Needs {
    Nothing,
    Principal,
    Permission(Permission),
    Rule(Rule),
}

impl From<Permission> for Access {
    fn from(permission: Permission) -> Self {
        Self(Needs::Permission(permission))
    }
}

impl From<Rule> for Access {
    fn from(rule: Rule) -> Self {
        Self(Needs::Rule(rule))
    }
}

type Check = dyn for<'a> Fn(&'a Principal, &'a Parts) -> BoxFuture<'a, Result<bool, Problem>> + Send + Sync;

/// A rule of one's own over the caller and the request: the owner of a thing, office hours.
///
/// The caller is signed in when the rule is asked. Its name stands in the OpenAPI document.
#[derive(Clone)]
pub struct Rule {
    pub(crate) name: &'static str,
    check: Arc<Check>,
}

impl Rule {
    /// A rule that is decided at once.
    pub fn new(
        name: &'static str,
        check: impl Fn(&Principal, &Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            check: Arc::new(move |principal, parts| {
                let allowed = check(principal, parts);
                Box::pin(std::future::ready(Ok(allowed)))
            }),
        }
    }

    /// A rule that has to look something up first.
    pub fn lookup<F>(name: &'static str, check: F) -> Self
    where
        F: for<'a> Fn(&'a Principal, &'a Parts) -> BoxFuture<'a, Result<bool, Problem>>
            + Send
            + Sync
            + 'static,
    {
        Self { name, check: Arc::new(check) }
    }
}

/// Finds out who calls: from a bearer token, an API key, a session cookie.
///
/// gravity-auth brings one; an application that knows its users already writes its own.
pub trait Authenticator: Send + Sync + 'static {
    /// The caller behind the request's credentials. `None` where it carries none that this
    /// authenticator knows; a problem where it carries some that do not hold.
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>>;

    /// The ways to sign in, for the OpenAPI document and the `WWW-Authenticate` header.
    fn schemes(&self) -> Vec<Scheme> {
        vec![Scheme::Bearer]
    }

    /// The kinds of problem that credentials which do not hold are answered with, beside
    /// [`problems::UNAUTHENTICATED`], for the OpenAPI document.
    fn problems(&self) -> &'static [ProblemKind] {
        &[]
    }
}

impl<T: Authenticator + ?Sized> Authenticator for Arc<T> {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        (**self).authenticate(head)
    }

    fn schemes(&self) -> Vec<Scheme> {
        (**self).schemes()
    }

    fn problems(&self) -> &'static [ProblemKind] {
        (**self).problems()
    }
}

/// A way to show who one is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// `Authorization: Bearer TOKEN`.
    Bearer,
    /// An API key in this header.
    ApiKey(&'static str),
    /// A cookie of this name.
    Cookie(&'static str),
}

/// That a layer has let the request through already, and who it was that called.
#[derive(Clone)]
pub(crate) struct Admitted(pub(crate) Option<Arc<Principal>>);

/// Lets the request through, and says who calls, or refuses it.
pub(crate) async fn admit(parts: &mut Parts) -> Result<(), Problem> {
    if let Some(Admitted(principal)) = parts.head.extensions.remove() {
        parts.principal = principal;
        return Ok(());
    }
    let route = Arc::clone(&parts.matched.route);
    let Some(authenticator) = &route.authenticator else {
        return match route.access.0 {
            Needs::Nothing => Ok(()),
            // Nobody can be let in where nobody can be known: a fault of the set-up, said in the log.
            _ => Err(Problem::new(problems::INTERNAL)
                .because("the route needs a principal, and no authenticator is set")),
        };
    };
    parts.principal = authenticator.authenticate(&parts.head).await?.map(Arc::new);
    let (needs, caller) = (&route.access.0, parts.principal.as_deref());
    if let (Some(caller), Some(span)) = (caller, parts.head.extensions.get::<RequestSpan>()) {
        span.called_by(caller.subject().as_str());
    }
    let allowed = match (needs, caller) {
        (Needs::Nothing, _) | (Needs::Principal, Some(_)) => true,
        (_, None) => return Err(unauthenticated(&authenticator.schemes())),
        (Needs::Permission(permission), Some(caller)) => caller.allows(*permission),
        (Needs::Rule(rule), Some(caller)) => (rule.check)(caller, parts).await?,
    };
    if allowed { Ok(()) } else { Err(Problem::new(problems::FORBIDDEN)) }
}

fn unauthenticated(schemes: &[Scheme]) -> Problem {
    let problem = Problem::new(problems::UNAUTHENTICATED);
    // RFC 9110 wants a challenge on every 401; a cookie has none, so that bearer stands in for it.
    let challenge = match schemes.first() {
        Some(Scheme::ApiKey(_)) => "ApiKey",
        _ => "Bearer",
    };
    problem.header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Needs::Nothing => f.write_str("public"),
            Needs::Principal => f.write_str("signed in"),
            Needs::Permission(permission) => write!(f, "permission {permission}"),
            Needs::Rule(rule) => write!(f, "rule {}", rule.name),
        }
    }
}
