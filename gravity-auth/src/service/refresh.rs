//! Getting new tokens for old.

use gravity_core::audit::{Origin, Outcome};

use super::record::on_user;
use super::sign_in::client_of;
use super::tokens::{SignedIn, is_active};
use crate::domain::EndReason;
use crate::dpop::DpopProof;
use crate::events::SessionEnded;
use crate::hooks::Hooks as _;
use crate::jwt::RefreshToken;
use crate::store::{Rotate, Rotation, Trail};
use crate::{Auth, AuthError};

impl Auth {
    /// New tokens for a refresh token, which is used up by that.
    ///
    /// Of several callers with the same token, all within the grace get the same successor: two tabs stay signed in.
    /// A token that was used before that ends its session, for somebody else may have it.
    pub async fn refresh(&self, token: &str, origin: &Origin) -> Result<SignedIn, AuthError> {
        self.refresh_with(token, None, origin).await
    }

    /// The same with a proof of possession. A session that is bound to a key is refreshed with a proof of that key only;
    /// one that is not is [bound](Self::bind) to the key of the proof.
    pub async fn refresh_with(
        &self,
        token: &str,
        proof: Option<&DpopProof>,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        let invalid = || AuthError::InvalidRefreshToken;
        let token = RefreshToken::parse(token).map_err(|_| invalid())?;
        let session = self.session_of(&token).await?.ok_or_else(invalid)?;
        let user = self.store().user(session.user).await?.filter(is_active).ok_or_else(invalid)?;
        // Before anything is used up: who has the token without the key does nothing to the session.
        let unbound = self.check_proof(&session, proof).await?;
        if session.is_live(self.now()) {
            self.hooks().before_refresh(&user, &session).await?;
        }
        let now = self.now();
        let rotate = Rotate {
            session: session.id,
            generation: token.generation(),
            grace: self.0.config.grace(),
            now,
            idle_until: now.saturating_add(self.0.config.idle()),
            client: client_of(origin),
        };
        let reason = EndReason::TokenReused;
        let reused = self
            .record(origin)
            .event(user.id, SessionEnded { id: user.id, session: Some(session.id), reason })?
            .audit(
                on_user("auth.token_reused", user.id)
                    .extra("session", session.id.to_string())
                    .outcome(Outcome::Denied),
            )
            .trail();
        match self.store().rotate(&rotate, &Trail::NONE, &reused).await? {
            Rotation::Done(session) | Rotation::Again(session) => {
                self.hooks().after_refresh(&user, &session).await;
                let signed_in = self.tokens(user, session).await?;
                match unbound {
                    Some(proof) => self.bind_to(signed_in, proof, origin).await,
                    None => Ok(signed_in),
                }
            }
            Rotation::Reused(session) => {
                tracing::warn!(session = %session.id, "a refresh token was used twice, and its session has ended");
                self.catch_up().await?;
                Err(invalid())
            }
            Rotation::Dead => Err(invalid()),
        }
    }
}
