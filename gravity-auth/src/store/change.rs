//! [`Change`]: one thing that happens, and what must be so for it to happen.

use gravity_core::{SecretString, Timestamp};

use super::{KeyChange, OrgChange, RoleChange};
use crate::domain::{
    EmailAddress, EndReason, PersonName, Purpose, RoleName, Session, SessionId, Ticket, TicketId, User,
    UserId, UserName, UserStatus,
};

/// One thing that happens. A use case is a few of them, which happen together or not at all.
///
/// Each says what must be so for it to happen. Where it is not so, nothing of the whole happens and the store
/// answers [`Refused::Stale`](super::Refused::Stale), unless another answer is named: somebody else was faster.
#[derive(Debug, Clone)]
pub enum Change {
    /// There is a new user, with the hash of a password or without one. The address and the name must be free:
    /// [`EmailTaken`](super::Refused::EmailTaken), [`NameTaken`](super::Refused::NameTaken). Their role must be there.
    AddUser {
        /// The user.
        user: User,
        /// The hash of their password, in PHC form.
        password: Option<SecretString>,
    },
    /// The user has another name. They must not be deleted, and the user name must be free:
    /// [`NameTaken`](super::Refused::NameTaken).
    Rename {
        /// Whose name it is.
        user: UserId,
        /// The name by which others know them.
        user_name: Option<UserName>,
        /// Their first name.
        first_name: Option<PersonName>,
        /// Their last name.
        last_name: Option<PersonName>,
        /// When.
        at: Timestamp,
    },
    /// The user has shown that an address is theirs. It must be the one they have, and they must not be deleted. A
    /// time that is set already stays.
    VerifyEmail {
        /// Whose address it is.
        user: UserId,
        /// The address.
        email: EmailAddress,
        /// When.
        at: Timestamp,
    },
    /// The user has another address, which is theirs. They must have the one that it follows, and not be deleted; the
    /// new one must be free: [`EmailTaken`](super::Refused::EmailTaken). Tickets that went to the old one are void.
    ChangeEmail {
        /// Whose address it is.
        user: UserId,
        /// The address they have.
        from: EmailAddress,
        /// The address they get.
        to: EmailAddress,
        /// When.
        at: Timestamp,
    },
    /// The user has another status, which must not be the one they have; and a deleted one stays so. When they may
    /// not sign in any more all their sessions end, and all tickets of theirs are void. The last active super admin
    /// stays active: [`LastAdmin`](super::Refused::LastAdmin).
    SetStatus {
        /// Whose status it is.
        user: UserId,
        /// The status they get.
        to: UserStatus,
        /// When.
        at: Timestamp,
    },
    /// The user has another role, which must be there. They must have the one that it follows, and not be deleted; the
    /// last active super admin who can sign in stays one: [`LastAdmin`](super::Refused::LastAdmin).
    SetRole {
        /// Whose role it is.
        user: UserId,
        /// The role they have.
        from: RoleName,
        /// The role they get.
        to: RoleName,
        /// When.
        at: Timestamp,
    },
    /// The user has another password, or none, and all sessions but one end. They must be active, and have the
    /// password that it follows where one is named. Tickets that let somebody in or set a password are void.
    SetPassword {
        /// Whose password it is.
        user: UserId,
        /// The hash they must have.
        from: Option<SecretString>,
        /// The hash they get.
        to: Option<SecretString>,
        /// The session that goes on.
        keep: Option<SessionId>,
        /// Why the others end.
        reason: EndReason,
        /// When.
        at: Timestamp,
    },
    /// The same password has another hash. The user must have the one that it follows; nothing else changes.
    Rehash {
        /// Whose password it is.
        user: UserId,
        /// The hash they have.
        from: SecretString,
        /// The hash they get.
        to: SecretString,
    },
    /// The user has signed in. They must be active, and have the password that was checked, if one was. When they
    /// have more than `most` live sessions the oldest of them end.
    StartSession {
        /// The session.
        session: Session,
        /// The hash that the password was checked against.
        password: Option<SecretString>,
        /// How many sessions a user has at once.
        most: u32,
    },
    /// A session ends. It must be the user's and live.
    EndSession {
        /// Whose it is.
        user: UserId,
        /// Which one.
        session: SessionId,
        /// Why.
        reason: EndReason,
        /// When.
        at: Timestamp,
    },
    /// All sessions of a user end, but one. There may be none.
    EndSessions {
        /// Whose they are.
        user: UserId,
        /// The session that goes on.
        keep: Option<SessionId>,
        /// Why the others end.
        reason: EndReason,
        /// When.
        at: Timestamp,
    },
    /// A session has a name. It must be the user's and live.
    NameSession {
        /// Whose it is.
        user: UserId,
        /// Which one.
        session: SessionId,
        /// What its user calls it.
        name: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Somebody is sent a link or code. Those of this purpose that the user had are void. The user must be active.
    IssueTicket(Ticket),
    /// Something happens to an API key.
    Key(KeyChange),
    /// Something happens to a role.
    Role(RoleChange),
    /// Something happens to an organisation.
    Org(OrgChange),
    /// A link or code is used. It must be there and not have run out; of several callers one redeems it.
    RedeemTicket {
        /// Which one.
        ticket: TicketId,
        /// What it is good for.
        purpose: Purpose,
        /// When.
        at: Timestamp,
    },
}
