//! Routes that are called in process and through every host, by who may and who may not.

use futures_util::future::BoxFuture;
use gravity_core::http::client::{Client, ClientConfig, ClientError};
use gravity_core::http::{Authenticator, Problem, Routes, Scheme, problems};
use gravity_core::testing::http::{Host, Kind};
use gravity_core::{Grants, Principal, Subject};
use http::HeaderName;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Tells what its key may do: `schedules:read sagas:*` and so on.
struct Keys;

impl Authenticator for Keys {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        Box::pin(async {
            let Some(key) = head.headers.get(API_KEY) else { return Ok(None) };
            let grants: Grants = key
                .to_str()
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| Problem::from(problems::UNAUTHENTICATED))?;
            Ok(Some(Principal::new(Subject::new("ada").unwrap()).with_permissions(grants)))
        })
    }

    fn schemes(&self) -> Vec<Scheme> {
        vec![Scheme::ApiKey("x-api-key")]
    }
}

/// Routes that can be called.
pub(crate) enum Reach {
    InProcess(Routes),
    Over(Host),
}

impl Reach {
    /// In process, and over every host.
    pub(crate) fn all(routes: impl Fn() -> Routes) -> impl Iterator<Item = Self> {
        let kinds = std::iter::once(None).chain(Kind::ALL.iter().copied().map(Some));
        kinds.map(move |kind| {
            let routes = routes().authenticator(Keys);
            match kind {
                None => Self::InProcess(routes),
                Some(kind) => Self::Over(Host::start(kind, "", routes)),
            }
        })
    }

    /// A client that may do this.
    pub(crate) fn client(&self, grants: &str) -> Client {
        self.connect(ClientConfig::new().with_api_key(API_KEY, grants))
    }

    pub(crate) fn nobody(&self) -> Client {
        self.connect(ClientConfig::new())
    }

    fn connect(&self, config: ClientConfig) -> Client {
        let config = config.with_retries(0);
        match self {
            Self::InProcess(routes) => config.in_process(routes.clone()).unwrap(),
            Self::Over(host) => config.connect(&host.url("")).unwrap(),
        }
    }
}

/// The status and the code of a refusal.
pub(crate) fn refusal<T>(answer: Result<T, ClientError>) -> (u16, String) {
    let Err(ClientError::Problem(problem)) = answer else { panic!("no refusal: {:?}", answer.err()) };
    (problem.status().as_u16(), problem.code().unwrap_or_default().to_owned())
}
