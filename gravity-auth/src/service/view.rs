//! [`view`]: what whom is shown of somebody. Everything that shows a person to another goes through it.

use gravity_core::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authority::Viewer;
use super::users::USERS_READ;
use crate::domain::{
    BirthDate, EmailAddress, FollowState, Line, Person, PersonName, Prose, RoleName, UserId, UserName,
    UserStatus, Visibility, Website,
};
use crate::{Auth, AuthError};

/// As whom somebody is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Regard {
    /// As nobody who is known.
    Anonymous,
    /// As a user who does not follow them.
    Stranger,
    /// As a user who follows them.
    Follower,
    /// As themselves.
    Oneself,
    /// As somebody who may read all users.
    Admin,
}

/// Somebody, as far as they are shown. What is not shown is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonView {
    /// Who.
    pub id: UserId,
    /// Whether only those who follow them see more.
    pub protected: bool,
    /// The name by which others know them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<UserName>,
    /// What they want to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Line<100>>,
    /// Where their picture is, on this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Where the picture above their profile is, on this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<String>,
    /// What they say of themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<Prose<1000>>,
    /// Where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Line<200>>,
    /// Where more of them is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<Website>,
    /// Their gender, in their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Line<50>>,
    /// When they were born.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<BirthDate>,
    /// Their first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<PersonName>,
    /// Their last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<PersonName>,
    /// Where mail reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// How many follow them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followers: Option<u64>,
    /// How many they follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub following: Option<u64>,
    /// When the account was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When they have shown that the address is theirs: to themselves, and who may read all users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified_at: Option<Timestamp>,
    /// What they may do: to themselves, and who may read all users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// Whether they may sign in: to themselves, and who may read all users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<UserStatus>,
    /// When the account last changed: to themselves, and who may read all users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When the account was deleted: to who may read all users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

/// How much there is of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// How many follow them.
    pub followers: u64,
    /// How many they follow.
    pub following: u64,
    /// Since when they have their account.
    pub member_since: Timestamp,
}

/// What is shown of a person; none where it is not even shown that there is such a person.
pub fn view(person: &Person, regard: Regard) -> Option<PersonView> {
    let (user, profile) = (&person.user, &person.profile);
    let knows_all = regard >= Regard::Oneself;
    let privacy = &person.preferences.privacy;
    if !knows_all && (user.status != UserStatus::Active || privacy.profile == Visibility::Private) {
        return None;
    }
    let picture = |name: &Option<String>, kind: &str| {
        // The name's end tells one picture from the next, so that caches know.
        let version = name.as_deref()?.rsplit('-').next()?;
        Some(format!("/api/v1/users/{}/{kind}?v={version}", user.id))
    };
    let sees = |allowed: bool| knows_all || allowed;
    let sees_profile = sees(privacy.profile == Visibility::Public || regard == Regard::Follower);
    let is_known = regard >= Regard::Stranger;
    let only = |condition: bool| sees(condition) && sees_profile;
    Some(PersonView {
        id: user.id,
        protected: !sees_profile,
        user_name: user.user_name.clone(),
        display_name: profile.display_name.clone(),
        avatar: picture(&profile.avatar, "avatar"),
        cover: picture(&profile.cover, "cover").filter(|_| sees_profile),
        bio: profile.bio.clone().filter(|_| sees_profile),
        location: profile.location.clone().filter(|_| only(privacy.show_location)),
        website: profile.website.clone().filter(|_| sees_profile),
        gender: profile.gender.clone().filter(|_| sees_profile),
        birth_date: profile.birth_date.filter(|_| only(privacy.show_birth_date && is_known)),
        first_name: user.first_name.clone().filter(|_| only(privacy.show_names)),
        last_name: user.last_name.clone().filter(|_| only(privacy.show_names)),
        email: only(privacy.show_email && is_known).then(|| user.email.clone()),
        followers: only(privacy.show_follows).then_some(person.followers),
        following: only(privacy.show_follows).then_some(person.following),
        created_at: sees_profile.then_some(user.created_at),
        email_verified_at: user.email_verified_at.filter(|_| knows_all),
        role: knows_all.then(|| user.role.clone()),
        status: knows_all.then_some(user.status),
        updated_at: knows_all.then_some(user.updated_at),
        deleted_at: person.deleted_at.filter(|_| regard == Regard::Admin),
    })
}

/// Whether a viewer sees what somebody does.
fn sees_activity(person: &Person, regard: Regard) -> bool {
    regard >= Regard::Oneself
        || person.preferences.privacy.show_activity
            && view(person, regard).is_some_and(|view| !view.protected)
}

/// What more than the profile is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Follows,
    Activity,
}

impl Auth {
    /// What a viewer is shown of somebody, or that there is no such user.
    pub async fn show(&self, viewer: &Viewer, id: UserId) -> Result<PersonView, AuthError> {
        // First, so that nothing more is done for who hides than for whom there is not.
        let regard = self.regard(viewer, id).await?;
        view(&self.person(id).await?, regard).ok_or(AuthError::UserNotFound)
    }

    /// As whom a viewer looks at somebody.
    pub async fn regard(&self, viewer: &Viewer, id: UserId) -> Result<Regard, AuthError> {
        Ok(match &viewer.0 {
            None => Regard::Anonymous,
            Some(by) if by.allows(USERS_READ) => Regard::Admin,
            Some(by) if by.is(id) => Regard::Oneself,
            // Whom its owner follows is nothing that an API key has to do with.
            Some(by) if by.caller.session.is_none() => Regard::Stranger,
            Some(by) => {
                let follow = self.store().follow(by.caller.user, id).await?;
                let follows = follow.is_some_and(|follow| follow.state == FollowState::Following);
                if follows { Regard::Follower } else { Regard::Stranger }
            }
        })
    }

    /// How much there is of somebody, for who sees it.
    pub async fn statistics(&self, viewer: &Viewer, id: UserId) -> Result<Statistics, AuthError> {
        let view = self.show(viewer, id).await?;
        match (view.followers, view.following, view.created_at) {
            (Some(followers), Some(following), Some(member_since)) => {
                Ok(Statistics { followers, following, member_since })
            }
            _ => Err(AuthError::Forbidden),
        }
    }

    /// The person, for a viewer who sees this part of them. Of whom it is not hidden that there is such a user, the
    /// part is refused; others do not learn that there is one.
    pub(crate) async fn looked_at(
        &self,
        viewer: &Viewer,
        id: UserId,
        part: Part,
    ) -> Result<Person, AuthError> {
        let regard = self.regard(viewer, id).await?;
        let person = self.person(id).await?;
        let shown = view(&person, regard).ok_or(AuthError::UserNotFound)?;
        let sees = match part {
            Part::Follows => shown.followers.is_some(),
            Part::Activity => sees_activity(&person, regard),
        };
        if sees { Ok(person) } else { Err(AuthError::Forbidden) }
    }
}

#[cfg(test)]
mod tests {
    use gravity_core::{Clock, Id};
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;
    use crate::domain::{Preferences, Privacy, Profile, User};

    const ALL: [Regard; 5] =
        [Regard::Anonymous, Regard::Stranger, Regard::Follower, Regard::Oneself, Regard::Admin];

    /// Somebody of whom everything is known.
    fn somebody(status: UserStatus, privacy: Privacy) -> Person {
        let now = Timestamp::from_seconds(1_800_000_000).unwrap();
        let user = User {
            id: Id::new(&Clock::default()),
            email: "ada@example.org".parse().unwrap(),
            email_verified_at: Some(now),
            user_name: Some("ada99".parse().unwrap()),
            first_name: Some("Ada".parse().unwrap()),
            last_name: Some("Lovelace".parse().unwrap()),
            role: RoleName::ADMIN,
            status,
            created_at: now,
            updated_at: now,
        };
        let profile = Profile {
            display_name: Some("Ada L.".parse().unwrap()),
            bio: Some("Bio".parse().unwrap()),
            location: Some("London".parse().unwrap()),
            website: Some("https://ada.example".parse().unwrap()),
            birth_date: Some("1990-12-10".parse().unwrap()),
            gender: Some("f".parse().unwrap()),
            avatar: Some("x-avatar-1".to_owned()),
            cover: Some("x-cover-1".to_owned()),
        };
        let preferences = Preferences { privacy, ..Preferences::default() };
        let deleted_at = (status == UserStatus::Deleted).then_some(now);
        Person { profile, preferences, followers: 3, following: 4, deleted_at, ..Person::new(user) }
    }

    fn people() -> impl Strategy<Value = Person> {
        let visibility =
            prop::sample::select(vec![Visibility::Public, Visibility::Followers, Visibility::Private]);
        let status = prop::sample::select(UserStatus::ALL.to_vec());
        (status, visibility, any::<[bool; 6]>()).prop_map(|(status, profile, shows)| {
            let [show_email, show_birth_date, show_names, show_location, show_activity, show_follows] = shows;
            let privacy = Privacy {
                profile,
                show_email,
                show_birth_date,
                show_names,
                show_location,
                show_activity,
                show_follows,
            };
            somebody(status, privacy)
        })
    }

    fn members(person: &Person, regard: Regard) -> Option<Map<String, Value>> {
        let shown = serde_json::to_value(view(person, regard)?).unwrap();
        Some(shown.as_object().unwrap().clone())
    }

    /// Whether a member may be shown, said once more and in another way.
    fn may_see(person: &Person, regard: Regard, member: &str) -> bool {
        let privacy = &person.preferences.privacy;
        if matches!(regard, Regard::Oneself | Regard::Admin) {
            return member != "deleted_at" || regard == Regard::Admin;
        }
        let is_open = match privacy.profile {
            Visibility::Public => true,
            Visibility::Followers => regard == Regard::Follower,
            Visibility::Private => false,
        };
        match member {
            "id" | "protected" | "user_name" | "display_name" | "avatar" => {
                privacy.profile != Visibility::Private && person.user.status == UserStatus::Active
            }
            "bio" | "website" | "gender" | "cover" | "created_at" => is_open,
            "location" => is_open && privacy.show_location,
            "first_name" | "last_name" => is_open && privacy.show_names,
            "followers" | "following" => is_open && privacy.show_follows,
            "email" => is_open && privacy.show_email && regard != Regard::Anonymous,
            "birth_date" => is_open && privacy.show_birth_date && regard != Regard::Anonymous,
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn nothing_leaks(person in people()) {
            for regard in ALL {
                for member in members(&person, regard).unwrap_or_default().keys() {
                    prop_assert!(may_see(&person, regard, member), "{:?} sees {}", regard, member);
                }
            }
        }

        #[test]
        fn who_is_closer_sees_no_less(person in people()) {
            for pair in ALL.windows(2) {
                let (Some(less), Some(more)) = (members(&person, pair[0]), members(&person, pair[1])) else {
                    prop_assert!(members(&person, pair[0]).is_none());
                    continue;
                };
                for (member, value) in less.iter().filter(|(member, _)| *member != "protected") {
                    prop_assert_eq!(more.get(member), Some(value));
                }
            }
        }

        #[test]
        fn who_hides_is_not_there(person in people()) {
            let is_hidden = person.user.status != UserStatus::Active
                || person.preferences.privacy.profile == Visibility::Private;
            for regard in [Regard::Anonymous, Regard::Stranger, Regard::Follower] {
                prop_assert_eq!(view(&person, regard).is_none(), is_hidden);
                prop_assert!(!is_hidden || !sees_activity(&person, regard));
            }
            prop_assert!(view(&person, Regard::Admin).is_some());
        }
    }

    #[test]
    fn by_default_neither_address_nor_birth_nor_names_are_shown() {
        let person = somebody(UserStatus::Active, Privacy::default());
        let shown = view(&person, Regard::Follower).unwrap();
        assert_eq!((shown.email, shown.birth_date, shown.first_name, shown.role), (None, None, None, None));
        assert_eq!(shown.avatar.unwrap(), format!("/api/v1/users/{}/avatar?v=1", person.user.id));
    }
}
