//! What is read of people.

use async_trait::async_trait;
use gravity_core::page::{PageRows, Position};
use gravity_core::{Error, Timestamp};

use super::SqlStore;
use super::rows::{self, ActivityRow, FollowRow, PERSON, PersonRow};
use crate::domain::{Activity, Follow, FollowState, Person, UserId};
use crate::store::{
    ACTIVITIES, FOLLOWS, PEOPLE, PeopleFilter, PeopleStore, Side, activity_place, follow_place, person_place,
};

#[async_trait]
impl PeopleStore for SqlStore {
    async fn person(&self, id: UserId) -> Result<Option<Person>, Error> {
        let query = self.db.query("SELECT ").push(PERSON).push(" WHERE id = ").push_bind(id);
        let row: Option<PersonRow> = query.fetch_optional().await?;
        row.map(rows::person).transpose()
    }

    async fn persons(&self, ids: &[UserId]) -> Result<Vec<Person>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.db.query("SELECT ").push(PERSON).push(" WHERE ").push_in("id", ids);
        let rows: Vec<PersonRow> = query.fetch_all().await?;
        rows.into_iter().map(rows::person).collect()
    }

    async fn people(
        &self,
        filter: &PeopleFilter,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Person>, Error> {
        let mut query = self.db.query("SELECT ").push(PERSON).push(" WHERE 1 = 1");
        if filter.shown {
            query = query.push(" AND status = 'active' AND visibility = 'public'");
        }
        for word in filter.words.iter().flatten() {
            // All that begins with a word lies between it and it with the last of all characters.
            query = query
                .push(" AND id IN (SELECT user_id FROM auth_terms WHERE term >= ")
                .push_bind(word.as_str())
                .push(" AND term < ")
                .push_bind(format!("{word}\u{10ffff}"))
                .push(if filter.shown { " AND shown)" } else { ")" });
        }
        if filter.words.as_ref().is_some_and(Vec::is_empty) {
            query = query.push(" AND 1 = 0");
        }
        if let Some(role) = &filter.role {
            query = query.push(" AND role = ").push_bind(role.as_str());
        }
        if let Some(status) = filter.status {
            query = query.push(" AND status = ").push_bind(status.as_str());
        }
        if let Some(verified) = filter.verified {
            query = query.push(if verified {
                " AND email_verified_at IS NOT NULL"
            } else {
                " AND email_verified_at IS NULL"
            });
        }
        if let Some(since) = filter.created_since {
            query = query.push(" AND created_at >= ").push_bind(since);
        }
        if let Some(until) = filter.created_until {
            query = query.push(" AND created_at < ").push_bind(until);
        }
        let rows: Vec<PersonRow> = query.push_page(&PEOPLE, from, limit).fetch_all().await?;
        let people = rows.into_iter().map(rows::person).collect::<Result<Vec<_>, _>>()?;
        Ok(PEOPLE.cut(people, from, limit, person_place))
    }

    async fn follow(&self, follower: UserId, followee: UserId) -> Result<Option<Follow>, Error> {
        let query = self
            .db
            .query(
                "SELECT follower, followee, state, since FROM auth_follows WHERE follower = $1 AND followee = $2",
            )
            .bind(follower)
            .bind(followee);
        let row: Option<FollowRow> = query.fetch_optional().await?;
        row.map(rows::follow).transpose()
    }

    async fn follows(
        &self,
        user: UserId,
        side: Side,
        state: FollowState,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Follow>, Error> {
        let sql = match side {
            Side::Followers => {
                "SELECT follower, followee, state, since FROM (SELECT follower, followee, state, since, \
                 follower AS other FROM auth_follows JOIN auth_users ON id = follower \
                 JOIN auth_profiles ON user_id = follower WHERE status = 'active' AND visibility <> 'private') \
                 AS seen WHERE followee = $1 AND state = $2"
            }
            Side::Following => {
                "SELECT follower, followee, state, since FROM (SELECT follower, followee, state, since, \
                 followee AS other FROM auth_follows JOIN auth_users ON id = followee \
                 JOIN auth_profiles ON user_id = followee WHERE status = 'active' AND visibility <> 'private') \
                 AS seen WHERE follower = $1 AND state = $2"
            }
        };
        let query = self.db.query(sql).bind(user).bind(state.as_str());
        let rows: Vec<FollowRow> = query.push_page(&FOLLOWS, from, limit).fetch_all().await?;
        let follows = rows.into_iter().map(rows::follow).collect::<Result<Vec<_>, _>>()?;
        Ok(FOLLOWS.cut(follows, from, limit, |follow| follow_place(side, follow)))
    }

    async fn activities(
        &self,
        user: UserId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Activity>, Error> {
        let query = self
            .db
            .query(
                "SELECT activity, owner, kind, target, at FROM auth_activity WHERE owner = $1 AND (target IS NULL \
                 OR target IN (SELECT id FROM auth_users JOIN auth_profiles ON user_id = id \
                 WHERE status = 'active' AND visibility <> 'private'))",
            )
            .bind(user);
        let rows: Vec<ActivityRow> = query.push_page(&ACTIVITIES, from, limit).fetch_all().await?;
        let activities = rows.into_iter().map(rows::activity).collect::<Result<Vec<_>, _>>()?;
        Ok(ACTIVITIES.cut(activities, from, limit, activity_place))
    }

    async fn purgeable(&self, deleted_until: Timestamp, limit: u32) -> Result<Vec<UserId>, Error> {
        let query = self
            .db
            .query(
                "SELECT user_id FROM auth_profiles WHERE deleted_at <= $1 AND purged_at IS NULL \
                 ORDER BY deleted_at, user_id LIMIT $2",
            )
            .bind(deleted_until)
            .bind(i64::from(limit));
        Ok(query.fetch_all_scalars().await?)
    }

    async fn forget(&self, user: UserId) -> Result<(), Error> {
        self.audit().erase_subject(&user.into()).await?;
        Ok(())
    }
}
