//! What a session gives its user: an access token and a refresh token.

use std::time::Duration;

use gravity_core::{Id, SecretString};

use crate::domain::{Method, Session, User, UserStatus};
use crate::jwt::{AccessClaims, Actor, Confirmation, RefreshToken, TokenError, Verifier};
use crate::{Auth, AuthError};

/// Somebody who is signed in, and what shows it.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The session.
    pub session: Session,
    /// The token that requests show.
    pub access_token: SecretString,
    /// How long it holds.
    pub expires_in: Duration,
    /// The token that gets new ones.
    pub refresh_token: SecretString,
}

/// What can be said of a token (RFC 7662).
#[derive(Debug, Clone)]
pub enum Introspection {
    /// It holds nothing, or no more.
    Inactive,
    /// An access token.
    Access(Box<AccessClaims>),
    /// A refresh token, of this session.
    Refresh(Box<Session>),
}

impl Auth {
    /// What verifies access tokens: for a check of one's own, or one that wants more.
    pub fn verifier(&self) -> Verifier {
        let settings = &self.0.config.settings;
        Verifier::access_tokens(settings.issuer.as_str(), settings.audience.as_str())
            .with_clock(self.clock().clone())
    }

    /// What an access token says, if it holds. One that is bound to a key (`cnf`) holds with a proof of that key only.
    pub async fn validate(&self, token: &str) -> Result<AccessClaims, TokenError> {
        self.authenticator().verify_bound(token).await
    }

    /// What can be said of a token, for services that are trusted to ask.
    pub async fn introspect(&self, token: &str) -> Result<Introspection, AuthError> {
        let Ok(refresh) = RefreshToken::parse(token) else {
            return match self.validate(token).await {
                Ok(claims) => Ok(Introspection::Access(Box::new(claims))),
                Err(TokenError::KeysUnavailable) => {
                    Err(gravity_core::Error::unavailable("auth.keys_unavailable", "Try again later.").into())
                }
                Err(_) => Ok(Introspection::Inactive),
            };
        };
        let session = self.session_of(&refresh).await?;
        let is_current =
            |session: &Session| session.is_live(self.now()) && session.generation == refresh.generation();
        let Some(session) = session.filter(is_current) else { return Ok(Introspection::Inactive) };
        Ok(Introspection::Refresh(Box::new(session)))
    }

    /// The session that a refresh token is genuinely of, live or not.
    pub(crate) async fn session_of(&self, token: &RefreshToken) -> Result<Option<Session>, AuthError> {
        let session = self.store().session(Id::from_uuid(token.session())).await?;
        Ok(session.filter(|session| self.0.tokens.verify(&session.seed, token)))
    }

    /// The tokens of a session as it stands.
    pub(crate) async fn tokens(&self, user: User, session: Session) -> Result<SignedIn, AuthError> {
        let access_token = self.access_token(&user, &session, None).await?;
        let refresh_token = self.0.tokens.make(&session.seed, session.id.uuid(), session.generation);
        Ok(SignedIn { user, session, access_token, expires_in: self.0.config.access(), refresh_token })
    }

    /// The access token of a session, of its user or of who acts in their name.
    pub(crate) async fn access_token(
        &self,
        user: &User,
        session: &Session,
        actor: Option<Actor>,
    ) -> Result<SecretString, AuthError> {
        let config = &self.0.config;
        let (now, settings) = (self.now(), &config.settings);
        let jti = self.clock().uuid().simple().to_string();
        let mut claims = AccessClaims::new(
            settings.issuer.as_str(),
            settings.audience.as_str(),
            user.id.into(),
            jti,
            now,
            config.access(),
        );
        claims.sid = Some(session.id.to_string());
        claims.roles = [user.role.to_string()].into();
        if !self.lacks_second_factor(&user.role, session.methods.contains(&Method::Mfa)) {
            claims.permissions = self.grants_of(&user.role).await?;
        }
        claims.amr = session.methods.iter().map(|method| method.as_str().to_owned()).collect();
        claims.auth_time = Some(session.proved_at.into());
        claims.cnf = session.bound_to.clone().map(|key| Confirmation { jkt: Some(key) });
        claims.act = actor;
        Ok(self.0.keys.sign("at+jwt", &claims)?)
    }
}

/// Whether somebody may sign in at all.
pub(crate) fn is_active(user: &User) -> bool {
    user.status == UserStatus::Active && !user.is_service_account()
}
