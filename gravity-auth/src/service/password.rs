//! Passwords: changed by who knows the old one, reset by who has lost it.

use gravity_core::SecretString;
use gravity_core::audit::Origin;
use gravity_core::jobs::JobDraft;
use gravity_core::security::password::{PasswordError, Verdict};

use super::caller::Caller;
use super::outbox::{Asked, Letter, MailJob, What, link_token};
use super::record::{Record, on_user};
use super::verify::{used, verified};
use crate::domain::{EmailAddress, EndReason, PersonName, Purpose, User, UserId, UserName};
use crate::events::PasswordChanged;
use crate::hooks::Hooks as _;
use crate::store::{Change, KeyChange, Refused, Trail};
use crate::{Auth, AuthError};

/// A new password, and the one that it follows.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// The one that the user has.
    pub current: SecretString,
    /// The one that they want.
    pub new: SecretString,
}

impl Auth {
    /// Changes the password of the user who calls. All their other sessions end.
    pub async fn change_password(
        &self,
        caller: &Caller,
        password: NewPassword,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        caller.in_person()?;
        let user = self.me(caller).await?;
        self.fresh_if_factors(caller).await?;
        let hash = self.check_current(&user, &password.current, origin).await?;
        self.check_password(&password.new, &about(&user)).await?;
        self.hooks().before_new_password(&user).await?;
        let to = SecretString::new(self.0.hasher.hash(password.new).await?);
        let change = Change::SetPassword {
            user: user.id,
            from: Some(hash),
            to: Some(to),
            keep: caller.session,
            reason: EndReason::PasswordChanged,
            at: self.now(),
        };
        let told = self.told(&user, false, origin)?.job(self.password_mail(&user).await?)?;
        self.store().apply(&[change], &told.trail()).await?;
        self.hooks().after_new_password(&user).await;
        self.catch_up().await
    }

    /// Sends a link that sets a new password, if somebody has this address. The answer is the same in any case.
    pub async fn forgot_password(&self, email: EmailAddress, origin: &Origin) -> Result<(), AuthError> {
        self.request(email.key(), origin).await?;
        self.ask(Asked::new(self, email, link_token(), What::ResetPassword), origin).await
    }

    /// Sets a new password by the token of a link. All sessions end, and the address counts as verified. If it was not
    /// before, the account may have been made by somebody else: then its API keys go, too.
    pub async fn reset_password(
        &self,
        token: &str,
        new: SecretString,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let (ticket, user) = self.held(Purpose::ResetPassword, token).await?;
        self.check_password(&new, &about(&user)).await?;
        self.hooks().before_new_password(&user).await?;
        let now = self.now();
        let to = SecretString::new(self.0.hasher.hash(new).await?);
        let set = Change::SetPassword {
            user: user.id,
            from: None,
            to: Some(to),
            keep: None,
            reason: EndReason::PasswordChanged,
            at: now,
        };
        let mut changes = vec![self.redeem(&ticket), set, verified(&user, now)];
        if user.email_verified_at.is_none() {
            changes.push(Change::Key(KeyChange::RemoveAll { user: user.id }));
        }
        let told = self.told(&user, true, origin)?.job(self.password_mail(&user).await?)?;
        self.store().apply(&changes, &told.trail()).await.map_err(used)?;
        self.hooks().after_new_password(&user).await;
        self.catch_up().await
    }

    /// Whether a new password will do.
    pub(crate) async fn check_password(
        &self,
        password: &SecretString,
        about: &[&str],
    ) -> Result<(), AuthError> {
        Ok(self.0.config.rules.check(password, about).await?)
    }

    /// The hash that the user has, if this is the password of it.
    pub(crate) async fn check_current(
        &self,
        user: &User,
        password: &SecretString,
        origin: &Origin,
    ) -> Result<SecretString, AuthError> {
        let account = format!("current\0{}", user.id);
        self.attempt(&account, origin).await?;
        let hash = self.store().password(user.id).await?;
        let verdict = self.compare(password, hash.as_ref()).await?;
        let Some(hash) = hash.filter(|_| verdict.matches) else {
            self.deny(Some(user), origin).await?;
            return Err(AuthError::InvalidCredentials);
        };
        self.succeeded(&account, origin).await;
        self.renewed(user.id, hash, password, verdict).await
    }

    /// Whether this is the password of a kept hash, one of ours or one that was imported. It takes as long where there
    /// is none, and where the one that is kept cannot be read: that is written to the log, and nobody is told.
    pub(crate) async fn compare(
        &self,
        password: &SecretString,
        hash: Option<&SecretString>,
    ) -> Result<Verdict, AuthError> {
        let hasher = &self.0.hasher;
        if let Some(hash) = hash {
            match crate::password::verify(hasher, password.clone(), hash.expose()).await {
                Err(error @ (PasswordError::Malformed | PasswordError::Excessive)) => {
                    tracing::error!(%error, "somebody cannot sign in by their password");
                }
                outcome => return Ok(outcome?),
            }
        }
        Ok(hasher.verify_none(password.clone()).await?)
    }

    /// The hash that a user has whose password is the right one: another, where it was not made as new ones are.
    pub(crate) async fn renewed(
        &self,
        user: UserId,
        hash: SecretString,
        password: &SecretString,
        verdict: Verdict,
    ) -> Result<SecretString, AuthError> {
        if !verdict.needs_rehash {
            return Ok(hash);
        }
        let newer = SecretString::new(self.0.hasher.hash(password.clone()).await?);
        let rehash = Change::Rehash { user, from: hash.clone(), to: newer.clone() };
        match self.store().apply(&[rehash], &Trail::NONE).await {
            Ok(()) => Ok(newer),
            // Somebody has changed or rehashed it meanwhile; whether it still holds is seen by what comes next.
            Err(Refused::Stale) => Ok(hash),
            Err(error) => Err(error.into()),
        }
    }

    fn told(&self, user: &User, reset: bool, origin: &Origin) -> Result<Record<'_>, AuthError> {
        let action = if reset { "auth.password_reset" } else { "auth.password_changed" };
        let record = self.record(origin).by(user.id);
        let record = record.event(user.id, PasswordChanged { id: user.id, reset })?;
        Ok(record.audit(on_user(action, user.id)))
    }

    async fn password_mail(&self, user: &User) -> Result<JobDraft<MailJob>, AuthError> {
        self.letter(self.clock().uuid().to_string(), &user.email, Letter::PasswordChanged).await
    }
}

/// What everybody knows of a user, which makes no password.
pub(crate) fn about(user: &User) -> Vec<&str> {
    let names = [&user.first_name, &user.last_name].into_iter().flatten().map(PersonName::as_str);
    let user_name = user.user_name.iter().map(UserName::as_str);
    std::iter::once(user.email.as_str()).chain(user_name).chain(names).collect()
}
