//! Showing that an address is one's own.

use gravity_core::audit::Origin;

use super::outbox::{Asked, LINK, What, link_token};
use super::record::on_user;
use super::tokens::is_active;
use crate::domain::{EmailAddress, EndReason, Purpose, Ticket, User};
use crate::events::EmailVerified;
use crate::store::{Change, KeyChange, Refused};
use crate::{Auth, AuthError};

impl Auth {
    /// Sends the link that verifies an address once more, if somebody has it who needs one. The answer is the same
    /// in any case.
    pub async fn resend_verification(&self, email: EmailAddress, origin: &Origin) -> Result<(), AuthError> {
        self.request(email.key(), origin).await?;
        self.ask(Asked::new(self, email, link_token(), What::VerifyEmail), origin).await
    }

    /// Verifies an address by the token of a link.
    pub async fn verify_email(&self, token: &str, origin: &Origin) -> Result<User, AuthError> {
        let (ticket, mut user) = self.held(Purpose::VerifyEmail, token).await?;
        let now = self.now();
        let changes = [self.redeem(&ticket), verified(&user, now)];
        let trail = self.verification(&user, origin)?.trail();
        self.store().apply(&changes, &trail).await.map_err(used)?;
        user.email_verified_at.get_or_insert(now);
        Ok(user)
    }

    /// What is told of an address that was verified.
    pub(crate) fn verification(
        &self,
        user: &User,
        origin: &Origin,
    ) -> Result<super::record::Record<'_>, AuthError> {
        let verified = EmailVerified { id: user.id, email: user.email.clone() };
        let record = self.record(origin).by(user.id).event(user.id, verified)?;
        Ok(record.audit(on_user("auth.email_verified", user.id)))
    }

    /// The ticket that a token opens, and its user, if the address that it went to is theirs still.
    pub(crate) async fn held(&self, purpose: Purpose, token: &str) -> Result<(Ticket, User), AuthError> {
        let refused = || AuthError::InvalidTicket;
        let token = LINK.parse(token).map_err(|_| refused())?;
        let macs = self.0.macs.lookup_values(purpose.as_str(), &token);
        let ticket = self.store().ticket(purpose, &macs, self.now()).await?.ok_or_else(refused)?;
        let user = self.store().user(ticket.user).await?.filter(is_active).ok_or_else(refused)?;
        let is_theirs = purpose == Purpose::TakeEmail || user.email.key() == ticket.email.key();
        if is_theirs { Ok((ticket, user)) } else { Err(refused()) }
    }

    pub(crate) fn redeem(&self, ticket: &Ticket) -> Change {
        Change::RedeemTicket { ticket: ticket.id, purpose: ticket.purpose, at: self.now() }
    }
}

/// That the user has shown that their address is theirs.
pub(crate) fn verified(user: &User, at: gravity_core::Timestamp) -> Change {
    Change::VerifyEmail { user: user.id, email: user.email.clone(), at }
}

/// That the user has shown so of an account whose address nobody had verified before: whoever made it may be somebody
/// else, so that its password and its API keys go and its sessions end.
pub(crate) fn claimed(user: &User, at: gravity_core::Timestamp) -> [Change; 3] {
    let (id, reason) = (user.id, EndReason::AddressClaimed);
    [
        Change::SetPassword { user: id, from: None, to: None, keep: None, reason, at },
        Change::Key(KeyChange::RemoveAll { user: id }),
        verified(user, at),
    ]
}

/// A ticket that somebody else has used.
pub(crate) fn used(refused: Refused) -> AuthError {
    match refused {
        Refused::Stale => AuthError::InvalidTicket,
        refused => refused.into(),
    }
}
