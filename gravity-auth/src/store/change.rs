//! [`Change`]: one thing that happens, and what must be so for it to happen.

use gravity_core::security::mac::Mac;
use gravity_core::{SecretString, Timestamp};

use crate::domain::{
    Challenge, ChallengeId, ChallengeKind, Device, DeviceId, EmailAddress, EndReason, Method, PersonName,
    Purpose, RoleName, Session, SessionId, Ticket, TicketId, TotpFactor, User, UserId, UserName, UserStatus,
};
use crate::totp::TotpStep;

/// One thing that happens. A use case is a few of them, which happen together or not at all.
///
/// Each says what must be so for it to happen. Where it is not so, nothing of the whole happens and the store
/// answers [`Refused::Stale`](super::Refused::Stale), unless another answer is named: somebody else was faster.
#[derive(Debug, Clone)]
pub enum Change {
    /// There is a new user, with the hash of a password or without one. The address and the name must be free:
    /// [`EmailTaken`](super::Refused::EmailTaken), [`NameTaken`](super::Refused::NameTaken).
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
    /// The user has another role. They must have the one that it follows, and not be deleted; the last active super
    /// admin stays one: [`LastAdmin`](super::Refused::LastAdmin).
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
    /// password that it follows where one is named. Tickets that let somebody in or set a password are void, and so are
    /// challenges and remembered devices.
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
    /// A link or code is used. It must be there and not have run out; of several callers one redeems it.
    RedeemTicket {
        /// Which one.
        ticket: TicketId,
        /// What it is good for.
        purpose: Purpose,
        /// When.
        at: Timestamp,
    },
    /// The user has shown once more who they are, and how. The session must be theirs and live.
    ProveSession {
        /// Whose it is.
        user: UserId,
        /// Which one.
        session: SessionId,
        /// By what, in all, they have shown it in this session.
        methods: Vec<Method>,
        /// When.
        at: Timestamp,
    },
    /// The user is shown the secret of an authenticator app. It takes the place of one that was not confirmed; the
    /// user must be active, and have none that was.
    OfferTotp(TotpFactor),
    /// The user has shown a code of the app: from now on it is asked for. It must be the one that was offered last,
    /// and not confirmed. Of several callers one confirms it.
    ConfirmTotp {
        /// Whose it is.
        user: UserId,
        /// The secret that was offered, sealed.
        sealed: Vec<u8>,
        /// The step of the code.
        step: TotpStep,
        /// When.
        at: Timestamp,
    },
    /// A code of the app is used. The app must be confirmed, and no code of this step or a later one taken before: of
    /// several callers one uses it.
    UseTotp {
        /// Whose it is.
        user: UserId,
        /// The step of the code.
        step: TotpStep,
    },
    /// The app is not asked for any more. It must be confirmed; recovery codes and remembered devices go with it.
    RemoveTotp {
        /// Whose it is.
        user: UserId,
    },
    /// The user has these recovery codes and no others. They must be active.
    SetRecoveryCodes {
        /// Whose they are.
        user: UserId,
        /// Their checksums.
        macs: Vec<Mac>,
    },
    /// A recovery code is used. The user must have one of these; of several callers one uses it.
    UseRecoveryCode {
        /// Whose it is.
        user: UserId,
        /// What its checksum may be.
        macs: Vec<Mac>,
    },
    /// Something is begun that has to be finished soon. The user must be active, and have the password that was
    /// checked, if one was.
    OpenChallenge {
        /// The challenge.
        challenge: Challenge,
        /// The hash that the password was checked against.
        password: Option<SecretString>,
    },
    /// It is finished. It must be there and not have run out; of several callers one finishes it.
    CloseChallenge {
        /// Which one.
        challenge: ChallengeId,
        /// What it is good for.
        kind: ChallengeKind,
        /// When.
        at: Timestamp,
    },
    /// A device is remembered. The user must be active. When they have more than `most` the oldest are forgotten.
    RememberDevice {
        /// The device.
        device: Device,
        /// How many devices a user has at once.
        most: u32,
    },
    /// A device is forgotten. It must be the user's.
    ForgetDevice {
        /// Whose it is.
        user: UserId,
        /// Which one.
        device: DeviceId,
    },
}
