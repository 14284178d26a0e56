//! [`AuthError`]: what can go wrong, each with a code that clients may rely on.

use std::time::Duration;

use gravity_core::security::password::PasswordError;
use gravity_core::validate::Faults;
use gravity_core::{Error, Grant};

use crate::jwt::KeySetError;
use crate::password::WeakPassword;
use crate::service::PendingSignIn;
use crate::store::Refused;

/// An error of sign-in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// There is no such user, or the password is wrong, or the user may not sign in: it is not told which.
    #[error("the name or the password is wrong")]
    InvalidCredentials,
    /// The link or code is wrong, was used, or has run out.
    #[error("the link or code does not hold")]
    InvalidTicket,
    /// The refresh token is wrong, was used before, or its session has ended.
    #[error("the refresh token does not hold")]
    InvalidRefreshToken,
    /// Another user has this address.
    #[error("another user has this address")]
    EmailTaken,
    /// Another user has this name.
    #[error("another user has this name")]
    UserNameTaken,
    /// The new password is none.
    #[error("the new password will not do: {0}")]
    WeakPassword(#[from] WeakPassword),
    /// The input is not valid.
    #[error("the input is not valid")]
    Invalid(Faults),
    /// Too many attempts.
    #[error("too many attempts")]
    TooManyAttempts {
        /// When the next one may come.
        retry_after: Option<Duration>,
    },
    /// Nobody can sign up.
    #[error("nobody can sign up")]
    SignUpClosed,
    /// The user has no such session.
    #[error("there is no such session")]
    SessionNotFound,
    /// The request came from a page that may not act for the user.
    #[error("the request came from elsewhere, or lacks the token against forgery")]
    ForgedRequest,
    /// Whoever calls is no user of this service.
    #[error("the caller is no user")]
    NoUser,
    /// There is no such user, or none that whoever asks may see: it is not told which.
    #[error("there is no such user")]
    UserNotFound,
    /// The user has no such picture, or none that whoever asks may see.
    #[error("there is no such picture")]
    PictureNotFound,
    /// Nobody asks to follow.
    #[error("nobody has asked to follow")]
    FollowNotFound,
    /// The caller may not do this, or not to somebody who may do more.
    #[error("the caller may not do this")]
    Forbidden,
    /// Somebody has to be super admin.
    #[error("somebody has to be super admin")]
    LastAdmin,
    /// The first factor was right, and the second one has to be shown.
    #[error("a second factor has to be shown")]
    SecondFactorRequired(Box<PendingSignIn>),
    /// The code, or what else was shown as a second factor, is wrong or was used.
    #[error("the second factor is wrong")]
    InvalidSecondFactor,
    /// The user has this second factor already.
    #[error("there is such a second factor already")]
    SecondFactorExists,
    /// The user has no second factor.
    #[error("there is no second factor")]
    NoSecondFactor,
    /// Whoever calls has to show once more who they are.
    #[error("who calls has to show once more who they are")]
    StepUpRequired,
    /// The address of the account was never verified.
    #[error("the address was never verified")]
    EmailNotVerified,
    /// The user has no such device.
    #[error("there is no such device")]
    DeviceNotFound,
    /// The passkey is wrong, nobody's, or of somebody who may not sign in: it is not told which.
    #[error("the passkey does not hold")]
    InvalidPasskey,
    /// The user has no such passkey.
    #[error("there is no such passkey")]
    PasskeyNotFound,
    /// The passkey is somebody's already.
    #[error("the passkey is somebody's already")]
    PasskeyExists,
    /// Without it the user could not sign in any more.
    #[error("there is no other way in")]
    LastWayIn,
    /// The application has named no site that passkeys are for.
    #[error("there are no passkeys here")]
    PasskeysOff,
    /// No provider of this name lets people in here.
    #[error("there is no such provider")]
    ProviderNotFound,
    /// What came back from the provider belongs to no sign-in of this browser, was used before, came too late, or does
    /// not hold.
    #[error("the answer of the provider does not hold")]
    InvalidProviderAnswer,
    /// Somebody, at the provider, has not let the application know who they are.
    #[error("the provider was not let to say who it is")]
    ProviderDenied,
    /// The provider cannot be reached, or has too much to do. It may do better later.
    #[error("the provider cannot be reached")]
    ProviderUnavailable,
    /// The provider answers what makes no sense.
    #[error("the provider answers what makes no sense")]
    ProviderFailed,
    /// There is no account here yet, and the provider vouches for no address that one could be made with.
    #[error("the provider vouches for no address")]
    NoVouchedAddress,
    /// There is an account here with this address. Whoever signs in to it can link the one at the provider.
    #[error("there is an account with this address, which is not linked")]
    LinkRequired,
    /// The account at the provider lets somebody else in, or the user has another one there.
    #[error("the account at the provider is taken, or there is another one")]
    AccountTaken,
    /// The user has no such account at a provider.
    #[error("there is no such account")]
    AccountNotFound,
    /// The caller would give what they do not hold.
    #[error("whoever does not hold {0} cannot give it")]
    NotHeld(Grant),
    /// Only somebody who is signed in themselves may do this: no API key, and nobody who acts for another.
    #[error("only somebody who is signed in themselves may do this")]
    NotInPerson,
    /// There is no such API key.
    #[error("there is no such API key")]
    ApiKeyNotFound,
    /// There are as many as there may be.
    #[error("there are as many as there may be")]
    TooMany,
    /// There is no such role.
    #[error("there is no such role")]
    RoleNotFound,
    /// There is a role of this name already.
    #[error("there is a role of this name already")]
    RoleTaken,
    /// Somebody has the role, or a role builds on it.
    #[error("somebody has the role, or a role builds on it")]
    RoleInUse,
    /// The role is there from the start, and stays.
    #[error("the role is there from the start, and stays")]
    RoleProtected,
    /// The proof of possession does not hold, was used before, or is missing where the session is bound to a key.
    #[error("the proof of possession does not hold")]
    InvalidProof,
    /// There is no such organisation, for this caller.
    #[error("there is no such organisation")]
    OrgNotFound,
    /// The caller's role in the organisation does not allow it.
    #[error("the caller's role in the organisation does not allow it")]
    OrgForbidden,
    /// Somebody is no member.
    #[error("there is no such member")]
    MemberNotFound,
    /// Somebody is a member already.
    #[error("there is such a member already")]
    AlreadyMember,
    /// There is no such invitation.
    #[error("there is no such invitation")]
    InvitationNotFound,
    /// Somebody has to be owner.
    #[error("somebody has to be owner")]
    LastOwner,
    /// The application does not want it, for this reason: [`Hooks`](crate::hooks::Hooks).
    #[error("refused: {0}")]
    Refused(String),
    /// Things have changed meanwhile.
    #[error("somebody else was faster")]
    Conflict,
    /// What is not about sign-in: a database that cannot be reached, a queue that is full.
    #[error(transparent)]
    Other(#[from] Error),
}

impl AuthError {
    /// The code of this error: it never changes.
    pub fn code(&self) -> &str {
        match self {
            Self::InvalidCredentials => "auth.invalid_credentials",
            Self::InvalidTicket => "auth.invalid_ticket",
            Self::InvalidRefreshToken => "auth.invalid_refresh_token",
            Self::EmailTaken => "auth.email_taken",
            Self::UserNameTaken => "auth.user_name_taken",
            Self::WeakPassword(_) => "auth.weak_password",
            Self::Invalid(_) => "http.invalid",
            Self::TooManyAttempts { .. } => "auth.too_many_attempts",
            Self::SignUpClosed => "auth.sign_up_closed",
            Self::SessionNotFound => "auth.session_not_found",
            Self::ForgedRequest => "auth.forged_request",
            Self::NoUser => "auth.no_user",
            Self::UserNotFound => "auth.user_not_found",
            Self::PictureNotFound => "auth.picture_not_found",
            Self::FollowNotFound => "auth.follow_not_found",
            Self::Forbidden => "http.forbidden",
            Self::LastAdmin => "auth.last_admin",
            Self::SecondFactorRequired(_) => "auth.second_factor_required",
            Self::InvalidSecondFactor => "auth.invalid_second_factor",
            Self::SecondFactorExists => "auth.second_factor_exists",
            Self::NoSecondFactor => "auth.no_second_factor",
            Self::StepUpRequired => "auth.step_up_required",
            Self::EmailNotVerified => "auth.email_not_verified",
            Self::DeviceNotFound => "auth.device_not_found",
            Self::InvalidPasskey => "auth.invalid_passkey",
            Self::PasskeyNotFound => "auth.passkey_not_found",
            Self::PasskeyExists => "auth.passkey_exists",
            Self::LastWayIn => "auth.last_way_in",
            Self::PasskeysOff => "auth.passkeys_off",
            Self::ProviderNotFound => "auth.provider_not_found",
            Self::InvalidProviderAnswer => "auth.invalid_provider_answer",
            Self::ProviderDenied => "auth.provider_denied",
            Self::ProviderUnavailable => "auth.provider_unavailable",
            Self::ProviderFailed => "auth.provider_failed",
            Self::NoVouchedAddress => "auth.no_vouched_address",
            Self::LinkRequired => "auth.link_required",
            Self::AccountTaken => "auth.account_taken",
            Self::AccountNotFound => "auth.account_not_found",
            Self::NotHeld(_) => "auth.not_held",
            Self::NotInPerson => "auth.not_in_person",
            Self::ApiKeyNotFound => "auth.api_key_not_found",
            Self::TooMany => "auth.too_many",
            Self::RoleNotFound => "auth.role_not_found",
            Self::RoleTaken => "auth.role_taken",
            Self::RoleInUse => "auth.role_in_use",
            Self::RoleProtected => "auth.role_protected",
            Self::InvalidProof => "auth.invalid_dpop_proof",
            Self::OrgNotFound => "auth.org_not_found",
            Self::OrgForbidden => "auth.org_forbidden",
            Self::MemberNotFound => "auth.member_not_found",
            Self::AlreadyMember => "auth.already_member",
            Self::InvitationNotFound => "auth.invitation_not_found",
            Self::LastOwner => "auth.last_owner",
            Self::Refused(_) => "auth.refused",
            Self::Conflict => "auth.conflict",
            Self::Other(error) => error.code(),
        }
    }
}

impl From<Refused> for AuthError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::EmailTaken => Self::EmailTaken,
            Refused::NameTaken => Self::UserNameTaken,
            Refused::LastAdmin => Self::LastAdmin,
            Refused::AccountTaken => Self::AccountTaken,
            Refused::LastWayIn => Self::LastWayIn,
            Refused::TooMany => Self::TooMany,
            Refused::LastOwner => Self::LastOwner,
            // Those who may refuse so are answered by name where they do.
            Refused::Stale | Refused::Exists | Refused::InUse | Refused::Circle => Self::Conflict,
            Refused::Failed(error) => Self::Other(error),
        }
    }
}

macro_rules! by_core {
    ($($error:ty),*) => {$(
        impl From<$error> for AuthError {
            fn from(error: $error) -> Self {
                Self::Other(error.into())
            }
        }
    )*};
}

by_core!(
    PasswordError,
    gravity_core::events::Error,
    gravity_core::jobs::Error,
    gravity_core::audit::Error,
    gravity_core::security::envelope::EnvelopeError
);

impl From<KeySetError> for AuthError {
    fn from(error: KeySetError) -> Self {
        Self::Other(Error::internal(error))
    }
}
