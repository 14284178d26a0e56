//! Signing in by a link.

use gravity_core::audit::Origin;

use super::outbox::{Asked, What, link_token};
use super::tokens::SignedIn;
use super::verify::claimed;
use crate::domain::{EmailAddress, Method, Purpose, Ticket, User};
use crate::{Auth, AuthError};

impl Auth {
    /// Sends a link that signs in, if somebody has this address. The answer is the same in any case.
    pub async fn request_link(&self, email: EmailAddress, origin: &Origin) -> Result<(), AuthError> {
        self.request(email.key(), origin).await?;
        self.ask(Asked::new(self, email, link_token(), What::MagicLink), origin).await
    }

    /// Signs in by the token of a link.
    pub async fn sign_in_by_link(&self, token: &str, origin: &Origin) -> Result<SignedIn, AuthError> {
        let (ticket, user) = self.held(Purpose::MagicLink, token).await?;
        self.sign_in_by_mail(&ticket, user, origin).await
    }

    /// Signs in somebody who has shown that mail to them reaches them.
    ///
    /// An account whose address nobody has verified before is [claimed](claimed) by that.
    pub(crate) async fn sign_in_by_mail(
        &self,
        ticket: &Ticket,
        user: User,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        let mut changes = vec![self.redeem(ticket)];
        let is_claimed = user.email_verified_at.is_none();
        if is_claimed {
            changes.extend(claimed(&user, self.now()));
        }
        let begun = match self.begin(user, vec![Method::Mail], None, changes, origin).await {
            Err(AuthError::InvalidCredentials) => return Err(AuthError::InvalidTicket),
            begun => begun,
        };
        if is_claimed {
            self.catch_up().await?;
        }
        begun
    }
}
