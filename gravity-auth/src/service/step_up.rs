//! Showing once more who one is, before something dangerous.

use std::time::Duration;

use gravity_core::SecretString;
use gravity_core::audit::Origin;

use super::caller::Caller;
use super::record::on_user;
use super::second_factor::Proof;
use super::tokens::SignedIn;
use super::totp::with;
use crate::domain::{Method, Session, User};
use crate::events::SteppedUp;
use crate::store::{Change, Refused};
use crate::{Auth, AuthError};

/// How long a proof is fresh.
const FRESH: Duration = Duration::from_mins(10);

/// What somebody shows who is signed in already.
#[derive(Debug, Clone)]
pub enum StepUp {
    /// The password: enough where no second factor is asked for.
    Password(SecretString),
    /// A second factor.
    Factor(Proof),
}

impl Auth {
    /// Shows once more who one is. The session counts as fresh for ten minutes; the access token that comes of it says
    /// so in `auth_time` and `amr`.
    pub async fn step_up(
        &self,
        caller: &Caller,
        shown: &StepUp,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        let (user, session) = self.session_of_caller(caller).await?;
        let is_factor_asked = !self.open_factors(user.id).await?.is_empty();
        let record = self.record(origin).by(user.id);
        let (more, used, record) = match shown {
            // Who has a second factor shows that one: a session that was stolen together with the password is not
            // enough.
            StepUp::Password(_) if is_factor_asked => return Err(AuthError::StepUpRequired),
            StepUp::Password(password) => {
                self.check_current(&user, password, origin).await?;
                (vec![Method::Pwd], None, record)
            }
            StepUp::Factor(proof) => {
                let used = self.prove(&user, proof, origin).await?;
                (vec![Method::Otp, Method::Mfa], Some(used), self.proof_told(record, &user, proof).await?)
            }
        };
        let at = self.now();
        let methods = with(&session.methods, &more);
        let prove = Change::ProveSession { user: user.id, session: session.id, methods: methods.clone(), at };
        let is_factor = used.is_some();
        let changes: Vec<Change> = used.into_iter().chain([prove]).collect();
        let trail = record
            .event(user.id, SteppedUp { id: user.id, session: session.id })?
            .audit(on_user("auth.stepped_up", user.id).extra("session", session.id.to_string()))
            .trail();
        match self.store().apply(&changes, &trail).await {
            Err(Refused::Stale) if is_factor => return Err(self.not_proven(user.id, origin).await?),
            outcome => outcome?,
        }
        if is_factor {
            self.proven(user.id, origin).await;
        }
        let session = Session { methods, proved_at: at, ..session };
        self.tokens(user, session).await
    }

    /// The user who calls and their session, if they have shown who they are a moment ago, with a second factor where
    /// one is asked of them.
    pub(crate) async fn fresh(&self, caller: &Caller) -> Result<(User, Session), AuthError> {
        let (user, session) = self.session_of_caller(caller).await?;
        let is_fresh = self.now().saturating_since(session.proved_at) < FRESH;
        let is_enough =
            session.methods.contains(&Method::Mfa) || self.open_factors(user.id).await?.is_empty();
        if is_fresh && is_enough { Ok((user, session)) } else { Err(AuthError::StepUpRequired) }
    }

    /// The same where the password is shown anyway: that is enough for who has no second factor.
    pub(crate) async fn fresh_if_factors(&self, caller: &Caller) -> Result<(), AuthError> {
        if !self.open_factors(caller.user).await?.is_empty() {
            self.fresh(caller).await?;
        }
        Ok(())
    }

    async fn session_of_caller(&self, caller: &Caller) -> Result<(User, Session), AuthError> {
        caller.in_person()?;
        let user = self.me(caller).await?;
        let id = caller.session.ok_or(AuthError::StepUpRequired)?;
        let session = self.store().session(id).await?;
        let session = session.filter(|session| session.user == user.id && session.is_live(self.now()));
        Ok((user, session.ok_or(AuthError::StepUpRequired)?))
    }
}
