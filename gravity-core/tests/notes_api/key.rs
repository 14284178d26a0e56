//! Who calls: found by an API key.

use futures_util::future::BoxFuture;
use gravity_core::http::{Authenticator, Problem, Scheme, problems};
use gravity_core::{Grants, Principal, Subject};
use http::HeaderName;

pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

pub(crate) const ADA: &str = "the key of ada";
pub(crate) const BOB: &str = "the key of bob";
pub(crate) const EVE: &str = "the key of eve";

pub(crate) struct Keys;

impl Authenticator for Keys {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        Box::pin(async {
            let Some(key) = head.headers.get(API_KEY) else { return Ok(None) };
            let (name, may) = match key.to_str() {
                Ok(ADA) => ("ada", "notes:*"),
                Ok(BOB) => ("bob", "notes:*"),
                Ok(EVE) => ("eve", "notes:read"),
                _ => return Err(problems::UNAUTHENTICATED.into()),
            };
            let grants: Grants = may.parse().unwrap();
            Ok(Some(Principal::new(Subject::new(name).unwrap()).with_permissions(grants)))
        })
    }

    fn schemes(&self) -> Vec<Scheme> {
        vec![Scheme::ApiKey("x-api-key")]
    }
}
