//! What answers say.

use gravity_core::http::{Problem, Respond, SetCookies};
use gravity_core::{SecretString, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

use super::fresh::{Fresh, fresh};
use super::{Cookies, forgery};
use crate::Auth;
use crate::device::device_name;
use crate::domain::{Method, Session, SessionId, User};
use crate::service::SignedIn;

/// Somebody is signed in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Signed {
    /// The token that requests show; in cookie mode it is in a cookie instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// `Bearer`, or `DPoP` where a proof of the client's key has to be shown with the token.
    pub token_type: String,
    /// How long it holds, in seconds.
    pub expires_in: u64,
    /// The token that gets new ones; in cookie mode it is in a cookie instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// In cookie mode, what requests that change something send in `X-CSRF-Token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<String>,
    /// What the second factor is passed over by on this device, if it was asked for; in cookie mode it is in a cookie
    /// instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// The session.
    pub session: SessionId,
    /// Who it is.
    pub user: User,
}

/// Something was asked for. What comes of it is told by mail, if anything does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// In words.
    pub message: String,
}

/// A session, as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// Which one it is.
    pub id: SessionId,
    /// Whether it is the one of this request.
    pub current: bool,
    /// What its user calls it.
    pub name: Option<String>,
    /// The address it was last seen at.
    pub address: Option<String>,
    /// What its browser or application, and its system, seem to be.
    pub device: String,
    /// What the browser or application says of itself.
    pub user_agent: Option<String>,
    /// By what its user has shown who they are.
    pub methods: Vec<Method>,
    /// When its user signed in.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_active_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// All sessions of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionList {
    /// The newest first.
    pub items: Vec<SessionView>,
}

/// Whether an access token holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validity {
    /// Whether it does.
    pub valid: bool,
    /// What it says, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<serde_json::Value>,
}

/// What a token says (RFC 7662).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IntrospectionView {
    /// Whether it holds.
    pub active: bool,
    /// What it says, if it does.
    #[serde(flatten)]
    pub claims: serde_json::Map<String, serde_json::Value>,
}

/// Where everything is, for verifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Discovery {
    /// The issuer of all tokens.
    pub issuer: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where tokens are had.
    pub token_endpoint: String,
    /// Where tokens are asked about.
    pub introspection_endpoint: String,
    /// Where tokens are called back.
    pub revocation_endpoint: String,
    /// How tokens are had.
    pub grant_types_supported: Vec<String>,
    /// How people are told apart: everywhere alike.
    pub subject_types_supported: Vec<String>,
    /// What tokens are signed by: of `HS256` nobody else can verify them.
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// What is asked of a browser: nothing.
    pub response_types_supported: Vec<String>,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("session", &self.session)
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}

impl Signed {
    /// The answer: tokens in it, or in cookies.
    pub(super) fn answer(
        auth: &Auth,
        signed_in: SignedIn,
        in_cookies: bool,
    ) -> Result<SetCookies<Fresh<Self>>, Problem> {
        Self::answer_on(auth, signed_in, in_cookies, None)
    }

    /// The same, with what remembers the device.
    pub(super) fn answer_on(
        auth: &Auth,
        signed_in: SignedIn,
        in_cookies: bool,
        device: Option<SecretString>,
    ) -> Result<SetCookies<Fresh<Self>>, Problem> {
        if !in_cookies {
            let text = |token: SecretString| Some(token.expose().clone());
            let refresh_token = text(signed_in.refresh_token.clone());
            let device_token = device.and_then(text);
            return Ok(SetCookies::new(fresh(Self {
                refresh_token,
                device_token,
                ..Self::with_access(signed_in)
            })));
        }
        let forgery = forgery::token(auth, &signed_in.session.id.to_string());
        let csrf_token = Some(forgery.expose().clone());
        let signed = Self { access_token: None, csrf_token, ..Self::with_access(signed_in.clone()) };
        let answer = Self::in_cookies(auth, &signed_in, fresh(signed))?;
        match device {
            Some(token) => Cookies::of(&auth.0.config.settings).remember(answer, token.expose()),
            None => Ok(answer),
        }
    }

    /// Any answer, with the tokens in cookies.
    pub(super) fn in_cookies<R: Respond>(
        auth: &Auth,
        signed_in: &SignedIn,
        answer: R,
    ) -> Result<SetCookies<R>, Problem> {
        let forgery = forgery::token(auth, &signed_in.session.id.to_string());
        let lasts: Duration = signed_in.session.idle_until.saturating_since(auth.now());
        let access = (&**signed_in.access_token.expose(), signed_in.expires_in);
        let refresh = (&**signed_in.refresh_token.expose(), lasts);
        Cookies::of(&auth.0.config.settings).set(answer, [access, refresh, (forgery.expose(), lasts)])
    }

    /// The answer to who has shown once more who they are: a new access token, and no token that outlives it. The refresh
    /// token that a browser has stays: a newer one may have come there while the proof was looked at.
    pub(super) fn renewed(
        auth: &Auth,
        signed_in: SignedIn,
        in_cookies: bool,
    ) -> Result<SetCookies<Fresh<Self>>, Problem> {
        if !in_cookies {
            return Ok(SetCookies::new(fresh(Self::with_access(signed_in))));
        }
        let forgery = forgery::token(auth, &signed_in.session.id.to_string());
        let lasts: Duration = signed_in.session.idle_until.saturating_since(auth.now());
        let (access, expires_in) = (signed_in.access_token.clone(), signed_in.expires_in);
        let csrf_token = Some(forgery.expose().clone());
        let signed = Self { access_token: None, csrf_token, ..Self::with_access(signed_in) };
        let cookies = Cookies::of(&auth.0.config.settings);
        cookies.renew(fresh(signed), (access.expose(), expires_in), (forgery.expose(), lasts))
    }

    fn with_access(signed_in: SignedIn) -> Self {
        Self {
            access_token: Some(signed_in.access_token.expose().clone()),
            token_type: token_type(&signed_in.session).to_owned(),
            expires_in: signed_in.expires_in.as_secs(),
            refresh_token: None,
            csrf_token: None,
            device_token: None,
            session: signed_in.session.id,
            user: signed_in.user,
        }
    }
}

/// How the access tokens of a session are shown.
pub(super) const fn token_type(session: &Session) -> &'static str {
    if session.bound_to.is_some() { "DPoP" } else { "Bearer" }
}

impl SessionView {
    pub(super) fn of(session: Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id,
            current: current == Some(session.id),
            name: session.client.name,
            address: session.client.address,
            device: device_name(session.client.user_agent.as_deref().unwrap_or_default()),
            user_agent: session.client.user_agent,
            methods: session.methods,
            created_at: session.created_at,
            last_active_at: session.refreshed_at,
            expires_at: session.expires_at,
        }
    }
}

impl Answer {
    /// What is said whatever comes of it.
    pub(super) fn mail_comes() -> Self {
        Self { message: "If there is something to be sent, it is on its way.".to_owned() }
    }
}
