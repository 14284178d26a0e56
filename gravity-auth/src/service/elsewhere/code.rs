//! Codes that hand a session over to a page or program, so that no token stands in an address.

use std::time::Duration;

use gravity_core::audit::Origin;
use gravity_core::security::constant_time_eq;
use gravity_core::security::token::TokenKind;
use gravity_core::{Error, Id, SecretString};
use ring::digest;
use serde_json::{Value, json};

use crate::domain::{Challenge, ChallengeKind, EmailAddress, LinkedAccount, Method, User};
use crate::jwt::base64url;
use crate::service::SignedIn;
use crate::service::record::on_user;
use crate::service::tokens::is_active;
use crate::store::{AccountChange, Change, Refused};
use crate::{Auth, AuthError};

const CODE: TokenKind = TokenKind::new("gvo");
/// How long a code is good.
const LASTS: Duration = Duration::from_mins(1);
const KIND: ChallengeKind = ChallengeKind::Handover;

impl Auth {
    /// A code for somebody who has come back from a provider.
    pub(super) async fn give_code(
        &self,
        user: &User,
        account: &LinkedAccount,
        email: Option<EmailAddress>,
        challenge: String,
        origin: &Origin,
    ) -> Result<SecretString, AuthError> {
        let (code, now) = (CODE.generate(), self.now());
        let challenge = Challenge {
            id: Id::new(self.clock()),
            kind: KIND,
            user: user.id,
            mac: self.0.macs.sign(KIND.as_str(), &code),
            data: json!({ "account": account.id, "email": email, "challenge": challenge }),
            created_at: now,
            expires_at: now.saturating_add(LASTS),
        };
        let open = Change::OpenChallenge { challenge, password: None };
        let trail = self.record(origin).by(user.id).audit(on_user("auth.handed_over", user.id)).trail();
        match self.store().apply(&[open], &trail).await {
            // Suspended a moment ago.
            Err(Refused::Stale) => Err(AuthError::InvalidCredentials),
            outcome => Ok(outcome.map(|()| SecretString::new(code.expose().to_owned()))?),
        }
    }

    /// Signs in by the code that somebody has come back from a provider with, and the secret of the challenge that they
    /// were sent off with. A code is good once, for a minute, and with a wrong secret for nothing any more.
    pub async fn sign_in_by_handover(
        &self,
        code: &str,
        verifier: &str,
        device: Option<&str>,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        let refused = || AuthError::InvalidTicket;
        let code = CODE.parse(code).map_err(|_| refused())?;
        let macs = self.0.macs.lookup_values(KIND.as_str(), &code);
        let challenge = self.store().challenge(KIND, &macs, self.now()).await?.ok_or_else(refused)?;
        let close = Change::CloseChallenge { challenge: challenge.id, kind: KIND, at: self.now() };
        let hash = base64url::encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        let expected = challenge.data["challenge"].as_str().unwrap_or_default();
        if !constant_time_eq(hash, expected) {
            let trail = self.record(origin).audit(on_user("auth.handover_refused", challenge.user)).trail();
            return match self.store().apply(&[close], &trail).await {
                Ok(()) | Err(Refused::Stale) => Err(refused()),
                Err(error) => Err(error.into()),
            };
        }
        let user = self.store().user(challenge.user).await?.filter(is_active).ok_or_else(refused)?;
        let (account, email) = used(&challenge.data)?;
        let used = AccountChange::Use { user: user.id, account, email, at: self.now() };
        let changes = vec![close, Change::Account(used)];
        match self.begin_on(device, user, vec![Method::Fed], None, changes, origin).await {
            // Somebody else was faster, or the account is not linked any more.
            Err(AuthError::InvalidCredentials) => Err(refused()),
            begun => begun,
        }
    }
}

/// By which account somebody came, and the address that it was told with.
fn used(data: &Value) -> Result<(crate::domain::LinkedAccountId, Option<EmailAddress>), AuthError> {
    let unreadable = |_| Error::internal("a challenge cannot be read");
    let account = serde_json::from_value(data["account"].clone()).map_err(unreadable)?;
    let email = serde_json::from_value(data["email"].clone()).map_err(unreadable)?;
    Ok((account, email))
}
