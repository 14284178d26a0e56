//! Changes of tickets.

use gravity_core::Timestamp;
use gravity_core::security::mac::Mac;

use super::state::State;
use crate::domain::{Purpose, Ticket, TicketId, UserId};
use crate::store::Refused;

impl State {
    pub(super) fn issue_ticket(&mut self, ticket: &Ticket) -> Result<(), Refused> {
        self.active(ticket.user)?;
        self.tickets.retain(|_, old| (old.user, old.purpose) != (ticket.user, ticket.purpose));
        self.tickets.insert(ticket.id, ticket.clone());
        Ok(())
    }

    pub(super) fn redeem_ticket(
        &mut self,
        ticket: TicketId,
        purpose: Purpose,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let found = self.tickets.remove(&ticket);
        let is_good = found.is_some_and(|found| found.purpose == purpose && at < found.expires_at);
        if is_good { Ok(()) } else { Err(Refused::Stale) }
    }

    pub(super) fn guess(
        &mut self,
        purpose: Purpose,
        user: UserId,
        macs: &[Mac],
        now: Timestamp,
    ) -> Option<Ticket> {
        let is_open = |ticket: &&mut Ticket| {
            (ticket.purpose, ticket.user) == (purpose, user) && now < ticket.expires_at
        };
        let ticket = self.tickets.values_mut().find(is_open)?;
        if macs.contains(&ticket.mac) {
            return Some(ticket.clone());
        }
        ticket.guesses_left = ticket.guesses_left.saturating_sub(1);
        self.tickets.retain(|_, ticket| ticket.guesses_left > 0);
        None
    }

    pub(super) fn void_tickets(&mut self, user: UserId) {
        self.tickets.retain(|_, ticket| ticket.user != user);
    }

    pub(super) fn void_tickets_by_password(&mut self, user: UserId) {
        let void = Purpose::VOID_BY_PASSWORD;
        self.tickets.retain(|_, ticket| ticket.user != user || !void.contains(&ticket.purpose));
    }
}
