//! [`Change`]: one thing that happens, and what must be so for it to happen.

use gravity_core::security::mac::Mac;
use gravity_core::{SecretString, Timestamp};

use super::{AccountChange, KeyChange, OrgChange, PasskeyChange, RoleChange};
use crate::domain::{
    Activity, Challenge, ChallengeId, ChallengeKind, Device, DeviceId, EmailAddress, EndReason, FollowState,
    Method, PersonName, Preferences, Profile, Purpose, RoleName, Session, SessionId, Ticket, TicketId,
    TotpFactor, User, UserId, UserName, UserStatus,
};
use crate::totp::TotpStep;

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
        /// The hash of their password, in PHC form or as it was [made elsewhere](crate::password::ImportedHash).
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
    /// last active super admin who can sign in stays one: [`LastAdmin`](super::Refused::LastAdmin). Their access
    /// tokens of before are called back.
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
    /// password that it follows where one is named. Tickets that let somebody in, set a password or change the address are
    /// void, and so are challenges and remembered devices.
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
    /// The user has this role, whatever their status: whoever changes it comes before or after all of this.
    Holds {
        /// Who.
        user: UserId,
        /// The role they must have.
        role: RoleName,
    },
    /// The user says something else of themselves, or likes something else. Profile and preferences must have this
    /// version, and the user must not be deleted.
    SetProfile {
        /// Whose it is.
        user: UserId,
        /// The version that it follows.
        version: u32,
        /// What they say of themselves.
        profile: Profile,
        /// What they like.
        preferences: Preferences,
    },
    /// Somebody follows somebody else, or asks to. Both must be active, and it must be so neither way yet. Only who
    /// shows their profile to everybody is followed at once, and only who shows it to followers is asked.
    Follow {
        /// Who follows.
        follower: UserId,
        /// Who is followed.
        followee: UserId,
        /// Whether they do, or ask to.
        state: FollowState,
        /// When.
        at: Timestamp,
    },
    /// Somebody who has asked to follow is let. They must have asked.
    AcceptFollow {
        /// Who follows.
        follower: UserId,
        /// Who is followed.
        followee: UserId,
        /// When.
        at: Timestamp,
    },
    /// Somebody follows somebody no more, or asks no more, and no activity tells that they did. They must have.
    Unfollow {
        /// Who followed.
        follower: UserId,
        /// Who was followed.
        followee: UserId,
    },
    /// Others may see that somebody did something. They must not be deleted.
    Note(Activity),
    /// A deleted user is there again, and suspended if they were when they were deleted. They must have been deleted
    /// after a time, and not be purged.
    Restore {
        /// Who.
        user: UserId,
        /// They must have been deleted after this.
        deleted_after: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// Nothing is left of a deleted user but that there was one: address, names, password, profile, sessions,
    /// follows and all else that hangs on the account is gone. They must have been deleted at a time or before, and
    /// not be purged.
    Purge {
        /// Who.
        user: UserId,
        /// They must have been deleted at this time or before.
        deleted_until: Timestamp,
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
    /// A session's tokens are bound to a key of the client. It must be the user's and live, and bound to none.
    BindSession {
        /// Whose it is.
        user: UserId,
        /// Which one.
        session: SessionId,
        /// The thumbprint of the key.
        key: String,
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
    /// Something is used that is good once, such as an answer: it must not have been used before. Of several callers one
    /// is told that it was not.
    Spend {
        /// Which one.
        mark: String,
        /// When that may be forgotten, for it is good for nothing by then.
        until: Timestamp,
    },
    /// The app is not asked for any more. It must be confirmed; remembered devices go with it and, where the user has no
    /// passkey, recovery codes.
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
    /// Something happens to an account at a provider elsewhere.
    Account(AccountChange),
    /// A device is forgotten. It must be the user's.
    ForgetDevice {
        /// Whose it is.
        user: UserId,
        /// Which one.
        device: DeviceId,
    },
    /// Something happens to a passkey.
    Passkey(PasskeyChange),
}
