//! What is told to whoever subscribes: one event for each step that matters.

use gravity_core::events::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{EmailAddress, EndReason, Method, RoleName, SessionId, UserId};

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

    /// Somebody who is signed in has shown once more who they are.
    SteppedUp = "auth.stepped_up" {
        /// Who.
        id: UserId,
        /// In which session.
        session: SessionId,
    }
}
