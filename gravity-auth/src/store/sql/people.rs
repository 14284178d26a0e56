//! Changes of people: profiles, the words they are found by, follows, and what is left of who is gone.

use std::collections::BTreeMap;

use gravity_core::db::{Database, Json, Tx};
use gravity_core::{Error, Timestamp};

use super::apply::{for_update, one_row};
use super::rows::{self, PERSON, PersonRow};
use super::users;
use crate::domain::{
    Activity, ActivityKind, FollowState, Person, Preferences, Profile, RoleName, User, UserId, UserStatus,
    Visibility, terms,
};
use crate::store::Refused;
use crate::store::people::tombstone;

/// How many users of before there were profiles get theirs at once.
const BATCH: usize = 200;

/// The profile of a new user, and the words they are found by.
pub(super) async fn add(tx: &mut Tx<'_>, user: &User) -> Result<(), Refused> {
    let person = Person::new(user.clone());
    let query = tx
        .query(
            "INSERT INTO auth_profiles (user_id, profile, preferences, visibility, followers, following, version) \
             VALUES ($1, $2, $3, $4, 0, 0, 0) ON CONFLICT (user_id) DO NOTHING",
        )
        .bind(user.id)
        .bind(Json(&person.profile))
        .bind(Json(&person.preferences))
        .bind(person.preferences.privacy.profile.as_str());
    if query.execute().await? == 1 {
        insert_terms(tx, user.id, &terms(&person)).await?;
    }
    Ok(())
}

/// Gives profiles to users who were there before there were any.
pub(super) async fn add_missing(db: &Database) -> Result<(), Error> {
    loop {
        let missing: Vec<UserId> = db
            .query(
                "SELECT id FROM auth_users WHERE NOT EXISTS (SELECT 1 FROM auth_profiles WHERE user_id = id) LIMIT $1",
            )
            .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
            .fetch_all_scalars()
            .await?;
        for id in &missing {
            let outcome = db.transaction(async |tx| {
                if let Some(user) = users::find(tx, *id).await? {
                    add(tx, &user).await?;
                }
                Ok::<_, Refused>(())
            });
            outcome.await.map_err(Refused::into_failure)?;
        }
        if missing.len() < BATCH {
            return Ok(());
        }
    }
}

async fn insert_terms(tx: &mut Tx<'_>, user: UserId, terms: &BTreeMap<String, bool>) -> Result<(), Refused> {
    if terms.is_empty() {
        return Ok(());
    }
    let mut query = tx.query("INSERT INTO auth_terms (user_id, term, shown) VALUES ");
    for (at, (term, is_shown)) in terms.iter().enumerate() {
        query = query.push(if at == 0 { "(" } else { ", (" }).push_bind(user).push(", ");
        query = query.push_bind(term.as_str()).push(", ").push_bind(*is_shown).push(")");
    }
    query.execute().await?;
    Ok(())
}

/// Finds somebody by what they are called now. Of two who change it at once, the second sees what the first did.
pub(super) async fn index(tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
    lock_profiles(tx, &[user]).await?;
    let row: Option<PersonRow> =
        tx.query("SELECT ").push(PERSON).push(" WHERE id = ").push_bind(user).fetch_optional().await?;
    let person = rows::person(row.ok_or(Refused::Stale)?)?;
    tx.query("DELETE FROM auth_terms WHERE user_id = $1").bind(user).execute().await?;
    insert_terms(tx, user, &terms(&person)).await
}

/// Holds profiles until the transaction ends, in an order that is the same for everybody, and says who sees each.
async fn lock_profiles(tx: &mut Tx<'_>, users: &[UserId]) -> Result<Vec<(UserId, String)>, Refused> {
    let lock = for_update(tx.engine());
    let query = tx.query("SELECT user_id, visibility FROM auth_profiles WHERE ").push_in("user_id", users);
    Ok(query.push(" ORDER BY user_id").push(lock).fetch_all().await?)
}

pub(super) async fn holds(tx: &mut Tx<'_>, user: UserId, role: &RoleName) -> Result<(), Refused> {
    let lock = for_update(tx.engine());
    let query =
        tx.query("SELECT id FROM auth_users WHERE id = $1 AND role = $2").bind(user).bind(role.as_str());
    let found: Option<UserId> = query.push(lock).fetch_optional_scalar().await?;
    found.map(drop).ok_or(Refused::Stale)
}

/// That the user was deleted at a time, and the status that they had.
pub(super) async fn mark_deleted(
    tx: &mut Tx<'_>,
    user: UserId,
    from: &str,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx.query("UPDATE auth_profiles SET deleted_at = $2, deleted_from = $3 WHERE user_id = $1");
    one_row(query.bind(user).bind(at).bind(from)).await
}

pub(super) async fn set_profile(
    tx: &mut Tx<'_>,
    user: UserId,
    version: u32,
    profile: &Profile,
    preferences: &Preferences,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_profiles SET profile = $3, preferences = $4, visibility = $5, version = version + 1 \
             WHERE user_id = $1 AND version = $2 AND deleted_at IS NULL",
        )
        .bind(user)
        .bind(i64::from(version))
        .bind(Json(profile))
        .bind(Json(preferences))
        .bind(preferences.privacy.profile.as_str());
    one_row(query).await?;
    index(tx, user).await
}

pub(super) async fn follow(
    tx: &mut Tx<'_>,
    follower: UserId,
    followee: UserId,
    state: FollowState,
    at: Timestamp,
) -> Result<(), Refused> {
    let both = [follower, followee];
    let lock = for_update(tx.engine());
    let query = tx.query("SELECT id FROM auth_users WHERE status = 'active' AND ").push_in("id", both);
    let active: Vec<UserId> = query.push(" ORDER BY id").push(lock).fetch_all_scalars().await?;
    if active.len() < 2 {
        return Err(Refused::Stale);
    }
    let wanted = match state {
        FollowState::Following => Visibility::Public,
        FollowState::Requested => Visibility::Followers,
    };
    let profiles = lock_profiles(tx, &both).await?;
    if !profiles.iter().any(|(user, visibility)| *user == followee && visibility == wanted.as_str()) {
        return Err(Refused::Stale);
    }
    let query = tx
        .query(
            "INSERT INTO auth_follows (follower, followee, state, since) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (follower, followee) DO NOTHING",
        )
        .bind(follower)
        .bind(followee)
        .bind(state.as_str())
        .bind(at);
    one_row(query).await?;
    if state == FollowState::Following { count(tx, follower, followee, 1).await } else { Ok(()) }
}

pub(super) async fn accept_follow(
    tx: &mut Tx<'_>,
    follower: UserId,
    followee: UserId,
    at: Timestamp,
) -> Result<(), Refused> {
    lock_profiles(tx, &[follower, followee]).await?;
    let query = tx
        .query(
            "UPDATE auth_follows SET state = 'following', since = $3 \
             WHERE follower = $1 AND followee = $2 AND state = 'requested'",
        )
        .bind(follower)
        .bind(followee)
        .bind(at);
    one_row(query).await?;
    count(tx, follower, followee, 1).await
}

pub(super) async fn unfollow(tx: &mut Tx<'_>, follower: UserId, followee: UserId) -> Result<(), Refused> {
    lock_profiles(tx, &[follower, followee]).await?;
    let query = tx
        .query("DELETE FROM auth_follows WHERE follower = $1 AND followee = $2 RETURNING state")
        .bind(follower)
        .bind(followee);
    let state: Option<String> = query.fetch_optional_scalar().await?;
    if state.ok_or(Refused::Stale)? == FollowState::Following.as_str() {
        count(tx, follower, followee, -1).await?;
    }
    tx.query("DELETE FROM auth_activity WHERE owner = $1 AND kind = $2 AND target = $3")
        .bind(follower)
        .bind(ActivityKind::Followed.as_str())
        .bind(followee)
        .execute()
        .await?;
    Ok(())
}

/// Counts a follow on both sides, whose profiles are held.
async fn count(tx: &mut Tx<'_>, follower: UserId, followee: UserId, change: i64) -> Result<(), Refused> {
    let query = tx.query("UPDATE auth_profiles SET following = following + $2 WHERE user_id = $1");
    one_row(query.bind(follower).bind(change)).await?;
    let query = tx.query("UPDATE auth_profiles SET followers = followers + $2 WHERE user_id = $1");
    one_row(query.bind(followee).bind(change)).await
}

pub(super) async fn note(tx: &mut Tx<'_>, activity: &Activity) -> Result<(), Refused> {
    let query = tx
        .query(
            "INSERT INTO auth_activity (activity, owner, kind, target, at) \
             SELECT $1, id, $3, $4, $5 FROM auth_users WHERE id = $2 AND status <> 'deleted'",
        )
        .bind(activity.id)
        .bind(activity.user)
        .bind(activity.kind.as_str())
        .bind(activity.target)
        .bind(activity.at);
    one_row(query).await
}

pub(super) async fn restore(
    tx: &mut Tx<'_>,
    user: UserId,
    deleted_after: Timestamp,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_profiles SET deleted_at = NULL \
             WHERE user_id = $1 AND deleted_at > $2 AND purged_at IS NULL RETURNING deleted_from",
        )
        .bind(user)
        .bind(deleted_after);
    let from: Option<String> = query.fetch_optional_scalar().await?;
    let query = tx
        .query("UPDATE auth_users SET status = $2, updated_at = $3 WHERE id = $1 AND status = 'deleted'")
        .bind(user)
        .bind(from.ok_or(Refused::Stale)?)
        .bind(at);
    one_row(query).await
}

pub(super) async fn purge(
    tx: &mut Tx<'_>,
    user: UserId,
    deleted_until: Timestamp,
    at: Timestamp,
) -> Result<(), Refused> {
    // Everybody whose counts change is held first, in the order in which others hold people: friends who are purged at
    // once do not wait for each other.
    let lock = for_update(tx.engine());
    let query = tx.query(
        "SELECT user_id FROM auth_profiles WHERE user_id = $1 \
         OR user_id IN (SELECT followee FROM auth_follows WHERE follower = $1) \
         OR user_id IN (SELECT follower FROM auth_follows WHERE followee = $1) ORDER BY user_id",
    );
    let _held: Vec<UserId> = query.bind(user).push(lock).fetch_all_scalars().await?;
    let query = tx
        .query(
            "UPDATE auth_profiles SET purged_at = $3 \
             WHERE user_id = $1 AND deleted_at <= $2 AND purged_at IS NULL RETURNING deleted_at",
        )
        .bind(user)
        .bind(deleted_until)
        .bind(at);
    let deleted_at: Option<Timestamp> = query.fetch_optional_scalar().await?;
    let deleted_at = deleted_at.ok_or(Refused::Stale)?;
    let found = users::find(tx, user).await?.filter(|user| user.status == UserStatus::Deleted);
    let found = found.ok_or(Refused::Stale)?;
    let left = tombstone(&found, at)?;
    super::orgs::forget_invited(tx, &found.email).await?;
    for sql in [
        "UPDATE auth_profiles SET followers = followers - 1 WHERE user_id IN \
         (SELECT followee FROM auth_follows WHERE follower = $1 AND state = 'following')",
        "UPDATE auth_profiles SET following = following - 1 WHERE user_id IN \
         (SELECT follower FROM auth_follows WHERE followee = $1 AND state = 'following')",
        // With the row goes all that hangs on it, in tables of this and any other part.
        "DELETE FROM auth_users WHERE id = $1",
    ] {
        tx.query(sql).bind(user).execute().await?;
    }
    users::add(tx, &left, None).await?;
    let mut preferences = Preferences::default();
    preferences.privacy.profile = Visibility::Private;
    let query = tx
        .query(
            "UPDATE auth_profiles SET deleted_at = $2, purged_at = $3, preferences = $4, visibility = $5 \
             WHERE user_id = $1",
        )
        .bind(user)
        .bind(deleted_at)
        .bind(at)
        .bind(Json(&preferences))
        .bind(preferences.privacy.profile.as_str());
    one_row(query).await
}
