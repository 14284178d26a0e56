//! What the store holds.

use std::collections::{BTreeMap, HashMap};

use gravity_core::{SecretString, Timestamp};

use crate::domain::{
    ApiKey, ApiKeyId, Invitation, InvitationId, Member, Org, OrgId, Role, RoleName, Session, SessionId,
    Ticket, TicketId, User, UserId,
};

#[derive(Clone)]
pub(super) struct State {
    pub(super) users: HashMap<UserId, Account>,
    pub(super) sessions: HashMap<SessionId, Session>,
    pub(super) tickets: HashMap<TicketId, Ticket>,
    pub(super) api_keys: HashMap<ApiKeyId, ApiKey>,
    pub(super) roles: BTreeMap<RoleName, Role>,
    pub(super) orgs: HashMap<OrgId, Org>,
    pub(super) members: HashMap<(OrgId, UserId), Member>,
    pub(super) invitations: HashMap<InvitationId, Invitation>,
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
            orgs: HashMap::new(),
            members: HashMap::new(),
            invitations: HashMap::new(),
            reassigned: HashMap::new(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) password: Option<SecretString>,
}
