//! Profiles and preferences, as their owner or somebody who sees to users changes them.

use gravity_core::audit::Origin;
use gravity_core::validate::Faults;
use gravity_core::{Id, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::authority::Authority;
use super::record::on_user;
use super::users::{USERS_READ, USERS_WRITE};
use crate::domain::{
    Activity, ActivityKind, BirthDate, Language, Line, Patch, Person, PersonName, Preferences, Prose, Theme,
    UserId, UserName, UserStatus, Visibility, Website, ZoneName,
};
use crate::events::{UserProfileUpdated, UserUpdated};
use crate::store::Change;
use crate::{Auth, AuthError};

/// How often a change is tried again that somebody else got ahead of.
pub(super) const TRIES: u32 = 20;

/// Makes an attempt again while somebody else gets ahead of it.
macro_rules! again {
    ($attempt:expr) => {{
        let mut left = $crate::service::profile::TRIES;
        loop {
            left -= 1;
            match $attempt.await {
                Err($crate::AuthError::Conflict) if left > 0 => {}
                outcome => break outcome,
            }
        }
    }};
}
pub(super) use again;

/// What changes of a user. What is left out stays, and `null` empties it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PersonEdit {
    /// The name by which others know them.
    pub user_name: Patch<UserName>,
    /// Their first name.
    pub first_name: Patch<PersonName>,
    /// Their last name.
    pub last_name: Patch<PersonName>,
    /// What they want to be called.
    pub display_name: Patch<Line<100>>,
    /// What they say of themselves.
    pub bio: Patch<Prose<1000>>,
    /// Where they are.
    pub location: Patch<Line<200>>,
    /// Where more of them is.
    pub website: Patch<Website>,
    /// When they were born.
    pub birth_date: Patch<BirthDate>,
    /// Their gender, in their own words.
    pub gender: Patch<Line<50>>,
}

/// What changes of somebody's preferences. What is left out stays.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PreferencesEdit {
    /// In which language they read.
    pub language: Option<Language>,
    /// In which time zone they live.
    pub timezone: Option<ZoneName>,
    /// How pages look.
    pub theme: Option<Theme>,
    /// Whether news comes by mail.
    pub email_notifications: Option<bool>,
    /// Whether news comes as text messages.
    pub sms_notifications: Option<bool>,
    /// Whether news comes to their devices.
    pub push_notifications: Option<bool>,
    /// Who sees what of them.
    pub privacy: Option<PrivacyEdit>,
}

/// What changes of who sees what of somebody. What is left out stays.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PrivacyEdit {
    /// Who sees the profile.
    pub profile: Option<Visibility>,
    /// Whether those who are signed in and see the profile see the address.
    pub show_email: Option<bool>,
    /// Whether they see the day of birth.
    pub show_birth_date: Option<bool>,
    /// Whether those who see the profile see first and last name.
    pub show_names: Option<bool>,
    /// Whether they see where somebody is.
    pub show_location: Option<bool>,
    /// Whether they see what somebody does.
    pub show_activity: Option<bool>,
    /// Whether they see who follows whom, and how many.
    pub show_follows: Option<bool>,
}

/// The members of an edit that have changed.
struct Changed(Vec<String>);

impl Changed {
    fn note(&mut self, name: &str, has_changed: bool) {
        if has_changed {
            self.0.push(name.to_owned());
        }
    }

    fn set<T: PartialEq>(&mut self, name: &str, new: Option<T>, old: &mut T) {
        if let Some(new) = new {
            self.note(name, *old != new);
            *old = new;
        }
    }
}

impl PersonEdit {
    /// Which names, and which parts of the profile, it changes.
    fn apply(self, person: &mut Person) -> (Changed, Changed) {
        let (user, profile) = (&mut person.user, &mut person.profile);
        let (mut names, mut parts) = (Changed(Vec::new()), Changed(Vec::new()));
        names.note("user_name", self.user_name.apply(&mut user.user_name));
        names.note("first_name", self.first_name.apply(&mut user.first_name));
        names.note("last_name", self.last_name.apply(&mut user.last_name));
        parts.note("display_name", self.display_name.apply(&mut profile.display_name));
        parts.note("bio", self.bio.apply(&mut profile.bio));
        parts.note("location", self.location.apply(&mut profile.location));
        parts.note("website", self.website.apply(&mut profile.website));
        parts.note("birth_date", self.birth_date.apply(&mut profile.birth_date));
        parts.note("gender", self.gender.apply(&mut profile.gender));
        (names, parts)
    }
}

impl PreferencesEdit {
    fn apply(self, to: &mut Preferences) -> Changed {
        let mut changed = Changed(Vec::new());
        changed.set("language", self.language, &mut to.language);
        changed.set("timezone", self.timezone, &mut to.timezone);
        changed.set("theme", self.theme, &mut to.theme);
        changed.set("email_notifications", self.email_notifications, &mut to.email_notifications);
        changed.set("sms_notifications", self.sms_notifications, &mut to.sms_notifications);
        changed.set("push_notifications", self.push_notifications, &mut to.push_notifications);
        let (edit, privacy) = (self.privacy.unwrap_or_default(), &mut to.privacy);
        changed.set("privacy.profile", edit.profile, &mut privacy.profile);
        changed.set("privacy.show_email", edit.show_email, &mut privacy.show_email);
        changed.set("privacy.show_birth_date", edit.show_birth_date, &mut privacy.show_birth_date);
        changed.set("privacy.show_names", edit.show_names, &mut privacy.show_names);
        changed.set("privacy.show_location", edit.show_location, &mut privacy.show_location);
        changed.set("privacy.show_activity", edit.show_activity, &mut privacy.show_activity);
        changed.set("privacy.show_follows", edit.show_follows, &mut privacy.show_follows);
        changed
    }
}

impl Auth {
    /// Changes names and profile: one's own, or those of somebody who may do no more than oneself.
    pub async fn edit_person(
        &self,
        by: &Authority,
        id: UserId,
        edit: PersonEdit,
        origin: &Origin,
    ) -> Result<Person, AuthError> {
        by.demand_on(id, USERS_WRITE)?;
        if let Patch::Set(born) = &edit.birth_date
            && !born.has_come(self.now())
        {
            let reason = "lies in the future";
            return Err(AuthError::Invalid(Faults::one("/birth_date", "future", reason)));
        }
        again!(self.edit_once(by, id, edit.clone(), origin))
    }

    async fn edit_once(
        &self,
        by: &Authority,
        id: UserId,
        edit: PersonEdit,
        origin: &Origin,
    ) -> Result<Person, AuthError> {
        let mut person = self.living(id).await?;
        let mut changes = self.over(by, &person.user).await?;
        let (names, parts) = edit.apply(&mut person);
        if names.0.is_empty() && parts.0.is_empty() {
            return Ok(person);
        }
        let at = self.now();
        let mut record = self.record(origin);
        if !names.0.is_empty() {
            person.user.updated_at = at;
            changes.push(Change::Rename {
                user: id,
                user_name: person.user.user_name.clone(),
                first_name: person.user.first_name.clone(),
                last_name: person.user.last_name.clone(),
                at,
            });
            // Only which they are: the audit log outlives the account.
            let entry = on_user("user.updated", id).extra("changed", names.0.clone());
            record = record.event(id, UserUpdated { id, changes: names.0.clone() })?.audit(entry);
        }
        if !parts.0.is_empty() {
            changes.push(self.activity(id, ActivityKind::ProfileUpdated, at));
            let entry = on_user("user.profile_updated", id).extra("changed", parts.0.clone());
            record = record.event(id, UserProfileUpdated { id, changes: parts.0 })?.audit(entry);
        }
        changes.push(set_profile(&person));
        self.store().apply(&changes, &record.trail()).await?;
        person.version += 1;
        Ok(person)
    }

    /// The preferences of a user: for themselves, and for who may read all users and may do no less than that one.
    pub async fn preferences(&self, by: &Authority, id: UserId) -> Result<Preferences, AuthError> {
        by.demand_on(id, USERS_READ)?;
        let person = self.living(id).await?;
        self.over(by, &person.user).await?;
        Ok(person.preferences)
    }

    /// Changes preferences: one's own, or those of somebody who may do no more than oneself.
    pub async fn edit_preferences(
        &self,
        by: &Authority,
        id: UserId,
        edit: PreferencesEdit,
        origin: &Origin,
    ) -> Result<Preferences, AuthError> {
        by.demand_on(id, USERS_WRITE)?;
        again!(self.edit_preferences_once(by, id, edit.clone(), origin))
    }

    async fn edit_preferences_once(
        &self,
        by: &Authority,
        id: UserId,
        edit: PreferencesEdit,
        origin: &Origin,
    ) -> Result<Preferences, AuthError> {
        let mut person = self.living(id).await?;
        let mut changes = self.over(by, &person.user).await?;
        let before = person.preferences.clone();
        let Changed(names) = edit.apply(&mut person.preferences);
        if names.is_empty() {
            return Ok(person.preferences);
        }
        let entry = on_user("user.preferences_updated", id).change(&before, &person.preferences);
        let changed = names.into_iter().map(|name| format!("preferences.{name}")).collect();
        let record = self.record(origin).event(id, UserUpdated { id, changes: changed })?.audit(entry);
        changes.push(set_profile(&person));
        self.store().apply(&changes, &record.trail()).await?;
        Ok(person.preferences)
    }

    /// The person, unless they are deleted.
    pub(super) async fn living(&self, id: UserId) -> Result<Person, AuthError> {
        let person = self.person(id).await?;
        if person.user.status == UserStatus::Deleted { Err(AuthError::UserNotFound) } else { Ok(person) }
    }

    pub(crate) fn activity(&self, user: UserId, kind: ActivityKind, at: Timestamp) -> Change {
        Change::Note(Activity { id: Id::new(self.clock()), user, kind, target: None, at })
    }
}

/// That a person's profile and preferences are these, in the version after the one that was read.
pub(crate) fn set_profile(person: &Person) -> Change {
    Change::SetProfile {
        user: person.user.id,
        version: person.version,
        profile: person.profile.clone(),
        preferences: person.preferences.clone(),
    }
}
