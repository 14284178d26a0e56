//! [`Session`]: one sign-in, and what has become of it.

use gravity_core::{Entity, Id, Secret, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UserId;

/// One sign-in on one device, until it ends.
///
/// Its refresh token is not kept. It is a keyed checksum of `seed` and `generation`, so that the row alone opens
/// nothing, and neither does the key alone; and so that a token of any generation is known for what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which one it is.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// What its refresh tokens are made of, with a key.
    pub seed: Secret<[u8; 32]>,
    /// How often it has been refreshed. Only a token of this generation does so again.
    pub generation: u32,
    /// When it was last refreshed, or began.
    pub refreshed_at: Timestamp,
    /// By what the user has shown who they are.
    pub methods: Vec<Method>,
    /// What is known of the device.
    pub client: Client,
    /// When the user last showed who they are: when they signed in, or were asked again since.
    pub proved_at: Timestamp,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When it ends if it is not refreshed before.
    pub idle_until: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// The thumbprint of the client's key that has to be shown with its tokens (RFC 9449), if one has.
    pub bound_to: Option<String>,
    /// That it was ended, if it was.
    pub ended: Option<Ended>,
}

/// The id of a session: `session_01h455vb4pex5vsknk084sn02q`.
pub type SessionId = Id<Session>;

impl Entity for Session {
    const PREFIX: &'static str = "session";
}

impl Session {
    /// Whether it can be used at this time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.idle_until && now < self.expires_at
    }
}

/// What is known of the device of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Client {
    /// What its user calls it.
    #[schemars(length(max = 100))]
    pub name: Option<String>,
    /// The address it was last seen at.
    #[schemars(length(max = 45))]
    pub address: Option<String>,
    /// What the browser or application says of itself.
    #[schemars(length(max = 512))]
    pub user_agent: Option<String>,
}

/// By what a user has shown who they are (RFC 8176).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// A password.
    Pwd,
    /// A one-time code of an application or device.
    Otp,
    /// A link or code that was sent by mail.
    Mail,
    /// A passkey that stays on its device.
    Hwk,
    /// A passkey that may be copied to other devices of its owner.
    Swk,
    /// They were there: they touched the authenticator.
    User,
    /// Another provider vouches for them.
    Fed,
    /// More than one factor.
    Mfa,
}

impl Method {
    /// The name of it in tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pwd => "pwd",
            Self::Otp => "otp",
            Self::Mail => "mail",
            Self::Hwk => "hwk",
            Self::Swk => "swk",
            Self::User => "user",
            Self::Fed => "fed",
            Self::Mfa => "mfa",
        }
    }
}

/// That a session was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: EndReason,
}

/// Why a session was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its user signed out.
    SignedOut,
    /// Its user, or somebody who manages users, ended it from elsewhere.
    Revoked,
    /// A refresh token that had been replaced was shown again: it may have been stolen.
    TokenReused,
    /// The password was changed or reset.
    PasswordChanged,
    /// The address was shown to belong to somebody who had not set the password.
    AddressClaimed,
    /// The user was suspended.
    Suspended,
    /// The user was deleted.
    Deleted,
    /// The user signed in on more devices than are allowed, and this was the oldest.
    TooMany,
}

impl EndReason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::SignedOut,
        Self::Revoked,
        Self::TokenReused,
        Self::PasswordChanged,
        Self::AddressClaimed,
        Self::Suspended,
        Self::Deleted,
        Self::TooMany,
    ];

    /// The reason as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::TokenReused => "token_reused",
            Self::PasswordChanged => "password_changed",
            Self::AddressClaimed => "address_claimed",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::TooMany => "too_many",
        }
    }
}
