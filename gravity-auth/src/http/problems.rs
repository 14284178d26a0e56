//! How errors are answered.

use std::time::Duration;

use gravity_core::Error;
use gravity_core::http::problems::{FORBIDDEN, INVALID};
use gravity_core::http::{IntoProblem, Problem, ProblemKind};
use gravity_core::validate::Faults;
use http::StatusCode;

use crate::AuthError;

/// When a provider that could not be reached may be tried again.
const PROVIDER_PAUSE: Duration = Duration::from_secs(30);

macro_rules! kinds {
    ($($name:ident = $status:ident, $code:literal, $title:literal;)*) => {
        $(pub(crate) const $name: ProblemKind = ProblemKind::new(StatusCode::$status, $code, $title);)*
    };
}

kinds! {
    INVALID_CREDENTIALS = UNAUTHORIZED, "auth.invalid_credentials", "The name or the password is wrong.";
    INVALID_TICKET = BAD_REQUEST, "auth.invalid_ticket", "The link or code is wrong, was used, or has run out.";
    INVALID_REFRESH_TOKEN = UNAUTHORIZED, "auth.invalid_refresh_token", "The refresh token does not hold; sign in again.";
    EMAIL_TAKEN = CONFLICT, "auth.email_taken", "Another account has this address.";
    USER_NAME_TAKEN = CONFLICT, "auth.user_name_taken", "Another account has this name.";
    WEAK_PASSWORD = UNPROCESSABLE_ENTITY, "auth.weak_password", "The new password will not do.";
    TOO_MANY_ATTEMPTS = TOO_MANY_REQUESTS, "auth.too_many_attempts", "Too many attempts; try again later.";
    SIGN_UP_CLOSED = FORBIDDEN, "auth.sign_up_closed", "Nobody can sign up here.";
    SESSION_NOT_FOUND = NOT_FOUND, "auth.session_not_found", "There is no such session.";
    FORGED_REQUEST = FORBIDDEN, "auth.forged_request", "The request does not come from a page that may make it.";
    NO_USER = FORBIDDEN, "auth.no_user", "Whoever calls has no account here.";
    USER_NOT_FOUND = NOT_FOUND, "auth.user_not_found", "There is no such user.";
    PICTURE_NOT_FOUND = NOT_FOUND, "auth.picture_not_found", "There is no such picture.";
    FOLLOW_NOT_FOUND = NOT_FOUND, "auth.follow_not_found", "Nobody has asked to follow.";
    LAST_ADMIN = CONFLICT, "auth.last_admin", "Somebody has to be super admin.";
    SECOND_FACTOR_REQUIRED = UNAUTHORIZED, "auth.second_factor_required", "A second factor has to be shown.";
    INVALID_SECOND_FACTOR = UNAUTHORIZED, "auth.invalid_second_factor", "The second factor is wrong, or was used.";
    SECOND_FACTOR_EXISTS = CONFLICT, "auth.second_factor_exists", "There is such a second factor already.";
    NO_SECOND_FACTOR = CONFLICT, "auth.no_second_factor", "There is no second factor.";
    STEP_UP_REQUIRED = FORBIDDEN, "auth.step_up_required", "Show once more who you are, with your second factor if you have one.";
    EMAIL_NOT_VERIFIED = FORBIDDEN, "auth.email_not_verified", "Confirm your address first.";
    DEVICE_NOT_FOUND = NOT_FOUND, "auth.device_not_found", "There is no such device.";
    INVALID_PASSKEY = UNAUTHORIZED, "auth.invalid_passkey", "The passkey does not hold, or its answer came too late; begin again.";
    PASSKEY_NOT_FOUND = NOT_FOUND, "auth.passkey_not_found", "There is no such passkey.";
    PASSKEY_EXISTS = CONFLICT, "auth.passkey_exists", "This passkey is somebody's already.";
    LAST_WAY_IN = CONFLICT, "auth.last_way_in", "You could not sign in without it; set a password first, or add another.";
    PASSKEYS_OFF = NOT_FOUND, "auth.passkeys_off", "There are no passkeys here.";
    PROVIDER_NOT_FOUND = NOT_FOUND, "auth.provider_not_found", "Nobody signs in by this provider here.";
    INVALID_PROVIDER_ANSWER = BAD_REQUEST, "auth.invalid_provider_answer", "The provider's answer does not hold, was used, or came too late; begin again.";
    PROVIDER_DENIED = FORBIDDEN, "auth.provider_denied", "The sign-in at the provider was declined.";
    PROVIDER_UNAVAILABLE = SERVICE_UNAVAILABLE, "auth.provider_unavailable", "The provider cannot be reached; try again later.";
    PROVIDER_FAILED = BAD_GATEWAY, "auth.provider_failed", "The provider answers what makes no sense.";
    NO_VOUCHED_ADDRESS = FORBIDDEN, "auth.no_vouched_address", "The provider vouches for no address; sign up here, and link the account afterwards.";
    LINK_REQUIRED = CONFLICT, "auth.link_required", "There is an account with this address; sign in to it, and link the other one.";
    ACCOUNT_TAKEN = CONFLICT, "auth.account_taken", "The account at the provider is linked already, or another one of that provider is.";
    ACCOUNT_NOT_FOUND = NOT_FOUND, "auth.account_not_found", "There is no such linked account.";
    NOT_HELD = FORBIDDEN, "auth.not_held", "Nobody gives what they do not hold.";
    NOT_IN_PERSON = FORBIDDEN, "auth.not_in_person", "Only somebody who is signed in themselves may do this.";
    API_KEY_NOT_FOUND = NOT_FOUND, "auth.api_key_not_found", "There is no such API key.";
    TOO_MANY = CONFLICT, "auth.too_many", "There are as many as there may be.";
    ROLE_NOT_FOUND = NOT_FOUND, "auth.role_not_found", "There is no such role.";
    ROLE_TAKEN = CONFLICT, "auth.role_taken", "There is a role of this name already.";
    ROLE_IN_USE = CONFLICT, "auth.role_in_use", "Somebody has the role, or a role builds on it.";
    ROLE_PROTECTED = CONFLICT, "auth.role_protected", "The role is there from the start, and stays.";
    INVALID_PROOF = UNAUTHORIZED, "auth.invalid_dpop_proof", "The proof of possession does not hold, was used, or is missing.";
    ORG_NOT_FOUND = NOT_FOUND, "auth.org_not_found", "There is no such organisation.";
    ORG_FORBIDDEN = FORBIDDEN, "auth.org_forbidden", "Your role in the organisation does not allow it.";
    MEMBER_NOT_FOUND = NOT_FOUND, "auth.member_not_found", "There is no such member.";
    ALREADY_MEMBER = CONFLICT, "auth.already_member", "They are a member already.";
    INVITATION_NOT_FOUND = NOT_FOUND, "auth.invitation_not_found", "There is no such invitation.";
    LAST_OWNER = CONFLICT, "auth.last_owner", "Somebody has to be owner.";
    REFUSED = FORBIDDEN, "auth.refused", "The application does not allow it.";
    CONFLICTING = CONFLICT, "auth.conflict", "Somebody else was faster; look again.";
}

impl IntoProblem for AuthError {
    const KINDS: &'static [ProblemKind] = &[
        INVALID_CREDENTIALS,
        INVALID_TICKET,
        INVALID_REFRESH_TOKEN,
        EMAIL_TAKEN,
        USER_NAME_TAKEN,
        WEAK_PASSWORD,
        TOO_MANY_ATTEMPTS,
        SIGN_UP_CLOSED,
        SESSION_NOT_FOUND,
        FORGED_REQUEST,
        NO_USER,
        USER_NOT_FOUND,
        PICTURE_NOT_FOUND,
        FOLLOW_NOT_FOUND,
        FORBIDDEN,
        LAST_ADMIN,
        SECOND_FACTOR_REQUIRED,
        INVALID_SECOND_FACTOR,
        SECOND_FACTOR_EXISTS,
        NO_SECOND_FACTOR,
        STEP_UP_REQUIRED,
        EMAIL_NOT_VERIFIED,
        DEVICE_NOT_FOUND,
        ACCOUNT_NOT_FOUND,
        ACCOUNT_TAKEN,
        INVALID_PASSKEY,
        INVALID_PROVIDER_ANSWER,
        LAST_WAY_IN,
        LINK_REQUIRED,
        NO_VOUCHED_ADDRESS,
        PASSKEYS_OFF,
        PASSKEY_EXISTS,
        PASSKEY_NOT_FOUND,
        PROVIDER_DENIED,
        PROVIDER_FAILED,
        PROVIDER_NOT_FOUND,
        PROVIDER_UNAVAILABLE,
        NOT_HELD,
        NOT_IN_PERSON,
        API_KEY_NOT_FOUND,
        TOO_MANY,
        ROLE_NOT_FOUND,
        ROLE_TAKEN,
        ROLE_IN_USE,
        ROLE_PROTECTED,
        INVALID_PROOF,
        ORG_NOT_FOUND,
        ORG_FORBIDDEN,
        MEMBER_NOT_FOUND,
        ALREADY_MEMBER,
        INVITATION_NOT_FOUND,
        LAST_OWNER,
        REFUSED,
        CONFLICTING,
        INVALID,
        gravity_core::http::problems::INTERNAL,
        gravity_core::http::problems::UNAVAILABLE,
        gravity_core::http::problems::DATABASE_UNAVAILABLE,
    ];
    const MORE_CODES: bool = Error::MORE_CODES;

    fn into_problem(self) -> Problem {
        match self {
            Self::InvalidCredentials => INVALID_CREDENTIALS.into(),
            Self::InvalidTicket => INVALID_TICKET.into(),
            Self::InvalidRefreshToken => INVALID_REFRESH_TOKEN.into(),
            Self::EmailTaken => EMAIL_TAKEN.into(),
            Self::UserNameTaken => USER_NAME_TAKEN.into(),
            Self::WeakPassword(weak) => {
                Problem::new(WEAK_PASSWORD).faults(Faults::one("/password", weak.code(), weak.to_string()))
            }
            Self::Invalid(faults) => Problem::invalid(faults),
            Self::TooManyAttempts { retry_after } => match retry_after {
                Some(wait) => Problem::new(TOO_MANY_ATTEMPTS).retry_after(wait),
                None => TOO_MANY_ATTEMPTS.into(),
            },
            Self::SignUpClosed => SIGN_UP_CLOSED.into(),
            Self::SessionNotFound => SESSION_NOT_FOUND.into(),
            Self::ForgedRequest => FORGED_REQUEST.into(),
            Self::NoUser => NO_USER.into(),
            Self::UserNotFound => USER_NOT_FOUND.into(),
            Self::PictureNotFound => PICTURE_NOT_FOUND.into(),
            Self::FollowNotFound => FOLLOW_NOT_FOUND.into(),
            Self::Forbidden => FORBIDDEN.into(),
            Self::LastAdmin => LAST_ADMIN.into(),
            Self::SecondFactorRequired(_) => SECOND_FACTOR_REQUIRED.into(),
            Self::InvalidSecondFactor => INVALID_SECOND_FACTOR.into(),
            Self::SecondFactorExists => SECOND_FACTOR_EXISTS.into(),
            Self::NoSecondFactor => NO_SECOND_FACTOR.into(),
            Self::StepUpRequired => STEP_UP_REQUIRED.into(),
            Self::EmailNotVerified => EMAIL_NOT_VERIFIED.into(),
            Self::DeviceNotFound => DEVICE_NOT_FOUND.into(),
            Self::InvalidPasskey => INVALID_PASSKEY.into(),
            Self::PasskeyNotFound => PASSKEY_NOT_FOUND.into(),
            Self::PasskeyExists => PASSKEY_EXISTS.into(),
            Self::LastWayIn => LAST_WAY_IN.into(),
            Self::PasskeysOff => PASSKEYS_OFF.into(),
            Self::ProviderNotFound => PROVIDER_NOT_FOUND.into(),
            Self::InvalidProviderAnswer => INVALID_PROVIDER_ANSWER.into(),
            Self::ProviderDenied => PROVIDER_DENIED.into(),
            Self::ProviderUnavailable => Problem::new(PROVIDER_UNAVAILABLE).retry_after(PROVIDER_PAUSE),
            Self::ProviderFailed => PROVIDER_FAILED.into(),
            Self::NoVouchedAddress => NO_VOUCHED_ADDRESS.into(),
            Self::LinkRequired => LINK_REQUIRED.into(),
            Self::AccountTaken => ACCOUNT_TAKEN.into(),
            Self::AccountNotFound => ACCOUNT_NOT_FOUND.into(),
            Self::NotHeld(grant) => Problem::new(NOT_HELD).detail(format!("You do not hold {grant}.")),
            Self::NotInPerson => NOT_IN_PERSON.into(),
            Self::ApiKeyNotFound => API_KEY_NOT_FOUND.into(),
            Self::TooMany => TOO_MANY.into(),
            Self::RoleNotFound => ROLE_NOT_FOUND.into(),
            Self::RoleTaken => ROLE_TAKEN.into(),
            Self::RoleInUse => ROLE_IN_USE.into(),
            Self::RoleProtected => ROLE_PROTECTED.into(),
            Self::InvalidProof => INVALID_PROOF.into(),
            Self::OrgNotFound => ORG_NOT_FOUND.into(),
            Self::OrgForbidden => ORG_FORBIDDEN.into(),
            Self::MemberNotFound => MEMBER_NOT_FOUND.into(),
            Self::AlreadyMember => ALREADY_MEMBER.into(),
            Self::InvitationNotFound => INVITATION_NOT_FOUND.into(),
            Self::LastOwner => LAST_OWNER.into(),
            Self::Refused(reason) => Problem::new(REFUSED).detail(reason),
            Self::Conflict => CONFLICTING.into(),
            Self::Other(error) => error.into_problem(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::WeakPassword;

    #[test]
    fn an_error_has_one_code() {
        for error in [
            AuthError::InvalidCredentials,
            AuthError::InvalidTicket,
            AuthError::InvalidRefreshToken,
            AuthError::EmailTaken,
            AuthError::UserNameTaken,
            AuthError::WeakPassword(WeakPassword::TooCommon),
            AuthError::Invalid(Faults::new()),
            AuthError::TooManyAttempts { retry_after: None },
            AuthError::SignUpClosed,
            AuthError::SessionNotFound,
            AuthError::ForgedRequest,
            AuthError::NoUser,
            AuthError::UserNotFound,
            AuthError::PictureNotFound,
            AuthError::FollowNotFound,
            AuthError::Forbidden,
            AuthError::LastAdmin,
            AuthError::InvalidSecondFactor,
            AuthError::SecondFactorExists,
            AuthError::NoSecondFactor,
            AuthError::StepUpRequired,
            AuthError::EmailNotVerified,
            AuthError::DeviceNotFound,
            AuthError::InvalidPasskey,
            AuthError::PasskeyNotFound,
            AuthError::PasskeyExists,
            AuthError::LastWayIn,
            AuthError::PasskeysOff,
            AuthError::ProviderNotFound,
            AuthError::InvalidProviderAnswer,
            AuthError::ProviderDenied,
            AuthError::ProviderUnavailable,
            AuthError::ProviderFailed,
            AuthError::NoVouchedAddress,
            AuthError::LinkRequired,
            AuthError::AccountTaken,
            AuthError::AccountNotFound,
            AuthError::NotHeld("users:read".parse().unwrap()),
            AuthError::NotInPerson,
            AuthError::UserNotFound,
            AuthError::ApiKeyNotFound,
            AuthError::TooMany,
            AuthError::RoleNotFound,
            AuthError::RoleTaken,
            AuthError::RoleInUse,
            AuthError::RoleProtected,
            AuthError::InvalidProof,
            AuthError::OrgNotFound,
            AuthError::OrgForbidden,
            AuthError::MemberNotFound,
            AuthError::AlreadyMember,
            AuthError::InvitationNotFound,
            AuthError::LastOwner,
            AuthError::Conflict,
            AuthError::Other(Error::internal("x")),
        ] {
            let code = error.code().to_owned();
            let problem = error.into_problem();
            assert!(problem.code() == code || problem.kind() == gravity_core::http::problems::INTERNAL);
        }
    }
}
