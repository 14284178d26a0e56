//! A passkey is made (WebAuthn, section 7.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::authenticator_data::{Attested, AuthenticatorData};
use super::cbor::{self, Map, Value};
use super::{
    Ceremony, CeremonyKind, CredentialId, CredentialKey, Passkey, PasskeyError, RelyingParty,
    UserVerification, client_data,
};
use crate::jwt::base64url;

const MALFORMED: PasskeyError = PasskeyError::Malformed("the attestation object");

/// The longest attestation object, in base64url.
const LONGEST: usize = 32 * 1024;

/// What `toJSON()` gives of a credential that was made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationResponse {
    /// The name of the credential, in base64url.
    #[schemars(length(min = 1, max = 1400))]
    pub id: String,
    /// What came of it: `public-key`.
    #[serde(rename = "type")]
    #[schemars(length(max = 32))]
    pub kind: String,
    /// What the authenticator says.
    pub response: AuthenticatorAttestation,
}

/// What an authenticator says of a credential that it has made. All of it is base64url.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuthenticatorAttestation {
    /// What the browser says.
    #[serde(rename = "clientDataJSON")]
    #[schemars(length(min = 1, max = 4096))]
    pub client_data_json: String,
    /// What the authenticator says, with the key.
    #[serde(rename = "attestationObject")]
    #[schemars(length(min = 1, max = 32768))]
    pub attestation_object: String,
    /// How it can be reached: `internal`, `usb`, `hybrid`.
    #[serde(default)]
    #[schemars(length(max = 16), inner(length(max = 64)))]
    pub transports: Vec<String>,
}

impl RelyingParty {
    /// The passkey that was made, if the response is one to this ceremony. It is the ceremony's user's; that no
    /// other user has a passkey of its id is for the store to say.
    pub fn finish_registration(
        &self,
        ceremony: &Ceremony,
        response: &RegistrationResponse,
        verification: UserVerification,
    ) -> Result<Passkey, PasskeyError> {
        ceremony.check(CeremonyKind::Registration, self.clock.now())?;
        if response.kind != "public-key" {
            return Err(PasskeyError::Malformed("the type"));
        }
        let parts = &response.response;
        let hash = client_data::check(
            &parts.client_data_json,
            "webauthn.create",
            &ceremony.challenge,
            &self.origins,
        )?;
        if parts.attestation_object.len() > LONGEST {
            return Err(MALFORMED);
        }
        let object = base64url::decode(&parts.attestation_object).ok_or(MALFORMED)?;
        let Value::Map(object) = cbor::whole(&object)? else { return Err(MALFORMED) };
        let (Some(Value::Text(format)), Some(Value::Map(statement)), Some(Value::Bytes(bytes))) =
            (object.text("fmt"), object.text("attStmt"), object.text("authData"))
        else {
            return Err(MALFORMED);
        };
        let data = AuthenticatorData::read(bytes)?;
        self.check(&data, verification)?;
        let Some(Attested { aaguid, id, key }) = data.attested.clone() else { return Err(MALFORMED) };
        if id != CredentialId::parse(&response.id)? {
            return Err(PasskeyError::Credential);
        }
        check_statement(format, statement, &key, &[bytes, &hash[..]].concat())?;
        let transports = parts.transports.iter().filter(|name| is_transport(name)).take(8).cloned().collect();
        Ok(Passkey {
            id,
            key,
            counter: data.counter,
            backup_eligible: data.is_backup_eligible(),
            backed_up: data.is_backed_up(),
            aaguid: Uuid::from_bytes(aaguid),
            user_verified: data.is_verified(),
            transports,
        })
    }
}

fn is_transport(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Checks what can be checked without trusting a maker: that nothing is signed, or that the key has signed itself.
fn check_statement(
    format: &str,
    statement: &Map<'_>,
    key: &CredentialKey,
    signed: &[u8],
) -> Result<(), PasskeyError> {
    match format {
        "none" if statement.is_empty() => Ok(()),
        "none" => Err(MALFORMED),
        "packed" if statement.text("x5c").is_none() => {
            let (Some(Value::Integer(alg)), Some(Value::Bytes(signature))) =
                (statement.text("alg"), statement.text("sig"))
            else {
                return Err(MALFORMED);
            };
            if *alg == key.algorithm() && key.holds(signed, signature) {
                Ok(())
            } else {
                Err(PasskeyError::Signature)
            }
        }
        _ => Ok(()),
    }
}
