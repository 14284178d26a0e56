//! The gate behind every first factor: who has a second one shows it before a session begins.

use std::time::Duration;

use gravity_core::audit::{AuditEntry, Origin, Outcome};
use gravity_core::security::token::TokenKind;
use gravity_core::{Error, Id, SecretString};
use serde_json::json;

use super::ceremony::{Aim, PasskeyAnswer};
use super::record::{Record, on_user};
use super::tokens::{SignedIn, is_active};
use super::totp::with;
use crate::domain::{Challenge, ChallengeKind, FactorKind, Method, User, UserId};
use crate::events::RecoveryCodeUsed;
use crate::service::Letter;
use crate::service::outbox::FactorNews;
use crate::store::Change;
use crate::totp::{Totp, TotpSecret, recovery};
use crate::{Auth, AuthError};

/// The tokens of sign-ins that wait for a second factor.
const PENDING: TokenKind = TokenKind::new("gvp");
/// How long they wait.
const WAITS: Duration = Duration::from_mins(5);

/// A sign-in that waits for the second factor. There is no session yet.
#[derive(Debug, Clone)]
pub struct PendingSignIn {
    /// What goes on with it, once.
    pub token: SecretString,
    /// What can be shown.
    pub methods: Vec<FactorKind>,
    /// How long it waits.
    pub expires_in: Duration,
}

/// What somebody shows as a second factor.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The code of an authenticator app.
    Code(SecretString),
    /// A recovery code.
    RecoveryCode(SecretString),
    /// A passkey, that was [asked for](Auth::begin_passkey_second_factor).
    Passkey(Box<PasskeyAnswer>),
}

/// What uses up a second factor that looks right, and by what its owner has shown who they are.
pub(crate) struct Proven {
    pub(crate) changes: Vec<Change>,
    pub(crate) methods: Vec<Method>,
}

impl Proof {
    const fn kind(&self) -> FactorKind {
        match self {
            Self::Code(_) => FactorKind::Totp,
            Self::RecoveryCode(_) => FactorKind::RecoveryCode,
            Self::Passkey(_) => FactorKind::Passkey,
        }
    }
}

impl Auth {
    /// What a user can show as a second factor; nothing if none is asked of them.
    pub async fn open_factors(&self, user: UserId) -> Result<Vec<FactorKind>, AuthError> {
        let mut open = Vec::new();
        if self.store().totp(user).await?.is_some_and(|totp| totp.confirmed_at.is_some()) {
            open.push(FactorKind::Totp);
        }
        // Passkeys are for a site: without one they are asked of nobody.
        if self.0.site.is_some() && !self.store().passkeys(user).await?.is_empty() {
            open.push(FactorKind::Passkey);
        }
        if !open.is_empty() && self.store().recovery_codes(user).await? > 0 {
            open.push(FactorKind::RecoveryCode);
        }
        Ok(open)
    }

    /// Keeps a sign-in until the second factor is shown, with the changes that the first has brought about.
    pub(crate) async fn wait(
        &self,
        user: &User,
        methods: &[Method],
        password: Option<SecretString>,
        mut changes: Vec<Change>,
        open: Vec<FactorKind>,
        origin: &Origin,
    ) -> Result<PendingSignIn, AuthError> {
        let (token, kind, now) = (PENDING.generate(), ChallengeKind::SecondFactor, self.now());
        let challenge = Challenge {
            id: Id::new(self.clock()),
            kind,
            user: user.id,
            mac: self.0.macs.sign(kind.as_str(), &token),
            data: json!({ "methods": methods, "open": open }),
            created_at: now,
            expires_at: now.saturating_add(WAITS),
        };
        changes.push(Change::OpenChallenge { challenge, password });
        let trail =
            self.record(origin).by(user.id).audit(on_user("auth.second_factor_asked", user.id)).trail();
        self.store().apply(&changes, &trail).await.map_err(stale)?;
        let token = SecretString::new(token.expose().to_owned());
        Ok(PendingSignIn { token, methods: open, expires_in: WAITS })
    }

    /// Goes on with a sign-in that waits for a second factor. A wrong one leaves it waiting; a right one uses it up.
    ///
    /// With `remember` the device gets a token that passes the second factor over for 30 days; see
    /// [`sign_in_on`](Self::sign_in_on).
    pub async fn sign_in_by_second_factor(
        &self,
        token: &str,
        proof: &Proof,
        remember: bool,
        origin: &Origin,
    ) -> Result<(SignedIn, Option<SecretString>), AuthError> {
        let (challenge, user) = self.waiting(token).await?;
        let unreadable = |_| Error::internal("a challenge cannot be read");
        let data = &challenge.data;
        let mut methods: Vec<Method> = serde_json::from_value(data["methods"].clone()).map_err(unreadable)?;
        let open: Vec<FactorKind> = serde_json::from_value(data["open"].clone()).map_err(unreadable)?;
        if !open.contains(&proof.kind()) {
            return Err(AuthError::InvalidSecondFactor);
        }
        let shown = self.prove(&user, proof, Aim::SecondFactor(challenge.id), origin).await?;
        methods = with(&methods, &shown.methods);
        let kind = ChallengeKind::SecondFactor;
        let mut changes = vec![Change::CloseChallenge { challenge: challenge.id, kind, at: self.now() }];
        changes.extend(shown.changes);
        let device = if remember {
            let (device, token) = self.new_device(user.id, origin);
            changes.push(device);
            Some(token)
        } else {
            None
        };
        let record = self.proof_told(self.record(origin).by(user.id), &user, proof).await?;
        let id = user.id;
        let record = match device {
            Some(_) => record.audit(on_user("auth.device_remembered", id)),
            None => record,
        };
        let signed_in = match self.start(user, methods, None, changes, record, origin).await {
            // Of several with one code, or one token, another was faster.
            Err(AuthError::InvalidCredentials) => return Err(self.not_proven(id, origin).await?),
            outcome => outcome?,
        };
        self.succeeded(&attempts(id), origin).await;
        Ok((signed_in, device))
    }

    /// The sign-in of a token that waits for a second factor, and whose it is.
    pub(crate) async fn waiting(&self, token: &str) -> Result<(Challenge, User), AuthError> {
        let (refused, kind) = (|| AuthError::InvalidTicket, ChallengeKind::SecondFactor);
        let token = PENDING.parse(token).map_err(|_| refused())?;
        let macs = self.0.macs.lookup_values(kind.as_str(), &token);
        let challenge = self.store().challenge(kind, &macs, self.now()).await?.ok_or_else(refused)?;
        let user = self.store().user(challenge.user).await?.filter(is_active).ok_or_else(refused)?;
        Ok((challenge, user))
    }

    /// What uses up a second factor, if it looks right; whether it is, the store decides when it makes the changes.
    /// Attempts are counted as those of passwords are, and [taken back](Self::proven) by success only. `aim` is what a
    /// passkey was asked for.
    pub(crate) async fn prove(
        &self,
        user: &User,
        proof: &Proof,
        aim: Aim,
        origin: &Origin,
    ) -> Result<Proven, AuthError> {
        let account = attempts(user.id);
        self.attempt(&account, origin).await?;
        self.attempt_from_anywhere(&account, Some(user.id), origin).await?;
        let change = match proof {
            Proof::Code(code) => self.code_change(user.id, code).await?,
            Proof::RecoveryCode(code) => recovery::lookup(&self.0.macs, user.id, code.expose())
                .map(|macs| Change::UseRecoveryCode { user: user.id, macs }),
            Proof::Passkey(answer) => {
                let shown = self.shown(aim, answer, Some(user.id), "auth.second_factor", origin).await?;
                let shown = shown.ok_or(AuthError::InvalidSecondFactor)?;
                return Ok(Proven { methods: shown.methods(), changes: shown.changes.into() });
            }
        };
        match change {
            Some(change) => Ok(Proven { changes: vec![change], methods: vec![Method::Otp, Method::Mfa] }),
            None => Err(self.not_proven(user.id, origin).await?),
        }
    }

    /// Takes back what a right proof has counted as an attempt.
    pub(crate) async fn proven(&self, user: UserId, origin: &Origin) {
        self.succeeded(&attempts(user), origin).await;
    }

    /// Writes down that a second factor was wrong.
    pub(crate) async fn not_proven(&self, user: UserId, origin: &Origin) -> Result<AuthError, AuthError> {
        let entry = AuditEntry::new("auth.second_factor").on("user", user).outcome(Outcome::Denied);
        self.store().record(&self.record(origin).audit(entry).trail()).await?;
        Ok(AuthError::InvalidSecondFactor)
    }

    /// What is told of a proof that was right: of a recovery code, everything.
    pub(crate) async fn proof_told<'a>(
        &'a self,
        record: Record<'a>,
        user: &User,
        proof: &Proof,
    ) -> Result<Record<'a>, AuthError> {
        let Proof::RecoveryCode(_) = proof else { return Ok(record) };
        let used = RecoveryCodeUsed { id: user.id };
        let record = record.event(user.id, used)?.audit(on_user("auth.recovery_code_used", user.id));
        record.job(self.factor_letter(user, FactorNews::RecoveryCodeUsed).await?)
    }

    /// Mail to the owner of a factor.
    pub(crate) async fn factor_letter(
        &self,
        user: &User,
        news: FactorNews,
    ) -> Result<gravity_core::jobs::JobDraft<super::outbox::MailJob>, AuthError> {
        self.letter(self.clock().uuid().to_string(), &user.email, Letter::SecondFactor(news)).await
    }

    async fn code_change(&self, user: UserId, code: &SecretString) -> Result<Option<Change>, AuthError> {
        let Some(factor) = self.store().totp(user).await?.filter(|totp| totp.confirmed_at.is_some()) else {
            return Ok(None);
        };
        let secret = self.totp_secret(user, &factor.sealed).await?;
        let step = Totp::default().verify(&secret, code.expose(), self.now(), factor.last_step);
        Ok(step.ok().map(|step| Change::UseTotp { user, step }))
    }

    pub(crate) async fn totp_secret(&self, user: UserId, sealed: &[u8]) -> Result<TotpSecret, AuthError> {
        let opened = self.0.vault.open(&super::totp::place(user), sealed).await?;
        Ok(TotpSecret::from_bytes(opened.expose()).map_err(Error::internal)?)
    }
}

/// What attempts are counted by.
fn attempts(user: UserId) -> String {
    format!("second factor\0{user}")
}

/// Somebody else was faster: the password has changed, the link was used.
fn stale(refused: crate::store::Refused) -> AuthError {
    match refused {
        crate::store::Refused::Stale => AuthError::InvalidCredentials,
        refused => refused.into(),
    }
}
