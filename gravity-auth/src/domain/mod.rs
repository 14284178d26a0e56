//! What sign-in is about: types and rules, without I/O.

mod api_key;
mod birth_date;
mod email;
mod factor;
mod follow;
mod linked_account;
mod narrow;
mod org;
mod passkey;
mod patch;
mod person_name;
mod preferences;
mod profile;
mod role;
mod role_name;
mod session;
mod terms;
mod text;
mod ticket;
mod user;
mod user_name;
mod website;

pub use api_key::{ApiKey, ApiKeyId};
pub use birth_date::{BirthDate, BirthDateError};
pub use email::{EmailAddress, EmailError};
pub use factor::{Challenge, ChallengeId, ChallengeKind, Device, DeviceId, FactorKind, TotpFactor};
pub use follow::{Activity, ActivityId, ActivityKind, Follow, FollowState};
pub use linked_account::{LinkedAccount, LinkedAccountId};
pub(crate) use narrow::{lacking, narrow};
pub use org::{Invitation, InvitationId, Member, Org, OrgId, OrgName, OrgRole, OrgRoleError};
pub use passkey::{CeremonyId, PasskeyId, PasskeyName, UserPasskey};
pub use patch::Patch;
pub use person_name::{PersonName, PersonNameError};
pub use preferences::{
    Language, LanguageError, Preferences, Privacy, Theme, Visibility, ZoneName, ZoneNameError,
};
pub use profile::{Person, Profile};
pub use role::Role;
pub use role_name::{RoleName, RoleNameError};
pub use session::{Client, EndReason, Ended, Method, Session, SessionId};
pub use terms::{folded, sought, terms};
pub use text::{Line, Prose, TextError};
pub use ticket::{Purpose, Ticket, TicketId};
pub(crate) use user::SERVICE_HOST;
pub use user::{User, UserId, UserStatus};
pub use user_name::{UserName, UserNameError};
pub use website::{Website, WebsiteError};
