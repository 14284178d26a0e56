//! The sessions of a user: seen, named and ended.

use gravity_core::audit::Origin;

use super::caller::Caller;
use super::record::on_user;
use crate::domain::{EndReason, Session, SessionId, User, UserId};
use crate::events::SessionEnded;
use crate::jwt::RefreshToken;
use crate::store::{Change, Refused};
use crate::{Auth, AuthError};

impl Auth {
    /// The user who calls.
    pub async fn me(&self, caller: &Caller) -> Result<User, AuthError> {
        self.store().user(caller.user).await?.ok_or(AuthError::NoUser)
    }

    /// The live sessions of a user, the newest first.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, AuthError> {
        // No more than this many live at once.
        let most = self.0.config.settings.sessions.most.max(100);
        Ok(self.store().sessions(user, self.now(), None, most).await?.items)
    }

    /// Names a session, or takes its name away.
    pub async fn name_session(
        &self,
        user: UserId,
        session: SessionId,
        name: Option<String>,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let trail = self.record(origin).audit(on_user("auth.session_named", user)).trail();
        let change = Change::NameSession { user, session, name, at: self.now() };
        self.store().apply(&[change], &trail).await.map_err(not_found)
    }

    /// Ends a session.
    pub async fn end_session(
        &self,
        user: UserId,
        session: SessionId,
        reason: EndReason,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let trail = self
            .record(origin)
            .by(user)
            .event(user, SessionEnded { id: user, session: Some(session), reason })?
            .audit(on_user("auth.session_ended", user).extra("session", session.to_string()))
            .trail();
        let change = Change::EndSession { user, session, reason, at: self.now() };
        self.store().apply(&[change], &trail).await.map_err(not_found)?;
        self.catch_up().await
    }

    /// Ends all sessions of a user but one.
    pub async fn end_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let reason = EndReason::Revoked;
        let trail = self
            .record(origin)
            .by(user)
            .event(user, SessionEnded { id: user, session: None, reason })?
            .audit(on_user("auth.sessions_ended", user))
            .trail();
        let change = Change::EndSessions { user, keep, reason, at: self.now() };
        self.store().apply(&[change], &trail).await?;
        self.catch_up().await
    }

    /// Ends the session of a token, access or refresh, if it is one that holds or did (RFC 7009). Nothing is said of
    /// one that does not.
    pub async fn revoke(&self, token: &str, origin: &Origin) -> Result<(), AuthError> {
        let mut origin = origin.clone();
        let session = match RefreshToken::parse(token) {
            Ok(token) => self.session_of(&token).await?.map(|session| (session.user, session.id)),
            Err(_) => match self.validate(token).await {
                Ok(claims) => {
                    let principal = claims.into_principal();
                    origin = origin.with_principal(&principal);
                    Caller::of(&principal).ok().and_then(|caller| Some((caller.user, caller.session?)))
                }
                Err(_) => None,
            },
        };
        let Some((user, session)) = session else { return Ok(()) };
        match self.end_session(user, session, EndReason::SignedOut, &origin).await {
            // Somebody else has ended it.
            Err(AuthError::SessionNotFound) => Ok(()),
            outcome => outcome,
        }
    }
}

fn not_found(refused: Refused) -> AuthError {
    match refused {
        Refused::Stale => AuthError::SessionNotFound,
        refused => refused.into(),
    }
}
