//! What the store holds.

use std::collections::HashMap;

use gravity_core::SecretString;

use crate::domain::{Session, SessionId, Ticket, TicketId, User, UserId};

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) users: HashMap<UserId, Account>,
    pub(super) sessions: HashMap<SessionId, Session>,
    pub(super) tickets: HashMap<TicketId, Ticket>,
}

#[derive(Clone)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) password: Option<SecretString>,
}
