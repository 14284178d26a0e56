//! [`Origin`]: who asks, and from where.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::http::layer::TraceContext;
use crate::http::openapi::Operation;
use crate::http::{ClientAddr, FromParts, Parts, Problem, RequestId};
use crate::security::mask::shorten;
use crate::{Principal, Subject};

/// The longest user agent that is kept, in characters.
const LONGEST_AGENT: usize = 512;

/// Who asks, and from where: an argument of handlers, or taken out of [`Parts`] in one call.
///
/// ```
/// use gravity_core::audit::{AuditEntry, Origin};
///
/// async fn suspend(origin: Origin) {
///     let entry = AuditEntry::new("user.suspended").from(&origin);
///     // … record it in the transaction that suspends the user …
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Origin {
    /// Who.
    pub actor: Option<Subject>,
    /// Who acts in the actor's name.
    pub impersonator: Option<Subject>,
    /// From which address.
    pub address: Option<IpAddr>,
    /// By what program, as it says itself; at most 512 characters.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// In which trace: 32 hexadecimal digits.
    pub trace_id: Option<String>,
}

impl Origin {
    /// What a request tells.
    pub fn of(parts: &mut Parts) -> Self {
        let request_id = Some(parts.request_id().to_string());
        let origin = Self { request_id, ..Self::of_head(parts.head()) };
        match parts.principal() {
            Some(principal) => origin.with_principal(principal),
            None => origin,
        }
    }

    /// What the head of a request tells, for layers and authenticators: all but who asks.
    pub fn of_head(head: &http::request::Parts) -> Self {
        let agent = head.headers.get(http::header::USER_AGENT);
        Self {
            actor: None,
            impersonator: None,
            address: ClientAddr::of(head).map(|address| address.0),
            user_agent: agent.map(|agent| {
                let text = String::from_utf8_lossy(agent.as_bytes());
                let text: String = text.chars().filter(|char| !char.is_control()).collect();
                shorten(&text, LONGEST_AGENT).into_owned()
            }),
            request_id: head.extensions.get::<RequestId>().map(ToString::to_string),
            trace_id: head.extensions.get::<TraceContext>().map(TraceContext::trace_id),
        }
    }

    /// The same with this caller; the claim `act` names who acts in their name (RFC 8693).
    #[must_use]
    pub fn with_principal(mut self, principal: &Principal) -> Self {
        let acting = principal.claim("act").and_then(|act| act.get("sub")).and_then(|sub| sub.as_str());
        self.actor = Some(principal.subject().clone());
        self.impersonator = acting.and_then(|sub| Subject::new(sub).ok());
        self
    }
}

/// Whoever asks, with or without credentials.
impl<S> FromParts<S> for Origin {
    const LOOKS_FOR_PRINCIPAL: bool = true;

    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::of(parts))
    }

    fn describe(_: &mut Operation<'_>) {}
}
