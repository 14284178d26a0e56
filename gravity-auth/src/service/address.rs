//! A change of address, to which both addresses agree: first the old one, then the new one.

use gravity_core::audit::Origin;
use gravity_core::validate::Faults;
use gravity_core::{Id, SecretString};
use serde_json::json;

use super::caller::Caller;
use super::outbox::{Letter, link_token};
use super::record::on_user;
use super::verify::used;
use crate::domain::{EmailAddress, Purpose, SERVICE_HOST, Ticket, User};
use crate::events::EmailChanged;
use crate::hooks::Hooks as _;
use crate::store::Change;
use crate::{Auth, AuthError};

impl Auth {
    /// Begins a change of address: mail goes to the old one, to agree. Whoever asks shows the password again.
    ///
    /// Whether somebody else has the new address is not told.
    pub async fn change_email(
        &self,
        caller: &Caller,
        to: EmailAddress,
        password: &SecretString,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        caller.in_person()?;
        check_reach(&to)?;
        let user = self.me(caller).await?;
        self.fresh_if_factors(caller).await?;
        self.check_current(&user, password, origin).await?;
        self.hooks().before_new_email(&user, &to).await?;
        self.request(user.email.key(), origin).await?;
        let token = link_token();
        let mut ticket = self.ticket(Id::new(self.clock()), &user, Purpose::LeaveEmail, &token);
        ticket.data = json!({ "to": to });
        let letter = Letter::LeaveEmail { to, token };
        self.send_ticket(ticket, letter, "auth.email_change_asked", origin).await
    }

    /// Goes on with a change of address by the token of a link: that of the old address has mail sent to the new
    /// one, and that of the new one changes it. Says who has it now, if it has changed.
    pub async fn confirm_email(&self, token: &str, origin: &Origin) -> Result<Option<User>, AuthError> {
        match self.held(Purpose::LeaveEmail, token).await {
            Ok((left, user)) => self.agree(&left, &user, origin).await.map(|()| None),
            Err(AuthError::InvalidTicket) => self.take_email(token, origin).await.map(Some),
            Err(error) => Err(error),
        }
    }

    async fn agree(&self, left: &Ticket, user: &User, origin: &Origin) -> Result<(), AuthError> {
        let to = left.data.get("to").and_then(|to| to.as_str()).and_then(|to| to.parse().ok());
        let to: EmailAddress = to.ok_or(AuthError::InvalidTicket)?;
        self.hooks().before_new_email(user, &to).await?;
        let token = link_token();
        let mut ticket = self.ticket(Id::new(self.clock()), user, Purpose::TakeEmail, &token);
        ticket.email = to.clone();
        ticket.data = json!({ "from": user.email });
        let letter = self.letter(ticket.id.to_string(), &to, Letter::TakeEmail { token }).await?;
        let entry = on_user("auth.email_change_agreed", user.id);
        let trail = self.record(origin).by(user.id).audit(entry).job(letter)?.trail();
        let changes = [self.redeem(left), Change::IssueTicket(ticket)];
        self.store().apply(&changes, &trail).await.map_err(used)
    }

    async fn take_email(&self, token: &str, origin: &Origin) -> Result<User, AuthError> {
        let (ticket, mut user) = self.held(Purpose::TakeEmail, token).await?;
        let from = ticket.data.get("from").and_then(|from| from.as_str()).and_then(|from| from.parse().ok());
        // Only the address that has agreed can be left.
        let from: EmailAddress = from.ok_or(AuthError::InvalidTicket)?;
        let (id, to, at) = (user.id, ticket.email.clone(), self.now());
        self.hooks().before_new_email(&user, &to).await?;
        let letter = Letter::EmailChanged { to: to.clone() };
        let trail = self
            .record(origin)
            .by(id)
            .event(id, EmailChanged { id, from: from.clone(), to: to.clone() })?
            .audit(on_user("auth.email_changed", id).change(json!({ "email": from }), json!({ "email": to })))
            .job(self.letter(format!("{}.left", ticket.id), &from, letter).await?)?
            .trail();
        let change = Change::ChangeEmail { user: id, from: from.clone(), to: to.clone(), at };
        self.store().apply(&[self.redeem(&ticket), change], &trail).await.map_err(used)?;
        (user.email, user.email_verified_at, user.updated_at) = (to, Some(at), at);
        self.hooks().after_new_email(&user, &from).await;
        Ok(user)
    }

    async fn send_ticket(
        &self,
        ticket: Ticket,
        letter: Letter,
        action: &str,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let user = ticket.user;
        let letter = self.letter(ticket.id.to_string(), &ticket.email, letter).await?;
        let trail = self.record(origin).by(user).audit(on_user(action, user)).job(letter)?.trail();
        Ok(self.store().apply(&[Change::IssueTicket(ticket)], &trail).await?)
    }
}

/// Refuses an address that mail never reaches: those are of the accounts of programs.
pub(super) fn check_reach(email: &EmailAddress) -> Result<(), AuthError> {
    if email.key().ends_with(SERVICE_HOST) {
        return Err(AuthError::Invalid(Faults::one("/email", "reserved", "is no address that mail reaches")));
    }
    Ok(())
}
