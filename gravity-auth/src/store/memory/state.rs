//! What the store holds.

use std::collections::{BTreeMap, HashMap};

use gravity_core::{SecretString, Timestamp};

use crate::domain::{ApiKey, ApiKeyId, Role, RoleName, Session, SessionId, Ticket, TicketId, User, UserId};

#[derive(Clone)]
pub(super) struct State {
    pub(super) users: HashMap<UserId, Account>,
    pub(super) sessions: HashMap<SessionId, Session>,
    pub(super) tickets: HashMap<TicketId, Ticket>,
    pub(super) api_keys: HashMap<ApiKeyId, ApiKey>,
    pub(super) roles: BTreeMap<RoleName, Role>,
    /// Whose role has changed, and when.
    pub(super) reassigned: HashMap<UserId, Timestamp>,
}

impl Default for State {
    /// Nobody is there, and the roles that are there from the start.
    fn default() -> Self {
        Self {
            users: HashMap::new(),
            sessions: HashMap::new(),
            tickets: HashMap::new(),
            api_keys: HashMap::new(),
            roles: Role::built_in().into_iter().map(|role| (role.name.clone(), role)).collect(),
            reassigned: HashMap::new(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) password: Option<SecretString>,
}
