//! What the store holds.

use std::collections::{BTreeMap, HashMap};

use gravity_core::security::mac::Mac;
use gravity_core::{SecretString, Timestamp};

use crate::domain::{
    Activity, ActivityId, ApiKey, ApiKeyId, Challenge, ChallengeId, Device, DeviceId, Follow, Invitation,
    InvitationId, LinkedAccount, LinkedAccountId, Member, Org, OrgId, PasskeyId, Preferences, Profile, Role,
    RoleName, Session, SessionId, Ticket, TicketId, TotpFactor, User, UserId, UserPasskey, UserStatus,
};

#[derive(Clone)]
pub(super) struct State {
    pub(super) users: HashMap<UserId, Account>,
    pub(super) sessions: HashMap<SessionId, Session>,
    pub(super) tickets: HashMap<TicketId, Ticket>,
    /// By who follows and who is followed.
    pub(super) follows: HashMap<(UserId, UserId), Follow>,
    pub(super) activities: HashMap<ActivityId, Activity>,
    pub(super) totp: HashMap<UserId, TotpFactor>,
    pub(super) recovery_codes: HashMap<UserId, Vec<Mac>>,
    pub(super) challenges: HashMap<ChallengeId, Challenge>,
    pub(super) devices: HashMap<DeviceId, Device>,
    pub(super) passkeys: HashMap<PasskeyId, UserPasskey>,
    pub(super) accounts: HashMap<LinkedAccountId, LinkedAccount>,
    /// What is good once and was used, and until when that matters.
    pub(super) spent: HashMap<String, Timestamp>,
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
            follows: HashMap::new(),
            activities: HashMap::new(),
            totp: HashMap::new(),
            recovery_codes: HashMap::new(),
            challenges: HashMap::new(),
            devices: HashMap::new(),
            passkeys: HashMap::new(),
            accounts: HashMap::new(),
            spent: HashMap::new(),
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
    pub(super) profile: Profile,
    pub(super) preferences: Preferences,
    pub(super) version: u32,
    pub(super) deleted_at: Option<Timestamp>,
    /// The status that they had when they were deleted.
    pub(super) deleted_from: UserStatus,
    pub(super) is_purged: bool,
}

impl Account {
    pub(super) fn new(user: User, password: Option<SecretString>) -> Self {
        Self {
            user,
            password,
            profile: Profile::default(),
            preferences: Preferences::default(),
            version: 0,
            deleted_at: None,
            deleted_from: UserStatus::Active,
            is_purged: false,
        }
    }
}
