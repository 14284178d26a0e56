//! A passkey is used (WebAuthn, section 7.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::authenticator_data::AuthenticatorData;
use super::{
    Ceremony, CeremonyKind, CredentialId, Passkey, PasskeyError, RelyingParty, UserVerification, client_data,
};
use crate::domain::UserId;
use crate::jwt::base64url;

const MALFORMED: PasskeyError = PasskeyError::Malformed("the assertion");

/// What `toJSON()` gives of a credential that was used.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationResponse {
    /// The name of the credential, in base64url: by it the store finds the passkey, and whose it is.
    #[schemars(length(min = 1, max = 1400))]
    pub id: String,
    /// What came of it: `public-key`.
    #[serde(rename = "type")]
    #[schemars(length(max = 32))]
    pub kind: String,
    /// What the authenticator says.
    pub response: AuthenticatorAssertion,
}

/// What an authenticator says and signs. All of it is base64url.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuthenticatorAssertion {
    /// What the browser says.
    #[serde(rename = "clientDataJSON")]
    #[schemars(length(min = 1, max = 4096))]
    pub client_data_json: String,
    /// What the authenticator says.
    #[serde(rename = "authenticatorData")]
    #[schemars(length(min = 1, max = 8192))]
    pub authenticator_data: String,
    /// The signature of both.
    #[schemars(length(min = 1, max = 2048))]
    pub signature: String,
    /// Whose credential it is, by the authenticator's word.
    #[serde(default, rename = "userHandle")]
    #[schemars(length(max = 88))]
    pub user_handle: Option<String>,
}

/// What changed when a passkey was used.
///
/// A store writes the counter by compare-and-set: only if the one that is kept is what the check has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasskeyUse {
    /// The counter to keep.
    pub counter: u32,
    /// Whether it is on other devices by now.
    pub backed_up: bool,
    /// Whether its user was verified: then it was two factors.
    pub user_verified: bool,
}

impl AuthenticationResponse {
    /// The name of the credential, to find it by.
    pub fn credential_id(&self) -> Result<CredentialId, PasskeyError> {
        CredentialId::parse(&self.id)
    }
}

impl RelyingParty {
    /// Checks a response to this ceremony, by the passkey that the store has of its id, and its owner.
    ///
    /// Where the counter did not grow the answer is [`PasskeyError::Counter`]: the passkey may have been copied, and
    /// whether it is to be trusted again is for its owner to say.
    pub fn finish_authentication(
        &self,
        ceremony: &Ceremony,
        response: &AuthenticationResponse,
        passkey: &Passkey,
        owner: UserId,
        verification: UserVerification,
    ) -> Result<PasskeyUse, PasskeyError> {
        ceremony.check(CeremonyKind::Authentication, self.clock.now())?;
        if response.kind != "public-key" {
            return Err(PasskeyError::Malformed("the type"));
        }
        if response.credential_id()? != passkey.id {
            return Err(PasskeyError::Credential);
        }
        let parts = &response.response;
        check_owner(ceremony, parts.user_handle.as_deref(), owner)?;
        let hash =
            client_data::check(&parts.client_data_json, "webauthn.get", &ceremony.challenge, &self.origins)?;
        let is_short = parts.authenticator_data.len() <= 8_192 && parts.signature.len() <= 2_048;
        let decode = |text: &str| is_short.then(|| base64url::decode(text)).flatten().ok_or(MALFORMED);
        let (bytes, signature) = (decode(&parts.authenticator_data)?, decode(&parts.signature)?);
        let data = AuthenticatorData::read(&bytes)?;
        self.check(&data, verification)?;
        if !passkey.key.holds(&[&bytes[..], &hash].concat(), &signature) {
            return Err(PasskeyError::Signature);
        }
        // Whether it may be copied is decided when it is made.
        if data.is_backup_eligible() != passkey.backup_eligible {
            return Err(PasskeyError::Credential);
        }
        let counts = data.counter != 0 || passkey.counter != 0;
        if counts && data.counter <= passkey.counter {
            return Err(PasskeyError::Counter);
        }
        Ok(PasskeyUse {
            counter: data.counter,
            backed_up: data.is_backed_up(),
            user_verified: data.is_verified(),
        })
    }
}

/// Whether the passkey's owner is whose ceremony it is, and whose the authenticator says it is.
fn check_owner(ceremony: &Ceremony, handle: Option<&str>, owner: UserId) -> Result<(), PasskeyError> {
    let said = match handle.filter(|handle| !handle.is_empty()) {
        None => None,
        Some(handle) if handle.len() <= 88 => {
            Some(base64url::decode(handle).and_then(|bytes| Uuid::from_slice(&bytes).ok()).ok_or(MALFORMED)?)
        }
        Some(_) => return Err(MALFORMED),
    };
    let is_owner = match (ceremony.user, said) {
        // Nobody said whose it would be, so that the authenticator has to.
        (None, None) => false,
        (None, Some(said)) => said == owner.uuid(),
        (Some(user), said) => user == owner && said.is_none_or(|said| said == owner.uuid()),
    };
    if is_owner { Ok(()) } else { Err(PasskeyError::Credential) }
}
