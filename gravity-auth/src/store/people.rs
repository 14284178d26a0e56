//! [`PeopleStore`]: what is read of people.

use async_trait::async_trait;
use gravity_core::page::{KeyColumn, KeyKind, KeyValue, Keyset, PageRows, Position};
use gravity_core::{Error, Timestamp};

use crate::domain::{
    Activity, EmailAddress, Follow, FollowState, Person, RoleName, User, UserId, UserStatus, sought,
};

/// What is read of people: profiles, who follows whom, what they do. What changes them is a
/// [`Change`](super::Change).
#[async_trait]
pub trait PeopleStore: Send + Sync + 'static {
    /// The person, whatever their status.
    async fn person(&self, id: UserId) -> Result<Option<Person>, Error>;

    /// Those of these people that there are, in no order. Of more than a thousand a store may leave some out.
    async fn persons(&self, ids: &[UserId]) -> Result<Vec<Person>, Error>;

    /// The people that a filter lets through in the order of [`PEOPLE`], page by page, either way.
    async fn people(
        &self,
        filter: &PeopleFilter,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Person>, Error>;

    /// That somebody follows somebody, or asks to.
    async fn follow(&self, follower: UserId, followee: UserId) -> Result<Option<Follow>, Error>;

    /// Who follows somebody, or whom they follow, in this state and the order of [`FOLLOWS`], page by page, either
    /// way. Who is not active, or shows their profile to nobody, is left out.
    async fn follows(
        &self,
        user: UserId,
        side: Side,
        state: FollowState,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Follow>, Error>;

    /// What somebody did, in the order of [`ACTIVITIES`], page by page, either way. What was done to somebody who is
    /// not active, or shows their profile to nobody, is left out.
    async fn activities(
        &self,
        user: UserId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Activity>, Error>;

    /// Who was deleted at a time or before, and is not purged, the first first; at most so many.
    async fn purgeable(&self, deleted_until: Timestamp, limit: u32) -> Result<Vec<UserId>, Error>;

    /// Erases who somebody is from the audit log. To do so again is no fault.
    async fn forget(&self, user: UserId) -> Result<(), Error>;
}

/// Which people are asked for. Each condition narrows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// Those who have, for each of these, a word that begins with it: see [`sought`]. A search that has no words
    /// finds nobody.
    pub words: Option<Vec<String>>,
    /// Those only who show their profile to everybody and are active, by the words only that everybody sees.
    pub shown: bool,
    /// Those of this role.
    pub role: Option<RoleName>,
    /// Those of this status.
    pub status: Option<UserStatus>,
    /// Those whose address is verified, or is not.
    pub verified: Option<bool>,
    /// Those whose account was made at this time or later.
    pub created_since: Option<Timestamp>,
    /// Those whose account was made before this time.
    pub created_until: Option<Timestamp>,
}

impl PeopleFilter {
    /// What is searched for, as somebody types it.
    #[must_use]
    pub fn search(mut self, text: &str) -> Self {
        self.words = Some(sought(text));
        self
    }
}

/// An end of a follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those who follow.
    Followers,
    /// Those who are followed.
    Following,
}

impl Side {
    /// The one of a follow that is listed on this side.
    pub const fn of(self, follow: &Follow) -> UserId {
        match self {
            Self::Followers => follow.follower,
            Self::Following => follow.followee,
        }
    }
}

/// The order of a list of people: whose account is newest comes first.
pub const PEOPLE: Keyset =
    Keyset::new(&[KeyColumn::desc("created_at", KeyKind::Time), KeyColumn::desc("id", KeyKind::Uuid)]);

/// The order of a list of follows: the newest first.
pub const FOLLOWS: Keyset =
    Keyset::new(&[KeyColumn::desc("since", KeyKind::Time), KeyColumn::desc("other", KeyKind::Uuid)]);

/// The order of a list of activities: the newest first.
pub const ACTIVITIES: Keyset =
    Keyset::new(&[KeyColumn::desc("at", KeyKind::Time), KeyColumn::desc("activity", KeyKind::Uuid)]);

/// Where a person stands in the order of [`PEOPLE`].
pub fn person_place(person: &Person) -> Vec<KeyValue> {
    vec![person.user.created_at.into(), person.user.id.into()]
}

/// Where a follow stands in the order of [`FOLLOWS`], on a side.
pub fn follow_place(side: Side, follow: &Follow) -> Vec<KeyValue> {
    vec![follow.since.into(), side.of(follow).into()]
}

/// Where an activity stands in the order of [`ACTIVITIES`].
pub fn activity_place(activity: &Activity) -> Vec<KeyValue> {
    vec![activity.at.into(), activity.id.into()]
}

/// What is left of a user who is purged: an address that nobody has, and that no mail is sent to.
pub(crate) fn tombstone(user: &User, at: Timestamp) -> Result<User, Error> {
    let email: EmailAddress =
        format!("deleted-{}@deleted.invalid", user.id.uuid().simple()).parse().map_err(Error::internal)?;
    Ok(User {
        id: user.id,
        email,
        email_verified_at: None,
        user_name: None,
        first_name: None,
        last_name: None,
        role: RoleName::CUSTOMER,
        status: UserStatus::Deleted,
        created_at: user.created_at,
        updated_at: at,
    })
}
