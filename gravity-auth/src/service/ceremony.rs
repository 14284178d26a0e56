//! Ceremonies of passkeys: the question is sealed for the browser to keep, and burnt with its first answer.

use std::time::Duration;

use gravity_core::audit::{AuditEntry, Origin, Outcome};
use gravity_core::security::envelope::{ColumnContext, EnvelopeError};
use gravity_core::{Error, Id, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::outbox::FactorNews;
use super::record::{Record, on_user};
use crate::domain::{CeremonyId, ChallengeId, Method, SessionId, UserId, UserPasskey};
use crate::events::PasskeySuspected;
use crate::jwt::base64url;
use crate::passkey::{
    AuthenticationResponse, Ceremony, CredentialId, CredentialKey, Passkey, PasskeyError, RelyingParty,
    UserVerification,
};
use crate::service::Letter;
use crate::store::{Change, PasskeyChange, Refused};
use crate::{Auth, AuthError};

/// How long after its end it is known that a ceremony was answered: longer than clocks of nodes differ.
const KNOWN: Duration = Duration::from_hours(1);
/// The longest token that is looked at.
const LONGEST: usize = 2_048;

/// What a browser is asked, and what it sends back with the answer.
#[derive(Debug, Clone)]
pub struct PasskeyOptions {
    /// What is sent back with the answer. It is good for one, for five minutes.
    pub token: SecretString,
    /// What `PublicKeyCredential.parseCreationOptionsFromJSON()` or `parseRequestOptionsFromJSON()` takes.
    pub options: Value,
}

/// A passkey that was used.
#[derive(Debug, Clone)]
pub struct PasskeyAnswer {
    /// The token of the question.
    pub token: SecretString,
    /// The answer.
    pub credential: AuthenticationResponse,
}

/// What a ceremony is for, and whose it is: its token opens for nothing and nobody else.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    Registration(SessionId),
    SignIn,
    SecondFactor(ChallengeId),
    StepUp(Option<SessionId>),
}

impl Aim {
    fn place(self) -> ColumnContext {
        let (purpose, row) = match self {
            Self::Registration(session) => ("registration", session.to_string()),
            Self::SignIn => ("sign_in", String::new()),
            Self::SecondFactor(challenge) => ("second_factor", challenge.to_string()),
            Self::StepUp(session) => ("step_up", session.map(|id| id.to_string()).unwrap_or_default()),
        };
        ColumnContext::new("auth_passkeys", purpose, row)
    }

    /// Whether the authenticator has to verify its user: beside a password it is enough that somebody has it.
    pub(crate) const fn verification(self) -> UserVerification {
        match self {
            Self::SecondFactor(_) => UserVerification::Preferred,
            Self::Registration(_) | Self::SignIn | Self::StepUp(_) => UserVerification::Required,
        }
    }
}

/// A passkey that was used rightly, as far as can be seen; the changes say whether nobody was faster.
pub(crate) struct Shown {
    pub(crate) passkey: UserPasskey,
    pub(crate) changes: [Change; 2],
}

impl Shown {
    /// By what its owner has shown who they are. The passkey, and what it was unlocked by or the password beside it, are
    /// two factors.
    pub(crate) fn methods(&self) -> Vec<Method> {
        [&self.passkey.methods()[..], &[Method::Mfa]].concat()
    }
}

/// What a token holds.
#[derive(Serialize, Deserialize)]
struct Sealed {
    id: CeremonyId,
    ceremony: Ceremony,
}

impl Auth {
    /// The site that passkeys are for, if the application has named one.
    pub(crate) fn site(&self) -> Result<&RelyingParty, AuthError> {
        self.0.site.as_ref().ok_or(AuthError::PasskeysOff)
    }

    pub(crate) async fn sealed(
        &self,
        aim: Aim,
        (options, ceremony): (Value, Ceremony),
    ) -> Result<PasskeyOptions, AuthError> {
        let sealed = Sealed { id: Id::new(self.clock()), ceremony };
        let bytes = serde_json::to_vec(&sealed).map_err(Error::internal)?;
        let token = base64url::encode(self.0.vault.seal(&aim.place(), &bytes).await?);
        Ok(PasskeyOptions { token: SecretString::new(token), options })
    }

    /// The ceremony of a token, and what ends it.
    pub(crate) async fn opened(
        &self,
        aim: Aim,
        token: &SecretString,
    ) -> Result<Option<(Ceremony, Change)>, AuthError> {
        let token = token.expose();
        let bytes = if token.len() > LONGEST { None } else { base64url::decode(token) };
        let opened = match self.0.vault.open(&aim.place(), &bytes.unwrap_or_default()).await {
            Ok(opened) => opened,
            Err(EnvelopeError::Refused) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let unreadable = |_| Error::internal("a ceremony cannot be read");
        let Sealed { id, ceremony } = serde_json::from_slice(opened.expose()).map_err(unreadable)?;
        let until = ceremony.expires_at().saturating_add(KNOWN);
        Ok(Some((ceremony, Change::Spend { mark: id.to_string(), until })))
    }

    /// Ends a ceremony whose answer was wrong, and says so. One that was answered before stays what it was.
    pub(crate) async fn spoil(&self, burn: Option<Change>, record: Record<'_>) -> Result<(), AuthError> {
        let trail = record.trail();
        if let Some(burn) = burn {
            match self.store().apply(&[burn], &trail).await {
                Err(Refused::Stale) => {}
                outcome => return Ok(outcome?),
            }
        }
        Ok(self.store().record(&trail).await?)
    }

    /// Looks at a passkey that was used: of this user or, where there is none yet, of whoever has it. Of a wrong answer
    /// `action` is written down as denied, and nothing is said.
    ///
    /// A credential that nobody has takes the same work as one that somebody has.
    pub(crate) async fn shown(
        &self,
        aim: Aim,
        answer: &PasskeyAnswer,
        of: Option<UserId>,
        action: &str,
        origin: &Origin,
    ) -> Result<Option<Shown>, AuthError> {
        let site = self.site()?;
        let opened = self.opened(aim, &answer.token).await?;
        let (ceremony, burn) = opened.map_or((None, None), |(ceremony, burn)| (Some(ceremony), Some(burn)));
        let found = match answer.credential.credential_id() {
            Ok(id) => self.store().passkey(&id).await?.filter(|kept| of.is_none_or(|user| user == kept.user)),
            Err(_) => None,
        };
        let (passkey, owner) = match &found {
            Some(kept) => (kept.passkey.clone(), kept.user),
            None => decoy(&answer.credential, of)?,
        };
        let outcome = ceremony.map_or(Err(PasskeyError::Ceremony), |ceremony| {
            site.finish_authentication(&ceremony, &answer.credential, &passkey, owner, aim.verification())
        });
        match (outcome, found, burn) {
            (Ok(used), Some(passkey), Some(burn)) => {
                let used = PasskeyChange::Use {
                    user: passkey.user,
                    passkey: passkey.id,
                    from: passkey.passkey.counter,
                    to: used.counter,
                    backed_up: used.backed_up,
                    at: self.now(),
                };
                Ok(Some(Shown { passkey, changes: [burn, Change::Passkey(used)] }))
            }
            (outcome, found, burn) => {
                let entry = AuditEntry::new(action).outcome(Outcome::Denied);
                let entry = match of.or(found.as_ref().map(|passkey| passkey.user)) {
                    Some(user) => entry.on("user", user),
                    None => entry,
                };
                let reason = outcome.err().unwrap_or(PasskeyError::Credential);
                let record = self.record(origin).audit(entry.extra("passkey", reason.to_string()));
                let record = match found {
                    Some(passkey) if reason == PasskeyError::Counter => {
                        self.suspected(record, &passkey).await?
                    }
                    _ => record,
                };
                self.spoil(burn, record).await?;
                Ok(None)
            }
        }
    }

    /// What is told of a passkey that may have been copied.
    async fn suspected<'a>(
        &'a self,
        record: Record<'a>,
        passkey: &UserPasskey,
    ) -> Result<Record<'a>, AuthError> {
        let id = passkey.user;
        let entry = on_user("auth.passkey_suspected", id).outcome(Outcome::Denied);
        let entry = entry.extra("passkey", passkey.id.to_string());
        let record = record.event(id, PasskeySuspected { id, passkey: passkey.id })?.audit(entry);
        let Some(user) = self.store().user(id).await? else { return Ok(record) };
        let letter = Letter::SecondFactor(FactorNews::PasskeySuspected);
        record.job(self.letter(self.clock().uuid().to_string(), &user.email, letter).await?)
    }
}

/// A passkey that nobody has, to look at in place of one that is not there.
fn decoy(response: &AuthenticationResponse, of: Option<UserId>) -> Result<(Passkey, UserId), AuthError> {
    let handle = response.response.user_handle.as_deref().and_then(base64url::decode);
    let said = handle.and_then(|bytes| uuid::Uuid::from_slice(&bytes).ok()).unwrap_or_default();
    let made_up = |_| Error::internal("a passkey that was made up is none");
    let passkey = Passkey {
        id: response.credential_id().or_else(|_| CredentialId::from_bytes(&[0])).map_err(made_up)?,
        key: CredentialKey::from_bytes(DECOY).map_err(made_up)?,
        counter: 0,
        backup_eligible: false,
        backed_up: false,
        aaguid: uuid::Uuid::nil(),
        user_verified: false,
        transports: Vec::new(),
    };
    Ok((passkey, of.unwrap_or_else(|| UserId::from_uuid(said))))
}

/// The base point of P-256 as a key. Anybody can sign by it: what it holds of is refused like all else.
const DECOY: &[u8] = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20\
\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\
\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
\x22\x58\x20\
\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\
\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
