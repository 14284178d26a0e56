//! All that is kept of somebody, to take along.

use gravity_core::audit::Origin;
use gravity_core::{Grants, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authority::Authority;
use super::record::on_user;
use super::users::USERS_EXPORT;
use crate::domain::{
    Activity, ApiKey, ApiKeyId, Device, Follow, FollowState, Invitation, LinkedAccount, Member, Method,
    OrgId, OrgName, OrgRole, Preferences, Profile, Session, SessionId, User, UserId, UserPasskey,
};
use crate::store::Side;
use crate::{Auth, AuthError};

/// The most of each list that an export holds. What is beyond it is read page by page from its own route.
const MOST: u32 = 1_000;

/// All that is kept of somebody, to take along.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    /// When it was made.
    pub exported_at: Timestamp,
    /// The account.
    pub user: User,
    /// What they say of themselves.
    pub profile: Profile,
    /// What they like.
    pub preferences: Preferences,
    /// Where they are signed in.
    pub sessions: Vec<ExportedSession>,
    /// Since when an authenticator app is asked for, if one is.
    pub authenticator_app: Option<Timestamp>,
    /// Which passkeys they have.
    pub passkeys: Vec<ExportedPasskey>,
    /// Which devices are remembered.
    pub devices: Vec<ExportedDevice>,
    /// Which accounts at providers let them in.
    pub accounts: Vec<ExportedAccount>,
    /// Which API keys call in their name.
    pub api_keys: Vec<ExportedApiKey>,
    /// In which organisations they are.
    pub organisations: Vec<ExportedMembership>,
    /// To which organisations they are invited.
    pub invitations: Vec<ExportedInvitation>,
    /// Who follows them.
    pub followers: Vec<ExportedFollow>,
    /// Whom they follow.
    pub following: Vec<ExportedFollow>,
    /// Whom they ask to follow.
    pub requested: Vec<ExportedFollow>,
    /// Who asks to follow them.
    pub follow_requests: Vec<ExportedFollow>,
    /// What they did.
    pub activity: Vec<Activity>,
    /// Whether the lists hold everything; each holds the newest thousand.
    pub complete: bool,
}

/// A session in an export.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExportedSession {
    /// Which one it is.
    pub id: SessionId,
    /// What its user calls it.
    pub name: Option<String>,
    /// The address it was last seen at.
    pub address: Option<String>,
    /// What the browser or application says of itself.
    pub user_agent: Option<String>,
    /// By what its user has shown who they are.
    pub methods: Vec<Method>,
    /// When its user signed in.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_active_at: Timestamp,
}

/// A passkey in an export.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExportedPasskey {
    /// What it is called.
    pub name: String,
    /// Whether it is kept on other devices, too.
    pub backed_up: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A remembered device in an export.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExportedDevice {
    /// What it is called.
    pub name: String,
    /// Since when it is remembered.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// An account at a provider in an export.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExportedAccount {
    /// The provider's name.
    pub provider: String,
    /// The name of the account there.
    pub subject: String,
    /// The address that the provider told last.
    pub email: Option<String>,
    /// Since when it is linked.
    pub created_at: Timestamp,
    /// When it last let its owner in.
    pub used_at: Timestamp,
}

/// An API key in an export.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExportedApiKey {
    /// Which one it is.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// How its secret begins.
    pub hint: String,
    /// What it may do.
    pub scopes: Grants,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ceases to hold.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A membership of an organisation in an export.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExportedMembership {
    /// Which organisation it is.
    pub organisation: OrgId,
    /// What it is called.
    pub name: OrgName,
    /// What they may do there.
    pub role: OrgRole,
    /// Since when they are in it.
    pub joined_at: Timestamp,
}

/// An invitation in an export.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExportedInvitation {
    /// Where to.
    pub organisation: OrgId,
    /// What they may do there.
    pub role: OrgRole,
    /// When they were asked.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// A follow in an export.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExportedFollow {
    /// Who is on the other side.
    pub user: UserId,
    /// Since when.
    pub since: Timestamp,
}

impl From<Session> for ExportedSession {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            name: session.client.name,
            address: session.client.address,
            user_agent: session.client.user_agent,
            methods: session.methods,
            created_at: session.created_at,
            last_active_at: session.refreshed_at,
        }
    }
}

impl From<UserPasskey> for ExportedPasskey {
    fn from(passkey: UserPasskey) -> Self {
        Self {
            name: passkey.name.to_string(),
            backed_up: passkey.passkey.backed_up,
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        }
    }
}

impl From<Device> for ExportedDevice {
    fn from(device: Device) -> Self {
        Self { name: device.name, created_at: device.created_at, expires_at: device.expires_at }
    }
}

impl From<LinkedAccount> for ExportedAccount {
    fn from(account: LinkedAccount) -> Self {
        Self {
            provider: account.provider,
            subject: account.subject,
            email: account.email.map(|email| email.as_str().to_owned()),
            created_at: account.created_at,
            used_at: account.used_at,
        }
    }
}

impl From<ApiKey> for ExportedApiKey {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            hint: key.hint,
            scopes: key.scopes,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}

impl From<Invitation> for ExportedInvitation {
    fn from(invitation: Invitation) -> Self {
        Self {
            organisation: invitation.org,
            role: invitation.role,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

impl Auth {
    /// All that is kept of somebody: of oneself, or for who may export users.
    pub async fn export(&self, by: &Authority, id: UserId, origin: &Origin) -> Result<Export, AuthError> {
        by.demand_on(id, USERS_EXPORT)?;
        if id == by.caller.user {
            by.caller.in_person()?;
        }
        let user = self.there(id).await?;
        self.over(by, &user).await?;
        let person = self.person(id).await?;
        let mut complete = true;
        let followers = self.listed(id, Side::Followers, FollowState::Following, &mut complete).await?;
        let following = self.listed(id, Side::Following, FollowState::Following, &mut complete).await?;
        let requested = self.listed(id, Side::Following, FollowState::Requested, &mut complete).await?;
        let asking = self.listed(id, Side::Followers, FollowState::Requested, &mut complete).await?;
        let keys = self.store().api_keys(id, None, MOST).await?;
        complete &= keys.next.is_none();
        let organisations = self.memberships(id).await?;
        // An address that is not shown to be theirs may be somebody else's, and so may be what comes to it.
        let invitations = match user.email_verified_at {
            Some(_) => self.store().invitations_to(&user.email, self.now(), MOST).await?,
            None => Vec::new(),
        };
        complete &= invitations.len() < MOST as usize;
        let activity = self.store().activities(id, None, MOST).await?;
        complete &= activity.next.is_none();
        let sessions = self.sessions(id).await?;
        let app = self.store().totp(id).await?.and_then(|app| app.confirmed_at);
        let passkeys = self.store().passkeys(id).await?;
        let devices = self.store().devices(id, self.now()).await?;
        let accounts = self.store().accounts(id).await?;
        let trail = self.record(origin).audit(on_user("user.exported", id)).trail();
        self.store().record(&trail).await?;
        Ok(Export {
            exported_at: self.now(),
            user: person.user,
            profile: person.profile,
            preferences: person.preferences,
            sessions: sessions.into_iter().map(ExportedSession::from).collect(),
            authenticator_app: app,
            passkeys: passkeys.into_iter().map(ExportedPasskey::from).collect(),
            devices: devices.into_iter().map(ExportedDevice::from).collect(),
            accounts: accounts.into_iter().map(ExportedAccount::from).collect(),
            api_keys: keys.items.into_iter().map(ExportedApiKey::from).collect(),
            organisations,
            invitations: invitations.into_iter().map(ExportedInvitation::from).collect(),
            followers,
            following,
            requested,
            follow_requests: asking,
            activity: activity.items,
            complete,
        })
    }

    async fn memberships(&self, id: UserId) -> Result<Vec<ExportedMembership>, AuthError> {
        let mut all = Vec::new();
        for (org, _) in self.store().orgs_of(id).await? {
            // Who has left meanwhile is in it no more.
            let Some(member) = self.store().member(org.id, id).await? else { continue };
            let Member { role, joined_at, .. } = member;
            all.push(ExportedMembership { organisation: org.id, name: org.name, role, joined_at });
        }
        Ok(all)
    }

    async fn listed(
        &self,
        id: UserId,
        side: Side,
        state: FollowState,
        complete: &mut bool,
    ) -> Result<Vec<ExportedFollow>, AuthError> {
        let rows = self.store().follows(id, side, state, None, MOST).await?;
        *complete &= rows.next.is_none();
        let of = |follow: &Follow| ExportedFollow { user: side.of(follow), since: follow.since };
        Ok(rows.items.iter().map(of).collect())
    }
}
