//! Authenticator apps and recovery codes: enrolled, removed, renewed.

use gravity_core::audit::Origin;
use gravity_core::security::envelope::ColumnContext;
use gravity_core::{Error, SecretString};

use super::authority::Authority;
use super::caller::Caller;
use super::ceremony::Aim;
use super::outbox::FactorNews;
use super::record::on_user;
use super::second_factor::{Proof, Proven};
use super::users::USERS_WRITE;
use crate::domain::{EndReason, FactorKind, Method, TotpFactor, UserId};
use crate::events::{PasskeyRemoved, RecoveryCodesRenewed, SessionEnded, TotpDisabled, TotpEnabled};
use crate::store::{Change, PasskeyChange, Refused};
use crate::totp::recovery::{self, RecoveryCode};
use crate::totp::{KeyUri, Totp, TotpSecret};
use crate::{Auth, AuthError};

/// What an authenticator app is given: shown once, to its owner.
#[derive(Debug, Clone)]
pub struct TotpEnrolment {
    /// The secret in base 32, to be typed.
    pub secret: SecretString,
    /// The same as an address.
    pub uri: KeyUri,
}

/// The second factors of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondFactors {
    /// Whether codes of an authenticator app are asked for.
    pub totp: bool,
    /// How many recovery codes are left.
    pub recovery_codes: u32,
    /// How many passkeys there are.
    pub passkeys: u32,
}

impl Auth {
    /// The second factors of the user who calls.
    pub async fn second_factors(&self, caller: &Caller) -> Result<SecondFactors, AuthError> {
        caller.in_person()?;
        let totp = self.store().totp(caller.user).await?.is_some_and(|totp| totp.confirmed_at.is_some());
        let recovery_codes = self.store().recovery_codes(caller.user).await?;
        let passkeys = self.store().passkeys(caller.user).await?.len();
        Ok(SecondFactors { totp, recovery_codes, passkeys: u32::try_from(passkeys).unwrap_or(u32::MAX) })
    }

    /// Begins to enrol an authenticator app: it is asked for once a code of it was [shown](Self::confirm_totp). Whoever
    /// begins again gets another secret, and the one before is void.
    ///
    /// The address of the account has to be verified: nobody locks an address that may be somebody else's.
    pub async fn begin_totp(&self, caller: &Caller, origin: &Origin) -> Result<TotpEnrolment, AuthError> {
        let (user, _) = self.fresh(caller).await?;
        if user.email_verified_at.is_none() {
            return Err(AuthError::EmailNotVerified);
        }
        let totp = Totp::default();
        let secret = TotpSecret::generate(totp.algorithm()).map_err(Error::internal)?;
        let sealed = self.0.vault.seal(&place(user.id), secret.expose()).await?;
        let factor =
            TotpFactor { user: user.id, sealed, confirmed_at: None, last_step: None, created_at: self.now() };
        let trail = self.record(origin).by(user.id).audit(on_user("auth.totp_offered", user.id)).trail();
        self.store().apply(&[Change::OfferTotp(factor)], &trail).await.map_err(there)?;
        let uri = KeyUri::new(&totp, &secret, &self.0.config.settings.mail.application, user.email.as_str());
        Ok(TotpEnrolment { secret: secret.to_base32(), uri })
    }

    /// Shows that an authenticator app knows the secret. From now on it is asked for; the codes for when it is lost are
    /// given once.
    pub async fn confirm_totp(
        &self,
        caller: &Caller,
        code: &SecretString,
        origin: &Origin,
    ) -> Result<Vec<SecretString>, AuthError> {
        let (user, session) = self.fresh(caller).await?;
        let account = format!("enrol\0{}", user.id);
        self.attempt(&account, origin).await?;
        let Some(offered) = self.store().totp(user.id).await? else {
            return Err(AuthError::NoSecondFactor);
        };
        if offered.confirmed_at.is_some() {
            return Err(AuthError::SecondFactorExists);
        }
        let (secret, now) = (self.totp_secret(user.id, &offered.sealed).await?, self.now());
        let Ok(step) = Totp::default().verify(&secret, code.expose(), now, None) else {
            return Err(self.not_proven(user.id, origin).await?);
        };
        let (codes, renew) = self.new_codes(user.id);
        let confirm = Change::ConfirmTotp { user: user.id, sealed: offered.sealed, step, at: now };
        let methods = with(&session.methods, &[Method::Otp, Method::Mfa]);
        let prove = Change::ProveSession { user: user.id, session: session.id, methods, at: now };
        let trail = self
            .record(origin)
            .by(user.id)
            .event(user.id, TotpEnabled { id: user.id })?
            .audit(on_user("auth.totp_enabled", user.id))
            .job(self.factor_letter(&user, FactorNews::TotpEnabled).await?)?
            .trail();
        self.store().apply(&[confirm, renew, prove], &trail).await.map_err(there)?;
        self.succeeded(&account, origin).await;
        Ok(shown(&codes))
    }

    /// Removes the authenticator app, by the password and a second factor. Remembered devices go with it and, where the
    /// user has no passkey, recovery codes.
    pub async fn remove_totp(
        &self,
        caller: &Caller,
        password: &SecretString,
        proof: &Proof,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        caller.in_person()?;
        let user = self.me(caller).await?;
        self.check_current(&user, password, origin).await?;
        if !self.open_factors(user.id).await?.contains(&FactorKind::Totp) {
            return Err(AuthError::NoSecondFactor);
        }
        let Proven { mut changes, .. } =
            self.prove(&user, proof, Aim::StepUp(caller.session), origin).await?;
        changes.push(Change::RemoveTotp { user: user.id });
        let record = self.proof_told(self.record(origin).by(user.id), &user, proof).await?;
        let trail = record
            .event(user.id, TotpDisabled { id: user.id })?
            .audit(on_user("auth.totp_disabled", user.id))
            .job(self.factor_letter(&user, FactorNews::TotpDisabled).await?)?
            .trail();
        match self.store().apply(&changes, &trail).await {
            Err(Refused::Stale) => return Err(self.not_proven(user.id, origin).await?),
            outcome => outcome?,
        }
        self.proven(user.id, origin).await;
        Ok(())
    }

    /// Takes the second factors of somebody away who has lost them all, after whoever does it has made sure who asks. They
    /// are signed out everywhere, and get mail.
    pub async fn reset_second_factors(
        &self,
        by: &Authority,
        id: UserId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        by.caller.in_person()?;
        // Their own they remove by showing them.
        by.demand_on_others(id, USERS_WRITE)?;
        let user = self.there(id).await?;
        let mut changes = self.over(by, &user).await?;
        let app = self.store().totp(id).await?.filter(|app| app.confirmed_at.is_some());
        let passkeys = self.store().passkeys(id).await?;
        if app.is_none() && passkeys.is_empty() {
            return Err(AuthError::NoSecondFactor);
        }
        let (reason, at) = (EndReason::Revoked, self.now());
        let mut record = self.record(origin);
        if app.is_some() {
            changes.push(Change::RemoveTotp { user: id });
            record = record.event(id, TotpDisabled { id })?;
            record = record.job(self.factor_letter(&user, FactorNews::TotpDisabled).await?)?;
        }
        for passkey in &passkeys {
            record = record.event(id, PasskeyRemoved { id, passkey: passkey.id })?;
        }
        if !passkeys.is_empty() {
            changes.push(Change::Passkey(PasskeyChange::RemoveAll { user: id }));
            record = record.job(self.factor_letter(&user, FactorNews::PasskeyRemoved).await?)?;
        }
        changes.push(Change::EndSessions { user: id, keep: None, reason, at });
        let trail = record
            .event(id, SessionEnded { id, session: None, reason })?
            .audit(on_user("auth.second_factors_reset", id))
            .trail();
        self.store().apply(&changes, &trail).await?;
        self.catch_up().await
    }

    /// New recovery codes in place of those before.
    pub async fn renew_recovery_codes(
        &self,
        caller: &Caller,
        origin: &Origin,
    ) -> Result<Vec<SecretString>, AuthError> {
        let (user, _) = self.fresh(caller).await?;
        if self.open_factors(user.id).await?.is_empty() {
            return Err(AuthError::NoSecondFactor);
        }
        let (codes, renew) = self.new_codes(user.id);
        let trail = self
            .record(origin)
            .by(user.id)
            .event(user.id, RecoveryCodesRenewed { id: user.id })?
            .audit(on_user("auth.recovery_codes_renewed", user.id))
            .job(self.factor_letter(&user, FactorNews::RecoveryCodesRenewed).await?)?
            .trail();
        self.store().apply(&[renew], &trail).await?;
        Ok(shown(&codes))
    }

    pub(super) fn new_codes(&self, user: UserId) -> (Vec<RecoveryCode>, Change) {
        let codes = recovery::generate(&self.0.macs, user);
        let macs = codes.iter().map(|code| code.kept().clone()).collect();
        (codes, Change::SetRecoveryCodes { user, macs })
    }
}

pub(super) fn shown(codes: &[RecoveryCode]) -> Vec<SecretString> {
    codes.iter().map(RecoveryCode::shown).collect()
}

/// Methods and others, each once.
pub(super) fn with(methods: &[Method], more: &[Method]) -> Vec<Method> {
    let mut all = methods.to_vec();
    all.extend(more.iter().filter(|method| !methods.contains(method)));
    all
}

/// Where a secret is kept: it opens nowhere else.
pub(super) fn place(user: UserId) -> ColumnContext {
    ColumnContext::new("auth_totp", "sealed", user.to_string())
}

fn there(refused: Refused) -> AuthError {
    match refused {
        Refused::Stale => AuthError::SecondFactorExists,
        refused => refused.into(),
    }
}
