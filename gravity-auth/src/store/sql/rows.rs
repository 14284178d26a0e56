//! How rows become what they stand for.

use gravity_core::db::Json;
use gravity_core::{Error, Secret, SecretString, Timestamp};
use serde_json::Value;

use crate::domain::{
    Activity, ActivityId, ActivityKind, ApiKey, ApiKeyId, Client, EmailAddress, EndReason, Ended, Follow,
    FollowState, Invitation, InvitationId, Member, Method, Org, OrgId, Person, Preferences, Profile, Purpose,
    Role, Session, SessionId, Ticket, TicketId, User, UserId, UserStatus,
};

pub(super) const USER: &str = "id, email, email_verified_at, user_name, first_name, last_name, role, status, created_at, updated_at, password";

pub(super) type UserRow = (
    UserId,
    String,
    Option<Timestamp>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    String,
    Timestamp,
    Timestamp,
    Option<String>,
);

pub(super) fn user(row: UserRow) -> Result<(User, Option<SecretString>), Error> {
    let (
        id,
        email,
        email_verified_at,
        user_name,
        first_name,
        last_name,
        role,
        status,
        created_at,
        updated_at,
        password,
    ) = row;
    let user = User {
        id,
        email: parse(&email)?,
        email_verified_at,
        user_name: optional(user_name.as_deref())?,
        first_name: optional(first_name.as_deref())?,
        last_name: optional(last_name.as_deref())?,
        role: parse(&role)?,
        status: one_of(&UserStatus::ALL, UserStatus::as_str, &status)?,
        created_at,
        updated_at,
    };
    Ok((user, password.map(SecretString::new)))
}

/// What is read of a person, and of which tables.
pub(super) const PERSON: &str = "id, email, email_verified_at, user_name, first_name, last_name, role, status, \
                                 created_at, updated_at, profile, preferences, followers, following, version, deleted_at \
                                 FROM auth_users JOIN auth_profiles ON user_id = id";

pub(super) type PersonRow = (
    UserId,
    String,
    Option<Timestamp>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    String,
    Timestamp,
    Timestamp,
    Json<Profile>,
    Json<Preferences>,
    i64,
    i64,
    i64,
    Option<Timestamp>,
);

pub(super) fn person(row: PersonRow) -> Result<Person, Error> {
    let (
        id,
        email,
        verified,
        name,
        first,
        last,
        role,
        status,
        created_at,
        updated_at,
        Json(profile),
        Json(preferences),
        followers,
        following,
        version,
        deleted_at,
    ) = row;
    let row = (id, email, verified, name, first, last, role, status, created_at, updated_at, None);
    let (user, _) = user(row)?;
    Ok(Person {
        user,
        profile,
        preferences,
        followers: u64::try_from(followers).map_err(|_| unreadable("followers"))?,
        following: u64::try_from(following).map_err(|_| unreadable("following"))?,
        version: number(version)?,
        deleted_at,
    })
}

pub(super) type FollowRow = (UserId, UserId, String, Timestamp);

pub(super) fn follow((follower, followee, state, since): FollowRow) -> Result<Follow, Error> {
    Ok(Follow { follower, followee, state: one_of(&FollowState::ALL, FollowState::as_str, &state)?, since })
}

pub(super) type ActivityRow = (ActivityId, UserId, String, Option<UserId>, Timestamp);

pub(super) fn activity((id, user, kind, target, at): ActivityRow) -> Result<Activity, Error> {
    Ok(Activity { id, user, kind: one_of(&ActivityKind::ALL, ActivityKind::as_str, &kind)?, target, at })
}

pub(super) type SessionRow = (
    SessionId,
    UserId,
    Vec<u8>,
    i64,
    Timestamp,
    Json<Vec<Method>>,
    Json<Client>,
    Option<Timestamp>,
    Timestamp,
    Timestamp,
    Timestamp,
    Option<Timestamp>,
    Option<String>,
    Option<String>,
);

pub(super) fn session(row: SessionRow) -> Result<Session, Error> {
    let (
        id,
        user,
        seed,
        generation,
        refreshed_at,
        Json(methods),
        Json(client),
        proved_at,
        created_at,
        idle_until,
        expires_at,
        ended_at,
        reason,
        bound_to,
    ) = row;
    let ended = match (ended_at, reason) {
        (Some(at), Some(reason)) => {
            Some(Ended { at, reason: one_of(&EndReason::ALL, EndReason::as_str, &reason)? })
        }
        _ => None,
    };
    Ok(Session {
        id,
        user,
        seed: Secret::new(seed.try_into().map_err(|_| unreadable("seed"))?),
        generation: number(generation)?,
        refreshed_at,
        methods,
        client,
        // Sessions that began before this was kept.
        proved_at: proved_at.unwrap_or(created_at),
        created_at,
        idle_until,
        expires_at,
        bound_to,
        ended,
    })
}

pub(super) type TicketRow =
    (TicketId, String, UserId, String, String, i64, Json<Value>, Timestamp, Timestamp);

pub(super) fn ticket(row: TicketRow) -> Result<Ticket, Error> {
    let (id, purpose, user, email, mac, guesses_left, Json(data), created_at, expires_at) = row;
    Ok(Ticket {
        id,
        purpose: one_of(&Purpose::ALL, Purpose::as_str, &purpose)?,
        user,
        email: parse::<EmailAddress>(&email)?,
        mac: parse(&mac)?,
        guesses_left: number(guesses_left)?,
        data,
        created_at,
        expires_at,
    })
}

pub(super) type ApiKeyRow = (
    ApiKeyId,
    UserId,
    String,
    String,
    String,
    Option<String>,
    Option<Timestamp>,
    String,
    i64,
    i64,
    UserId,
    Timestamp,
    Option<Timestamp>,
    Option<Timestamp>,
);

pub(super) fn api_key(row: ApiKeyRow) -> Result<ApiKey, Error> {
    let (
        id,
        user,
        name,
        hint,
        mac,
        old_mac,
        old_until,
        scopes,
        per_minute,
        version,
        created_by,
        created_at,
        expires_at,
        last_used_at,
    ) = row;
    Ok(ApiKey {
        id,
        user,
        name,
        hint,
        mac: parse(&mac)?,
        old: optional(old_mac.as_deref())?.zip(old_until),
        scopes: parse(&scopes)?,
        per_minute: number(per_minute)?,
        version: number(version)?,
        created_by,
        created_at,
        expires_at,
        last_used_at,
    })
}

pub(super) type OrgRow = (OrgId, String, Timestamp, Timestamp);

pub(super) fn org((id, name, created_at, updated_at): OrgRow) -> Result<Org, Error> {
    Ok(Org { id, name: parse(&name)?, created_at, updated_at })
}

pub(super) type MemberRow = (OrgId, UserId, String, Timestamp);

pub(super) fn member((org, user, role, joined_at): MemberRow) -> Result<Member, Error> {
    Ok(Member { org, user, role: parse(&role)?, joined_at })
}

pub(super) type InvitationRow = (InvitationId, OrgId, String, String, String, UserId, Timestamp, Timestamp);

pub(super) fn invitation(row: InvitationRow) -> Result<Invitation, Error> {
    let (id, org, email, role, mac, invited_by, created_at, expires_at) = row;
    let (email, role, mac) = (parse(&email)?, parse(&role)?, parse(&mac)?);
    Ok(Invitation { id, org, email, role, mac, invited_by, created_at, expires_at })
}

pub(super) type RoleRow = (String, String, Option<String>);

pub(super) fn role((name, grants, inherits): RoleRow) -> Result<Role, Error> {
    Ok(Role { name: parse(&name)?, grants: parse(&grants)?, inherits: optional(inherits.as_deref())? })
}

pub(super) fn parse<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| unreadable(std::any::type_name::<T>()))
}

fn optional<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, Error> {
    text.map(parse).transpose()
}

pub(super) fn number(number: i64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| unreadable("number"))
}

pub(super) fn one_of<T: Copy>(all: &[T], text_of: fn(T) -> &'static str, text: &str) -> Result<T, Error> {
    all.iter()
        .copied()
        .find(|one| text_of(*one) == text)
        .ok_or_else(|| unreadable(std::any::type_name::<T>()))
}

/// A row of a later version, or one that something else has written.
pub(super) fn unreadable(what: &str) -> Error {
    Error::internal(format!("a row of gravity-auth cannot be read: {what}"))
}
