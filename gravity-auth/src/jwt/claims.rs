//! [`AccessClaims`]: what an access token says.

use std::collections::BTreeSet;
use std::time::Duration;

use gravity_core::{Grants, Principal, Subject, Timestamp};
use serde::{Deserialize, Serialize};

use super::NumericDate;

/// The claims of an access token (RFC 9068), and some of ours.
///
/// Claims that are not here are left out when a token is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessClaims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: Audience,
    /// Whose it is.
    pub sub: Subject,
    /// When it expires.
    pub exp: NumericDate,
    /// When it was issued.
    pub iat: NumericDate,
    /// From when on it holds, when that is not at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<NumericDate>,
    /// Its own name, which no other token has.
    pub jti: String,
    /// The session it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The application that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The roles of its owner.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
    /// What its owner may do.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub permissions: Grants,
    /// The scopes it is limited to, with spaces between; `None` for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// By what its owner has shown who they are (RFC 8176): `pwd`, `otp`, `mfa`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// When its owner has last done so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<NumericDate>,
    /// Who acts for its owner (RFC 8693).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// The key that has to be shown with it (RFC 7800). No bearer's token then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Which version of the roles' permissions it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_epoch: Option<u64>,
}

/// Whom a token is for: one, or several, which JSON writes as a text or as a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several, or one in a list.
    Several(Vec<String>),
}

impl From<&str> for Audience {
    fn from(one: &str) -> Self {
        Self::One(one.to_owned())
    }
}

/// Who acts for the owner of a token: support staff who see what a user sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who it is.
    pub sub: Subject,
    /// The session that they act from. When it ends, so does this token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// Which key has to be shown with a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The thumbprint of a `DPoP` key (RFC 9449).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jkt: Option<String>,
}

impl AccessClaims {
    /// A token of this owner that holds from now on for so long. `id` is its `jti`, a new one each.
    pub fn new(
        issuer: impl Into<String>,
        audience: impl Into<Audience>,
        subject: Subject,
        id: impl Into<String>,
        now: Timestamp,
        lifetime: Duration,
    ) -> Self {
        Self {
            iss: issuer.into(),
            aud: audience.into(),
            sub: subject,
            exp: now.saturating_add(lifetime).into(),
            iat: now.into(),
            nbf: None,
            jti: id.into(),
            sid: None,
            client_id: None,
            roles: BTreeSet::new(),
            permissions: Grants::none(),
            scope: None,
            amr: Vec::new(),
            auth_time: None,
            act: None,
            cnf: None,
            role_epoch: None,
        }
    }

    /// Who calls with such a token. The credential is the session, or the token itself where it has none;
    /// `jti`, `client_id`, `amr`, `auth_time` and `act` are claims of the principal.
    pub fn into_principal(self) -> Principal {
        let mut principal =
            Principal::new(self.sub).with_roles(self.roles).with_permissions(self.permissions);
        if let Some(scope) = &self.scope {
            principal = principal.with_scopes(scope.split_ascii_whitespace());
        }
        if let Some(client) = self.client_id {
            principal = principal.with_claim("client_id", client);
        }
        if !self.amr.is_empty() {
            principal = principal.with_claim("amr", self.amr);
        }
        if let Some(time) = self.auth_time {
            principal = principal.with_claim("auth_time", time.seconds());
        }
        if let Some(actor) = self.act {
            principal = principal.with_claim("act", serde_json::json!({ "sub": actor.sub }));
        }
        let credential = self.sid.unwrap_or_else(|| self.jti.clone());
        principal.with_credential(credential).with_claim("jti", self.jti)
    }
}
