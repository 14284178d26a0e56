//! What sign-in is about: types and rules, without I/O.

mod api_key;
mod email;
mod narrow;
mod org;
mod person_name;
mod role;
mod role_name;
mod session;
mod ticket;
mod user;
mod user_name;

pub use api_key::{ApiKey, ApiKeyId};
pub use email::{EmailAddress, EmailError};
pub(crate) use narrow::{lacking, narrow};
pub use org::{Invitation, InvitationId, Member, Org, OrgId, OrgRole, OrgRoleError};
pub use person_name::{PersonName, PersonNameError};
pub use role::Role;
pub use role_name::{RoleName, RoleNameError};
pub use session::{Client, EndReason, Ended, Method, Session, SessionId};
pub use ticket::{Purpose, Ticket, TicketId};
pub(crate) use user::SERVICE_HOST;
pub use user::{User, UserId, UserStatus};
pub use user_name::{UserName, UserNameError};
