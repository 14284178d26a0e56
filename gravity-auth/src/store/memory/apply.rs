//! Makes changes, each by its own rule.

use crate::domain::{EndReason, Ended, Purpose, UserId, UserStatus};
use crate::store::{Change, Refused};

use super::state::{Account, State};

impl State {
    /// Makes one change. After a refusal the state is to be thrown away.
    pub(super) fn apply(&mut self, change: &Change) -> Result<(), Refused> {
        match change {
            Change::AddUser { user, password } => {
                self.check_email(user.id, user.email.key())?;
                self.check_name(user.id, user.user_name.as_ref().map(|name| name.key()))?;
                if self.users.contains_key(&user.id) {
                    return Err(Refused::Stale);
                }
                self.users.insert(user.id, Account { user: user.clone(), password: password.clone() });
            }
            Change::Rename { user, user_name, first_name, last_name, at } => {
                self.there(*user)?;
                self.check_name(*user, user_name.as_ref().map(|name| name.key()))?;
                let account = self.there(*user)?;
                account.user.user_name.clone_from(user_name);
                account.user.first_name.clone_from(first_name);
                account.user.last_name.clone_from(last_name);
                account.user.updated_at = *at;
            }
            Change::VerifyEmail { user, email, at } => {
                let account = self.there(*user)?;
                if account.user.email.key() != email.key() {
                    return Err(Refused::Stale);
                }
                account.user.email_verified_at.get_or_insert(*at);
                account.user.updated_at = *at;
            }
            Change::ChangeEmail { user, from, to, at } => {
                if self.there(*user)?.user.email.key() != from.key() {
                    return Err(Refused::Stale);
                }
                self.check_email(*user, to.key())?;
                let account = self.there(*user)?;
                account.user.email = to.clone();
                account.user.email_verified_at = Some(*at);
                account.user.updated_at = *at;
                self.tickets.retain(|_, ticket| ticket.user != *user);
            }
            Change::SetStatus { user, to, at } => {
                let account = self.there(*user)?;
                if account.user.status == *to {
                    return Err(Refused::Stale);
                }
                account.user.status = *to;
                account.user.updated_at = *at;
                let reason = match to {
                    UserStatus::Active => return Ok(()),
                    UserStatus::Suspended => EndReason::Suspended,
                    UserStatus::Deleted => EndReason::Deleted,
                };
                self.end_sessions(*user, None, reason, *at);
                self.tickets.retain(|_, ticket| ticket.user != *user);
            }
            Change::SetPassword { user, from, to, keep, reason, at } => {
                let account = self.active(*user)?;
                if from.is_some() && account.password != *from {
                    return Err(Refused::Stale);
                }
                account.password.clone_from(to);
                account.user.updated_at = *at;
                self.end_sessions(*user, *keep, *reason, *at);
                let opens = [Purpose::ResetPassword, Purpose::MagicLink, Purpose::EmailCode];
                self.tickets.retain(|_, ticket| ticket.user != *user || !opens.contains(&ticket.purpose));
            }
            Change::Rehash { user, from, to } => {
                let account = self.there(*user)?;
                if account.password.as_ref() != Some(from) {
                    return Err(Refused::Stale);
                }
                account.password = Some(to.clone());
            }
            Change::StartSession { session, password, most } => {
                let account = self.active(session.user)?;
                if password.is_some() && account.password != *password {
                    return Err(Refused::Stale);
                }
                let (user, at) = (session.user, session.created_at);
                self.sessions.insert(session.id, session.clone());
                let live = self.live_sessions(user, at);
                let too_many: Vec<_> = live.iter().skip(*most as usize).map(|session| session.id).collect();
                for id in too_many {
                    if let Some(session) = self.sessions.get_mut(&id) {
                        session.ended = Some(Ended { at, reason: EndReason::TooMany });
                    }
                }
            }
            Change::EndSession { user, session, reason, at } => {
                let live =
                    self.sessions.get_mut(session).filter(|found| found.user == *user && found.is_live(*at));
                live.ok_or(Refused::Stale)?.ended = Some(Ended { at: *at, reason: *reason });
            }
            Change::EndSessions { user, keep, reason, at } => self.end_sessions(*user, *keep, *reason, *at),
            Change::NameSession { user, session, name, at } => {
                let live =
                    self.sessions.get_mut(session).filter(|found| found.user == *user && found.is_live(*at));
                live.ok_or(Refused::Stale)?.client.name.clone_from(name);
            }
            Change::IssueTicket(ticket) => {
                self.active(ticket.user)?;
                let replaces =
                    |old: &crate::domain::Ticket| (old.user, old.purpose) == (ticket.user, ticket.purpose);
                self.tickets.retain(|_, old| !replaces(old));
                self.tickets.insert(ticket.id, ticket.clone());
            }
            Change::RedeemTicket { ticket, purpose, at } => {
                let found = self
                    .tickets
                    .remove(ticket)
                    .filter(|found| found.purpose == *purpose && *at < found.expires_at);
                found.ok_or(Refused::Stale)?;
            }
        }
        Ok(())
    }

    /// The account, unless it is deleted.
    fn there(&mut self, user: UserId) -> Result<&mut Account, Refused> {
        let account = self.users.get_mut(&user).filter(|account| account.user.status != UserStatus::Deleted);
        account.ok_or(Refused::Stale)
    }

    fn active(&mut self, user: UserId) -> Result<&mut Account, Refused> {
        let account = self.users.get_mut(&user).filter(|account| account.user.status == UserStatus::Active);
        account.ok_or(Refused::Stale)
    }

    fn check_email(&self, user: UserId, key: &str) -> Result<(), Refused> {
        let is_taken =
            self.users.values().any(|other| other.user.id != user && other.user.email.key() == key);
        if is_taken { Err(Refused::EmailTaken) } else { Ok(()) }
    }

    fn check_name(&self, user: UserId, key: Option<&str>) -> Result<(), Refused> {
        let has = |other: &Account| other.user.user_name.as_ref().is_some_and(|name| Some(name.key()) == key);
        let is_taken = self.users.values().any(|other| other.user.id != user && has(other));
        if is_taken { Err(Refused::NameTaken) } else { Ok(()) }
    }
}
