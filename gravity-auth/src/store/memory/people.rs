//! People: what changes them, and what is read of them.

use async_trait::async_trait;
use gravity_core::page::{PageRows, Position};
use gravity_core::{Error, Timestamp};

use super::MemoryStore;
use super::state::{Account, State};
use crate::domain::{
    Activity, ActivityKind, Follow, FollowState, Person, Preferences, Profile, RoleName, UserId, UserStatus,
    Visibility, terms,
};
use crate::store::people::tombstone;
use crate::store::{
    ACTIVITIES, FOLLOWS, PEOPLE, PeopleFilter, PeopleStore, Refused, Side, activity_place, follow_place,
    person_place,
};

impl State {
    pub(super) fn holds(&self, user: UserId, role: &RoleName) -> Result<(), Refused> {
        let account = self.users.get(&user).ok_or(Refused::Stale)?;
        if account.user.role == *role { Ok(()) } else { Err(Refused::Stale) }
    }

    pub(super) fn set_profile(
        &mut self,
        user: UserId,
        version: u32,
        profile: &Profile,
        preferences: &Preferences,
    ) -> Result<(), Refused> {
        let account = self.there(user)?;
        if account.version != version {
            return Err(Refused::Stale);
        }
        account.version += 1;
        account.profile = profile.clone();
        account.preferences = preferences.clone();
        Ok(())
    }

    pub(super) fn follow(
        &mut self,
        follower: UserId,
        followee: UserId,
        state: FollowState,
        at: Timestamp,
    ) -> Result<(), Refused> {
        self.active(follower)?;
        let wanted = match self.active(followee)?.preferences.privacy.profile {
            Visibility::Public => FollowState::Following,
            Visibility::Followers => FollowState::Requested,
            Visibility::Private => return Err(Refused::Stale),
        };
        let key = (follower, followee);
        if wanted != state || follower == followee || self.follows.contains_key(&key) {
            return Err(Refused::Stale);
        }
        self.follows.insert(key, Follow { follower, followee, state, since: at });
        Ok(())
    }

    pub(super) fn accept_follow(
        &mut self,
        follower: UserId,
        followee: UserId,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let follow = self.follows.get_mut(&(follower, followee)).ok_or(Refused::Stale)?;
        if follow.state != FollowState::Requested {
            return Err(Refused::Stale);
        }
        (follow.state, follow.since) = (FollowState::Following, at);
        Ok(())
    }

    pub(super) fn unfollow(&mut self, follower: UserId, followee: UserId) -> Result<(), Refused> {
        self.follows.remove(&(follower, followee)).ok_or(Refused::Stale)?;
        self.activities.retain(|_, done| {
            (done.user, done.kind, done.target) != (follower, ActivityKind::Followed, Some(followee))
        });
        Ok(())
    }

    pub(super) fn note(&mut self, activity: &Activity) -> Result<(), Refused> {
        self.there(activity.user)?;
        self.activities.insert(activity.id, activity.clone());
        Ok(())
    }

    pub(super) fn restore(
        &mut self,
        user: UserId,
        deleted_after: Timestamp,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let account = self.deleted(user, |deleted_at| deleted_at > deleted_after)?;
        account.deleted_at = None;
        (account.user.status, account.user.updated_at) = (account.deleted_from, at);
        Ok(())
    }

    pub(super) fn purge(
        &mut self,
        user: UserId,
        deleted_until: Timestamp,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let account = self.deleted(user, |deleted_at| deleted_at <= deleted_until)?;
        let (deleted_at, email) = (account.deleted_at, account.user.email.clone());
        *account = Account::new(tombstone(&account.user, at)?, None);
        (account.deleted_at, account.is_purged) = (deleted_at, true);
        account.preferences.privacy.profile = Visibility::Private;
        self.sessions.retain(|_, session| session.user != user);
        self.tickets.retain(|_, ticket| ticket.user != user);
        self.follows.retain(|(follower, followee), _| *follower != user && *followee != user);
        self.activities.retain(|_, done| done.user != user && done.target != Some(user));
        self.reassigned.remove(&user);
        self.remove_keys(user);
        self.members.retain(|(_, member), _| *member != user);
        self.forget_invited(&email);
        self.totp.remove(&user);
        self.recovery_codes.remove(&user);
        self.passkeys.retain(|_, passkey| passkey.user != user);
        self.void_challenges_and_devices(user);
        self.accounts.retain(|_, account| account.user != user);
        Ok(())
    }

    fn deleted(&mut self, user: UserId, when: impl Fn(Timestamp) -> bool) -> Result<&mut Account, Refused> {
        let account = self.users.get_mut(&user).filter(|account| {
            account.user.status == UserStatus::Deleted
                && !account.is_purged
                && account.deleted_at.is_some_and(when)
        });
        account.ok_or(Refused::Stale)
    }

    fn person(&self, account: &Account) -> Person {
        let of = |side: Side| {
            let follows = self.follows.values().filter(|follow| follow.state == FollowState::Following);
            follows.filter(|follow| side.of(follow) == account.user.id).count() as u64
        };
        Person {
            user: account.user.clone(),
            profile: account.profile.clone(),
            preferences: account.preferences.clone(),
            // Who stands on the other side of those that are counted.
            followers: of(Side::Following),
            following: of(Side::Followers),
            version: account.version,
            deleted_at: account.deleted_at,
        }
    }

    /// Whether others see that there is such a user.
    fn is_seen(&self, user: UserId) -> bool {
        self.users.get(&user).is_some_and(|account| {
            account.user.status == UserStatus::Active
                && account.preferences.privacy.profile != Visibility::Private
        })
    }
}

fn fits(filter: &PeopleFilter, person: &Person) -> bool {
    let user = &person.user;
    let found = filter.words.as_ref().is_none_or(|words| {
        let terms = terms(person);
        let has = |word: &String| {
            terms.iter().any(|(term, is_shown)| term.starts_with(word) && (*is_shown || !filter.shown))
        };
        !words.is_empty() && words.iter().all(has)
    });
    let is_shown =
        user.status == UserStatus::Active && person.preferences.privacy.profile == Visibility::Public;
    found
        && (is_shown || !filter.shown)
        && filter.role.as_ref().is_none_or(|role| user.role == *role)
        && filter.status.is_none_or(|status| user.status == status)
        && filter.verified.is_none_or(|verified| user.email_verified_at.is_some() == verified)
        && filter.created_since.is_none_or(|since| user.created_at >= since)
        && filter.created_until.is_none_or(|until| user.created_at < until)
}

#[async_trait]
impl PeopleStore for MemoryStore {
    async fn person(&self, id: UserId) -> Result<Option<Person>, Error> {
        let state = self.state();
        Ok(state.users.get(&id).map(|account| state.person(account)))
    }

    async fn persons(&self, ids: &[UserId]) -> Result<Vec<Person>, Error> {
        let state = self.state();
        Ok(ids.iter().filter_map(|id| state.users.get(id)).map(|account| state.person(account)).collect())
    }

    async fn people(
        &self,
        filter: &PeopleFilter,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Person>, Error> {
        let state = self.state();
        let people = state.users.values().map(|account| state.person(account));
        Ok(PEOPLE.pick(people.filter(|person| fits(filter, person)), from, limit, person_place)?)
    }

    async fn follow(&self, follower: UserId, followee: UserId) -> Result<Option<Follow>, Error> {
        Ok(self.state().follows.get(&(follower, followee)).cloned())
    }

    async fn follows(
        &self,
        user: UserId,
        side: Side,
        wanted: FollowState,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Follow>, Error> {
        let state = self.state();
        let here = match side {
            Side::Followers => Side::Following,
            Side::Following => Side::Followers,
        };
        let follows = state.follows.values().filter(|follow| {
            here.of(follow) == user && follow.state == wanted && state.is_seen(side.of(follow))
        });
        Ok(FOLLOWS.pick(follows.cloned(), from, limit, |follow| follow_place(side, follow))?)
    }

    async fn activities(
        &self,
        user: UserId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Activity>, Error> {
        let state = self.state();
        let done = state
            .activities
            .values()
            .filter(|done| done.user == user && done.target.is_none_or(|target| state.is_seen(target)));
        Ok(ACTIVITIES.pick(done.cloned(), from, limit, activity_place)?)
    }

    async fn purgeable(&self, deleted_until: Timestamp, limit: u32) -> Result<Vec<UserId>, Error> {
        let state = self.state();
        let deleted = state.users.values().filter(|account| !account.is_purged);
        let mut deleted: Vec<_> =
            deleted.filter_map(|account| Some((account.deleted_at?, account.user.id))).collect();
        deleted.retain(|(at, _)| *at <= deleted_until);
        deleted.sort_unstable();
        deleted.truncate(limit as usize);
        Ok(deleted.into_iter().map(|(_, id)| id).collect())
    }

    async fn forget(&self, user: UserId) -> Result<(), Error> {
        self.audit().erase_subject(&user.into()).await?;
        Ok(())
    }
}
