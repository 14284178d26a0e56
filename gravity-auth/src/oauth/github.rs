//! Who signed in at GitHub, which issues no id tokens.

use gravity_core::SecretString;
use serde::Deserialize;

use super::client::Inner;
use super::metadata::Metadata;
use super::{Identity, OAuthError, identity};
use crate::domain::EmailAddress;

#[derive(Deserialize)]
struct User {
    /// Never given twice, as names are.
    id: u64,
    login: String,
    name: Option<String>,
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

impl Inner {
    /// Who the token is of, with the address that is theirs by GitHub's word: the primary one, if it is verified.
    pub(super) async fn github(
        &self,
        metadata: &Metadata,
        api: &str,
        token: &SecretString,
    ) -> Result<Identity, OAuthError> {
        let user: User = self.calls.get("its user", &format!("{api}/user"), Some(token)).await?;
        let emails: Vec<Address> =
            self.calls.get("its addresses", &format!("{api}/user/emails"), Some(token)).await?;
        let primary = emails.iter().find(|email| email.primary);
        let email: Option<EmailAddress> = primary.and_then(|email| email.email.parse().ok());
        Ok(Identity {
            provider: self.provider.id.to_string(),
            issuer: metadata.issuer.clone(),
            subject: user.id.to_string(),
            email_verified: email.is_some() && primary.is_some_and(|email| email.verified),
            email,
            name: user.name.as_deref().and_then(identity::name).or_else(|| identity::name(&user.login)),
            avatar_url: user.avatar_url.as_deref().and_then(identity::avatar_url),
        })
    }
}
