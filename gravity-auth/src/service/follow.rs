//! Who follows whom, and what people do.

use gravity_core::Id;
use gravity_core::audit::Origin;
use gravity_core::page::{PageRows, Position};
use gravity_core::validate::Faults;

use super::authority::{Authority, Viewer};
use super::record::on_user;
use super::view::{Part, PersonView, Regard, view};
use crate::domain::{Activity, ActivityKind, Follow, FollowState, UserId, UserStatus, Visibility};
use crate::events::{FollowRequested, UserFollowed, UserUnfollowed};
use crate::store::{Change, PeopleFilter, Refused, Side};
use crate::{Auth, AuthError};

/// How often a follow is tried again while the one who is followed changes who may.
const TRIES: u32 = 5;

impl Auth {
    /// Follows somebody, or asks to where only followers see their profile. To do so twice is no fault.
    pub async fn follow(
        &self,
        by: &Authority,
        id: UserId,
        origin: &Origin,
    ) -> Result<FollowState, AuthError> {
        by.caller.in_person()?;
        if by.caller.user == id {
            return Err(AuthError::Invalid(Faults::one("/path/id", "oneself", "nobody follows themselves")));
        }
        let follower = by.caller.user;
        for _ in 0..TRIES {
            let person = self.person(id).await?;
            let state = match (person.user.status, person.preferences.privacy.profile) {
                (UserStatus::Active, Visibility::Public) => FollowState::Following,
                (UserStatus::Active, Visibility::Followers) => FollowState::Requested,
                _ => return Err(AuthError::UserNotFound),
            };
            let at = self.now();
            let mut changes = match self.store().follow(follower, id).await?.map(|follow| follow.state) {
                None => Vec::new(),
                // They have asked while it took that, and now nobody has to be asked any more.
                Some(FollowState::Requested) if state == FollowState::Following => {
                    vec![Change::Unfollow { follower, followee: id }]
                }
                Some(state) => return Ok(state),
            };
            changes.push(Change::Follow { follower, followee: id, state, at });
            let record = self.record(origin);
            let (record, action) = match state {
                FollowState::Following => {
                    changes.push(self.has_followed(follower, id, at));
                    (record.event(follower, UserFollowed { id: follower, followee: id })?, "user.followed")
                }
                FollowState::Requested => {
                    let asked = FollowRequested { id: follower, followee: id };
                    (record.event(follower, asked)?, "user.follow_requested")
                }
            };
            match self.store().apply(&changes, &record.audit(on_user(action, id)).trail()).await {
                Ok(()) => return Ok(state),
                // They follow already, or something has changed: look again.
                Err(Refused::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AuthError::Conflict)
    }

    /// Follows somebody no more. To do so twice is no fault.
    pub async fn unfollow(&self, by: &Authority, id: UserId, origin: &Origin) -> Result<(), AuthError> {
        by.caller.in_person()?;
        self.part(by.caller.user, id, origin).await
    }

    /// Lets somebody follow no more, or refuses who has asked to. To do so twice is no fault.
    pub async fn remove_follower(
        &self,
        by: &Authority,
        id: UserId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        by.caller.in_person()?;
        self.part(id, by.caller.user, origin).await
    }

    async fn part(&self, follower: UserId, followee: UserId, origin: &Origin) -> Result<(), AuthError> {
        let trail = self
            .record(origin)
            .event(follower, UserUnfollowed { id: follower, followee })?
            .audit(on_user("user.unfollowed", followee).extra("follower", follower.to_string()))
            .trail();
        match self.store().apply(&[Change::Unfollow { follower, followee }], &trail).await {
            Ok(()) | Err(Refused::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets somebody follow who has asked to.
    pub async fn accept_follower(
        &self,
        by: &Authority,
        id: UserId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        by.caller.in_person()?;
        let (followee, at) = (by.caller.user, self.now());
        let changes =
            [Change::AcceptFollow { follower: id, followee, at }, self.has_followed(id, followee, at)];
        let trail = self
            .record(origin)
            .event(id, UserFollowed { id, followee })?
            .audit(on_user("user.follower_accepted", followee).extra("follower", id.to_string()))
            .trail();
        match self.store().apply(&changes, &trail).await {
            Err(Refused::Stale) => Err(AuthError::FollowNotFound),
            outcome => Ok(outcome?),
        }
    }

    fn has_followed(&self, user: UserId, target: UserId, at: gravity_core::Timestamp) -> Change {
        let id = Id::new(self.clock());
        Change::Note(Activity { id, user, kind: ActivityKind::Followed, target: Some(target), at })
    }

    /// Who follows somebody, or whom they follow, for who sees it; each as far as they show themselves to everybody
    /// who is signed in. Who shows themselves to nobody is left out.
    pub async fn follows(
        &self,
        viewer: &Viewer,
        id: UserId,
        side: Side,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<PersonView>, AuthError> {
        self.looked_at(viewer, id, Part::Follows).await?;
        let rows = self.store().follows(id, side, FollowState::Following, from, limit).await?;
        self.seen(rows, side, viewer).await
    }

    /// Who asks to follow the user who calls.
    pub async fn follow_requests(
        &self,
        by: &Authority,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<PersonView>, AuthError> {
        by.caller.session.ok_or(AuthError::NotInPerson)?;
        let side = Side::Followers;
        let rows = self.store().follows(by.caller.user, side, FollowState::Requested, from, limit).await?;
        self.seen(rows, side, &Viewer(Some(by.clone()))).await
    }

    async fn seen(
        &self,
        rows: PageRows<Follow>,
        side: Side,
        viewer: &Viewer,
    ) -> Result<PageRows<PersonView>, AuthError> {
        let ids: Vec<UserId> = rows.items.iter().map(|follow| side.of(follow)).collect();
        let people = self.store().persons(&ids).await?;
        let regard = least(viewer);
        let view_of =
            |id: &UserId| people.iter().find(|person| person.user.id == *id).and_then(|it| view(it, regard));
        Ok(PageRows {
            items: ids.iter().filter_map(view_of).collect(),
            next: rows.next,
            previous: rows.previous,
        })
    }

    /// What somebody did, for who sees it.
    pub async fn activities(
        &self,
        viewer: &Viewer,
        id: UserId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Activity>, AuthError> {
        self.looked_at(viewer, id, Part::Activity).await?;
        let mut rows = self.store().activities(id, from, limit).await?;
        if view(&self.person(id).await?, self.regard(viewer, id).await?)
            .is_none_or(|view| view.following.is_none())
        {
            // Who hides whom they follow does not show it here either.
            rows.items.retain(|done| done.kind != ActivityKind::Followed);
        }
        Ok(rows)
    }

    /// The people who show themselves to everybody and are found by a search.
    pub async fn search_people(
        &self,
        viewer: &Viewer,
        text: &str,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<PersonView>, AuthError> {
        let filter = PeopleFilter { shown: true, ..PeopleFilter::default() }.search(text);
        let rows = self.store().people(&filter, from, limit).await?;
        let regard = least(viewer);
        let items = rows.items.iter().filter_map(|person| view(person, regard)).collect();
        Ok(PageRows { items, next: rows.next, previous: rows.previous })
    }
}

/// As whom a viewer looks at people in lists: as one who follows none of them.
fn least(viewer: &Viewer) -> Regard {
    if viewer.0.is_some() { Regard::Stranger } else { Regard::Anonymous }
}
