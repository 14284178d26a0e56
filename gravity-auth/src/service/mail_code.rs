//! Signing in by a code that comes by mail.

use gravity_core::Id;
use gravity_core::audit::Origin;
use gravity_core::security::token::Code;

use super::outbox::{Asked, What, code_of};
use super::tokens::{SignedIn, is_active};
use crate::domain::{EmailAddress, Purpose};
use crate::{Auth, AuthError};

impl Auth {
    /// Sends a code that signs in, if somebody has this address. The answer is the same in any case.
    pub async fn request_code(&self, email: EmailAddress, origin: &Origin) -> Result<(), AuthError> {
        self.request(email.key(), origin).await?;
        let code = Code::digits(self.0.config.settings.mail.code_digits as usize);
        self.ask(Asked::new(self, email, code.expose().to_owned(), What::EmailCode), origin).await
    }

    /// Signs in by a code. It stands a few wrong guesses, and then it is gone.
    pub async fn sign_in_by_code(
        &self,
        email: &EmailAddress,
        code: &str,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        let account = format!("code\0{}", email.key());
        self.attempt(&account, origin).await?;
        let found = self.store().by_email(email).await?.map(|(user, _)| user);
        // For nobody the same is done as for somebody.
        let id = found.as_ref().map_or_else(|| Id::new(self.clock()), |user| user.id);
        let code = Code::typed(code).ok_or(AuthError::InvalidTicket)?;
        let macs = self.0.macs.lookup_values(Purpose::EmailCode.as_str(), code_of(id, code.expose()));
        let wrong = self.denial(found.as_ref(), origin).trail();
        let ticket = self.store().guess(Purpose::EmailCode, id, &macs, self.now(), &wrong).await?;
        let user = found.filter(is_active);
        let (Some(ticket), Some(user)) = (ticket, user) else { return Err(AuthError::InvalidTicket) };
        if ticket.email.key() != user.email.key() {
            return Err(AuthError::InvalidTicket);
        }
        let begun = self.sign_in_by_mail(&ticket, user, origin).await;
        if matches!(begun, Ok(_) | Err(AuthError::SecondFactorRequired(_))) {
            self.succeeded(&account, origin).await;
        }
        begun
    }
}
