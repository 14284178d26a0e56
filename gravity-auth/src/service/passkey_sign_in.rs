//! Passkeys, used: alone, beside a password, and to show once more who one is.

use gravity_core::Error;
use gravity_core::audit::{Origin, Outcome};

use super::caller::Caller;
use super::ceremony::{Aim, PasskeyAnswer, PasskeyOptions};
use super::record::on_user;
use super::tokens::SignedIn;
use crate::domain::{FactorKind, User};
use crate::{Auth, AuthError};

impl Auth {
    /// Begins a sign-in by a passkey alone. The browser lets its user choose one: nobody says who they are.
    pub async fn begin_passkey_sign_in(&self) -> Result<PasskeyOptions, AuthError> {
        let asked = self.site()?.begin_authentication(None, Aim::SignIn.verification());
        self.sealed(Aim::SignIn, asked.map_err(Error::internal)?).await
    }

    /// Signs in by a passkey alone: it was unlocked by a PIN or a finger, so that it is two factors.
    ///
    /// A passkey that nobody has, one of somebody who may not sign in, and a wrong answer are all
    /// [`InvalidPasskey`](AuthError::InvalidPasskey), after the same work. Attempts are counted as those of passwords are, by
    /// network; there is no limit of one passkey for the whole world, for no passkey is guessed.
    pub async fn sign_in_by_passkey(
        &self,
        answer: &PasskeyAnswer,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        let refused = || AuthError::InvalidPasskey;
        let account = format!("passkey\0{}", answer.credential.id);
        self.attempt(&account, origin).await?;
        let shown = self.shown(Aim::SignIn, answer, None, "auth.sign_in", origin).await?;
        let shown = shown.ok_or_else(refused)?;
        let (id, methods, [burn, used]) = (shown.passkey.user, shown.methods(), shown.changes);
        let sign_up = self.0.config.settings.sign_up;
        let user = self.store().user(id).await?.filter(|user| user.is_let_in(sign_up));
        let denied = || {
            let entry = on_user("auth.sign_in", id).outcome(Outcome::Denied);
            self.record(origin).audit(entry)
        };
        let Some(user) = user else {
            self.spoil(Some(burn), denied()).await?;
            return Err(refused());
        };
        let entry = on_user("auth.passkey_used", id).extra("passkey", shown.passkey.id.to_string());
        let record = self.record(origin).by(id).audit(entry);
        match self.start(user, methods, None, vec![burn.clone(), used], record, origin).await {
            // Of several with one answer, or one passkey, another was faster; or its owner may not sign in by now.
            Err(AuthError::InvalidCredentials) => {
                self.spoil(None, denied()).await?;
                Err(refused())
            }
            // The application does not want it, which is written down already.
            Err(AuthError::Refused(reason)) => {
                self.spoil(Some(burn), self.record(origin)).await?;
                Err(AuthError::Refused(reason))
            }
            outcome => {
                if outcome.is_ok() {
                    self.succeeded(&account, origin).await;
                }
                outcome
            }
        }
    }

    /// Asks for a passkey as the second factor of a sign-in that waits for one.
    pub async fn begin_passkey_second_factor(&self, token: &str) -> Result<PasskeyOptions, AuthError> {
        let (challenge, user) = self.waiting(token).await?;
        self.asked_of(&user, Aim::SecondFactor(challenge.id)).await
    }

    /// Asks for a passkey of the user who calls, to show once more who they are.
    pub async fn begin_passkey_step_up(&self, caller: &Caller) -> Result<PasskeyOptions, AuthError> {
        let (user, session) = self.session_of_caller(caller).await?;
        self.asked_of(&user, Aim::StepUp(Some(session.id))).await
    }

    async fn asked_of(&self, user: &User, aim: Aim) -> Result<PasskeyOptions, AuthError> {
        let site = self.site()?;
        if !self.open_factors(user.id).await?.contains(&FactorKind::Passkey) {
            return Err(AuthError::NoSecondFactor);
        }
        let known = self.credentials_of(user).await?;
        let asked = site.begin_authentication(Some((user.id, &known)), aim.verification());
        self.sealed(aim, asked.map_err(Error::internal)?).await
    }
}
