//! [`Follow`] and [`Activity`]: who follows whom, and what people do.

use gravity_core::{Entity, Id, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UserId;

/// That somebody follows somebody, or asks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// Who follows.
    pub follower: UserId,
    /// Who is followed.
    pub followee: UserId,
    /// Whether they do, or ask to.
    pub state: FollowState,
    /// Since when.
    pub since: Timestamp,
}

/// Whether somebody follows somebody, or asks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FollowState {
    /// They do.
    Following,
    /// They ask to.
    Requested,
}

impl FollowState {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Following, Self::Requested];

    /// The state as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Requested => "requested",
        }
    }
}

/// Something that somebody did, and that others may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// Which one it is.
    pub id: ActivityId,
    /// Who did it.
    pub user: UserId,
    /// What.
    pub kind: ActivityKind,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// The id of an activity.
pub type ActivityId = Id<Activity>;

impl Entity for Activity {
    const PREFIX: &'static str = "activity";
}

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// They began to follow somebody.
    Followed,
    /// They changed their profile.
    ProfileUpdated,
    /// They have another picture.
    PictureChanged,
}

impl ActivityKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Followed, Self::ProfileUpdated, Self::PictureChanged];

    /// The kind as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::ProfileUpdated => "profile_updated",
            Self::PictureChanged => "picture_changed",
        }
    }
}
