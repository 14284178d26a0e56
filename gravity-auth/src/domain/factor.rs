//! Second factors: what somebody shows beside a password or a link.

use gravity_core::security::mac::Mac;
use gravity_core::{Entity, Id, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::UserId;
use crate::totp::TotpStep;

/// The authenticator app of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpFactor {
    /// Whose it is.
    pub user: UserId,
    /// The secret that the app shares, sealed. It tells one enrolment from the next.
    pub sealed: Vec<u8>,
    /// Since when it is asked for; `None` while nobody has shown that an app knows the secret.
    pub confirmed_at: Option<Timestamp>,
    /// The step of the code that was taken last: neither it nor one before it is taken again.
    pub last_step: Option<TotpStep>,
    /// When the secret was made.
    pub created_at: Timestamp,
}

/// What can be shown as a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// A code of an authenticator app.
    Totp,
    /// One of the codes for when everything else is lost.
    RecoveryCode,
    /// A passkey.
    Passkey,
}

/// Something that was begun and has to be finished soon, by whoever has its token: once, and of any number that a user
/// has at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Challenge {
    /// Which one it is.
    pub id: ChallengeId,
    /// What it is good for.
    pub kind: ChallengeKind,
    /// Whose it is.
    pub user: UserId,
    /// The checksum of its token.
    pub mac: Mac,
    /// What was found out when it was begun.
    pub data: Value,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it is good for nothing any more.
    pub expires_at: Timestamp,
}

/// The id of a challenge.
pub type ChallengeId = Id<Challenge>;

impl Entity for Challenge {
    const PREFIX: &'static str = "challenge";
}

/// What a challenge is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeKind {
    /// To show the second factor of a sign-in.
    SecondFactor,
    /// To get the session of a sign-in elsewhere.
    Handover,
}

impl ChallengeKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SecondFactor, Self::Handover];

    /// The kind as it is stored, and the context of the checksums of its tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::Handover => "handover",
        }
    }
}

/// A device on which the second factor was shown, and is not asked for again for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which one it is.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// What it is called.
    pub name: String,
    /// The checksum of what it keeps.
    pub mac: Mac,
    /// When it was remembered.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// The id of a device: `device_01h455vb4pex5vsknk084sn02q`.
pub type DeviceId = Id<Device>;

impl Entity for Device {
    const PREFIX: &'static str = "device";
}
