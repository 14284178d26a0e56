//! [`Profile`] and [`Person`]: what somebody shows of themselves.

use gravity_core::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BirthDate, Line, Preferences, Prose, User, Website};

/// What somebody says of themselves. Who sees it is a matter of their [`Privacy`](super::Privacy).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Profile {
    /// What they want to be called.
    pub display_name: Option<Line<100>>,
    /// What they say of themselves.
    pub bio: Option<Prose<1000>>,
    /// Where they are.
    pub location: Option<Line<200>>,
    /// Where more of them is.
    pub website: Option<Website>,
    /// When they were born.
    pub birth_date: Option<BirthDate>,
    /// Their gender, in their own words.
    pub gender: Option<Line<50>>,
    /// The name under which their picture is kept.
    pub avatar: Option<String>,
    /// The name under which the picture above their profile is kept.
    pub cover: Option<String>,
}

/// A user, and all that is kept of them beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub user: User,
    /// What they say of themselves.
    pub profile: Profile,
    /// What they like.
    pub preferences: Preferences,
    /// How many follow them.
    pub followers: u64,
    /// How many they follow.
    pub following: u64,
    /// How often profile and preferences have changed.
    pub version: u32,
    /// When the account was deleted, if it is.
    pub deleted_at: Option<Timestamp>,
}

impl Person {
    /// Somebody new.
    pub fn new(user: User) -> Self {
        Self {
            user,
            profile: Profile::default(),
            preferences: Preferences::default(),
            followers: 0,
            following: 0,
            version: 0,
            deleted_at: None,
        }
    }
}
