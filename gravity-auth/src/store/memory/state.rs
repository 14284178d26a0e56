//! What the store holds.

use std::collections::HashMap;

use gravity_core::SecretString;
use gravity_core::security::mac::Mac;

use crate::domain::{
    Challenge, ChallengeId, Device, DeviceId, Session, SessionId, Ticket, TicketId, TotpFactor, User, UserId,
};

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) users: HashMap<UserId, Account>,
    pub(super) sessions: HashMap<SessionId, Session>,
    pub(super) tickets: HashMap<TicketId, Ticket>,
    pub(super) totp: HashMap<UserId, TotpFactor>,
    pub(super) recovery_codes: HashMap<UserId, Vec<Mac>>,
    pub(super) challenges: HashMap<ChallengeId, Challenge>,
    pub(super) devices: HashMap<DeviceId, Device>,
}

#[derive(Clone)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) password: Option<SecretString>,
}
