//! [`Keys`]: an authenticator whose keys anyone can make.

use futures_util::future::BoxFuture;
use gravity_core::http::{Authenticator, Problem, Scheme, problems};
use gravity_core::{Grants, Principal, Subject};
use http::HeaderName;
use http::request::Parts;

use crate::http::{ITEMS_READ, ITEMS_WRITE};

/// The header that a key stands in.
pub const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What the holder of a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Read.
    Reader,
    /// Read and write.
    Writer,
}

/// Believes whoever says who they are: for tests only.
#[derive(Debug, Clone, Copy)]
pub struct Keys;

impl Keys {
    /// A key of this caller.
    pub fn key(role: Role, caller: &Subject) -> String {
        format!("{role:?}:{caller}")
    }
}

impl Authenticator for Keys {
    fn authenticate<'a>(&'a self, head: &'a Parts) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        let principal = match head.headers.get(API_KEY) {
            None => Ok(None),
            Some(key) => match key.to_str().ok().and_then(principal) {
                Some(principal) => Ok(Some(principal)),
                None => Err(problems::UNAUTHENTICATED.into()),
            },
        };
        Box::pin(async { principal })
    }

    fn schemes(&self) -> Vec<Scheme> {
        vec![Scheme::ApiKey("x-api-key")]
    }
}

fn principal(key: &str) -> Option<Principal> {
    let (role, caller) = key.split_once(':')?;
    let grants = match role {
        "Reader" => Grants::from([ITEMS_READ]),
        "Writer" => Grants::from([ITEMS_READ, ITEMS_WRITE]),
        _ => return None,
    };
    Some(Principal::new(Subject::new(caller).ok()?).with_permissions(grants))
}
