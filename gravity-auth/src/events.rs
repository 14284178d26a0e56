//! What is told to whoever subscribes: one event for each step that matters.

use gravity_core::Grants;
use gravity_core::events::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ApiKeyId, EmailAddress, EndReason, InvitationId, LinkedAccountId, Method, OrgId, OrgRole, PasskeyId,
    RoleName, SessionId, UserId,
};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $text:literal { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl Event for $name {
            const NAME: &'static str = $text;
        }
    )*};
}

events! {
    /// Somebody has signed up.
    UserRegistered = "user.registered" {
        /// Who.
        id: UserId,
        /// Where mail reaches them.
        email: EmailAddress,
        /// What they may do.
        role: RoleName,
    }

    /// Somebody has shown that their address is theirs.
    EmailVerified = "auth.email_verified" {
        /// Who.
        id: UserId,
        /// The address.
        email: EmailAddress,
    }

    /// Somebody has another address.
    EmailChanged = "auth.email_changed" {
        /// Who.
        id: UserId,
        /// The address they had.
        from: EmailAddress,
        /// The address they have.
        to: EmailAddress,
    }

    /// Somebody has signed in.
    SignedIn = "auth.signed_in" {
        /// Who.
        id: UserId,
        /// The session that has begun.
        session: SessionId,
        /// By what they have shown who they are.
        methods: Vec<Method>,
    }

    /// A session was ended.
    SessionEnded = "auth.session_ended" {
        /// Whose it was.
        id: UserId,
        /// Which one; none for all that they had but the one that goes on.
        session: Option<SessionId>,
        /// Why.
        reason: EndReason,
    }

    /// A password was changed or reset.
    PasswordChanged = "auth.password_changed" {
        /// Whose.
        id: UserId,
        /// Whether it was reset by somebody who had lost it.
        reset: bool,
    }

    /// Somebody who sees to users wants a user to set another password: the one they had holds no more.
    PasswordDemanded = "user.password_demanded" {
        /// Whose.
        id: UserId,
    }

    /// Somebody has made an account for somebody else.
    UserCreated = "user.created" {
        /// Who.
        id: UserId,
        /// Where mail reaches them.
        email: EmailAddress,
        /// What they may do.
        role: RoleName,
    }

    /// Names or preferences have changed.
    UserUpdated = "user.updated" {
        /// Whose.
        id: UserId,
        /// Which of them: their names only, for they are personal.
        changes: Vec<String>,
    }

    /// A profile has changed.
    UserProfileUpdated = "user.profile_updated" {
        /// Whose.
        id: UserId,
        /// Which parts of it: their names only, for they are personal.
        changes: Vec<String>,
    }

    /// Somebody may not sign in any more.
    UserSuspended = "user.suspended" {
        /// Who.
        id: UserId,
    }

    /// Somebody may sign in again.
    UserUnsuspended = "user.unsuspended" {
        /// Who.
        id: UserId,
    }

    /// An API key was made.
    ApiKeyCreated = "auth.api_key_created" {
        /// Which one.
        id: ApiKeyId,
        /// In whose name it calls.
        user: UserId,
        /// What it may do.
        scopes: Grants,
    }

    /// An API key was changed.
    ApiKeyChanged = "auth.api_key_changed" {
        /// Which one.
        id: ApiKeyId,
        /// In whose name it calls.
        user: UserId,
        /// What it may do now.
        scopes: Grants,
    }

    /// An API key has another secret.
    ApiKeyRotated = "auth.api_key_rotated" {
        /// Which one.
        id: ApiKeyId,
        /// In whose name it calls.
        user: UserId,
    }

    /// An API key was taken back.
    ApiKeyDeleted = "auth.api_key_deleted" {
        /// Which one.
        id: ApiKeyId,
        /// In whose name it called.
        user: UserId,
    }

    /// A role was made.
    RoleCreated = "auth.role_created" {
        /// What it is called.
        name: RoleName,
        /// What it grants by itself.
        grants: Grants,
    }

    /// A role was changed.
    RoleChanged = "auth.role_changed" {
        /// What it is called.
        name: RoleName,
        /// What it grants by itself now.
        grants: Grants,
    }

    /// A role was deleted.
    RoleDeleted = "auth.role_deleted" {
        /// What it was called.
        name: RoleName,
        /// What those got who had it.
        instead: Option<RoleName>,
    }

    /// An organisation was made.
    OrgCreated = "auth.org_created" {
        /// Which one.
        id: OrgId,
        /// Whose it is.
        owner: UserId,
    }

    /// An organisation was deleted.
    OrgDeleted = "auth.org_deleted" {
        /// Which one.
        id: OrgId,
    }

    /// Somebody was invited to an organisation.
    MemberInvited = "auth.org_member_invited" {
        /// Where to.
        org: OrgId,
        /// The invitation.
        invitation: InvitationId,
        /// What they may do there.
        role: OrgRole,
    }

    /// Somebody has joined an organisation.
    MemberJoined = "auth.org_member_joined" {
        /// Which one.
        org: OrgId,
        /// Who.
        user: UserId,
        /// What they may do there.
        role: OrgRole,
    }

    /// A member of an organisation has another role there.
    MemberChanged = "auth.org_member_changed" {
        /// Where.
        org: OrgId,
        /// Who.
        user: UserId,
        /// The role they had.
        from: OrgRole,
        /// The role they have.
        to: OrgRole,
    }

    /// Somebody has left an organisation, or was taken out.
    MemberLeft = "auth.org_member_left" {
        /// Which one.
        org: OrgId,
        /// Who.
        user: UserId,
    }

    /// Somebody acts in the name of a user.
    Impersonated = "auth.impersonated" {
        /// In whose name.
        id: UserId,
        /// Who.
        actor: UserId,
        /// The session.
        session: SessionId,
        /// Why, in their words.
        reason: String,
    }

    /// Somebody may do something else.
    UserRoleChanged = "user.role_changed" {
        /// Who.
        id: UserId,
        /// The role they had.
        from: RoleName,
        /// The role they have.
        to: RoleName,
    }

    /// An account was deleted. It can be restored for a while.
    UserDeleted = "user.deleted" {
        /// Whose.
        id: UserId,
    }

    /// A deleted account is there again.
    UserRestored = "user.restored" {
        /// Whose.
        id: UserId,
    }

    /// Nothing is left of a deleted account: whoever keeps something of its user lets it go too.
    UserPurged = "user.purged" {
        /// Whose.
        id: UserId,
    }

    /// Somebody follows somebody.
    UserFollowed = "user.followed" {
        /// Who follows.
        id: UserId,
        /// Who is followed.
        followee: UserId,
    }

    /// Somebody asks to follow somebody.
    FollowRequested = "user.follow_requested" {
        /// Who asks.
        id: UserId,
        /// Who is asked.
        followee: UserId,
    }

    /// Somebody follows somebody no more.
    UserUnfollowed = "user.unfollowed" {
        /// Who followed.
        id: UserId,
        /// Who was followed.
        followee: UserId,
    }

    /// An authenticator app is asked for from now on.
    TotpEnabled = "auth.totp_enabled" {
        /// Whose.
        id: UserId,
    }

    /// An authenticator app is not asked for any more.
    TotpDisabled = "auth.totp_disabled" {
        /// Whose.
        id: UserId,
    }

    /// Somebody has new recovery codes, and those before are void.
    RecoveryCodesRenewed = "auth.recovery_codes_renewed" {
        /// Whose.
        id: UserId,
    }

    /// A recovery code was used.
    RecoveryCodeUsed = "auth.recovery_code_used" {
        /// Whose.
        id: UserId,
    }

    /// An account at a provider elsewhere lets somebody in from now on.
    AccountLinked = "auth.account_linked" {
        /// Whom.
        id: UserId,
        /// Which account.
        account: LinkedAccountId,
        /// The provider's name here.
        provider: String,
    }

    /// An account at a provider elsewhere lets nobody in any more.
    AccountUnlinked = "auth.account_unlinked" {
        /// Whom it let in.
        id: UserId,
        /// Which account.
        account: LinkedAccountId,
        /// The provider's name here.
        provider: String,
    }

    /// Somebody who is signed in has shown once more who they are.
    SteppedUp = "auth.stepped_up" {
        /// Who.
        id: UserId,
        /// In which session.
        session: SessionId,
    }

    /// Somebody has another passkey.
    PasskeyAdded = "auth.passkey_added" {
        /// Whose.
        id: UserId,
        /// Which one.
        passkey: PasskeyId,
    }

    /// A passkey is called something else.
    PasskeyRenamed = "auth.passkey_renamed" {
        /// Whose.
        id: UserId,
        /// Which one.
        passkey: PasskeyId,
    }

    /// A passkey is good no more.
    PasskeyRemoved = "auth.passkey_removed" {
        /// Whose.
        id: UserId,
        /// Which one.
        passkey: PasskeyId,
    }

    /// A passkey was refused whose counter had not grown: it may have been copied.
    PasskeySuspected = "auth.passkey_suspected" {
        /// Whose.
        id: UserId,
        /// Which one.
        passkey: PasskeyId,
    }
}
