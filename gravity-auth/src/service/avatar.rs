//! Pictures of people.

use gravity_core::audit::Origin;

use super::authority::{Authority, Viewer};
use super::profile::{again, set_profile};
use super::record::on_user;
use super::users::USERS_WRITE;
use super::view::view;
use crate::domain::{ActivityKind, Person, Profile, UserId};
use crate::events::UserProfileUpdated;
use crate::ports::Picture;
use crate::{Auth, AuthError};

/// Which picture of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// The one beside their name.
    Avatar,
    /// The one above their profile.
    Cover,
}

impl PictureKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Avatar => "avatar",
            Self::Cover => "cover",
        }
    }

    fn of(self, profile: &mut Profile) -> &mut Option<String> {
        match self {
            Self::Avatar => &mut profile.avatar,
            Self::Cover => &mut profile.cover,
        }
    }
}

impl Auth {
    /// Gives somebody a picture: oneself, or somebody who may do no more than oneself.
    pub async fn set_picture(
        &self,
        by: &Authority,
        id: UserId,
        kind: PictureKind,
        picture: &Picture,
        origin: &Origin,
    ) -> Result<Person, AuthError> {
        by.demand_on(id, USERS_WRITE)?;
        self.over(by, &self.there(id).await?).await?;
        let name = format!("{}-{}-{}", id.uuid().simple(), kind.as_str(), self.clock().uuid().simple());
        let files = &self.0.config.files;
        files.put(&name, picture).await?;
        let outcome = self.change_picture(by, id, kind, Some(&name), origin).await;
        if outcome.is_err() {
            files.remove(&name).await?;
        }
        outcome
    }

    /// Takes a picture away. To do so twice is no fault.
    pub async fn remove_picture(
        &self,
        by: &Authority,
        id: UserId,
        kind: PictureKind,
        origin: &Origin,
    ) -> Result<Person, AuthError> {
        by.demand_on(id, USERS_WRITE)?;
        self.change_picture(by, id, kind, None, origin).await
    }

    async fn change_picture(
        &self,
        by: &Authority,
        id: UserId,
        kind: PictureKind,
        name: Option<&str>,
        origin: &Origin,
    ) -> Result<Person, AuthError> {
        again!(self.change_picture_once(by, id, kind, name, origin))
    }

    async fn change_picture_once(
        &self,
        by: &Authority,
        id: UserId,
        kind: PictureKind,
        name: Option<&str>,
        origin: &Origin,
    ) -> Result<Person, AuthError> {
        let mut person = self.living(id).await?;
        let mut changes = self.over(by, &person.user).await?;
        let old = std::mem::replace(kind.of(&mut person.profile), name.map(str::to_owned));
        if old.is_none() && name.is_none() {
            return Ok(person);
        }
        let changed = UserProfileUpdated { id, changes: vec![kind.as_str().to_owned()] };
        let entry = on_user("user.picture_changed", id).extra("picture", kind.as_str());
        let trail = self.record(origin).event(id, changed)?.audit(entry).trail();
        changes.push(set_profile(&person));
        if name.is_some() {
            changes.push(self.activity(id, ActivityKind::PictureChanged, self.now()));
        }
        self.store().apply(&changes, &trail).await?;
        if let Some(old) = old
            && let Err(error) = self.0.config.files.remove(&old).await
        {
            // Nothing leads to it any more.
            tracing::warn!(%error, "a picture that was replaced was not removed");
        }
        person.version += 1;
        Ok(person)
    }

    /// A picture of somebody, for who sees it.
    pub async fn picture(
        &self,
        viewer: &Viewer,
        id: UserId,
        kind: PictureKind,
    ) -> Result<Picture, AuthError> {
        let regard = self.regard(viewer, id).await?;
        let mut person = self.person(id).await.map_err(hidden)?;
        let shown = view(&person, regard).ok_or(AuthError::PictureNotFound)?;
        let is_shown = match kind {
            PictureKind::Avatar => shown.avatar.is_some(),
            PictureKind::Cover => shown.cover.is_some(),
        };
        let name =
            kind.of(&mut person.profile).take().filter(|_| is_shown).ok_or(AuthError::PictureNotFound)?;
        self.0.config.files.get(&name).await?.ok_or(AuthError::PictureNotFound)
    }
}

/// Where there is no picture it is not told whether there is a user.
fn hidden(error: AuthError) -> AuthError {
    match error {
        AuthError::UserNotFound => AuthError::PictureNotFound,
        error => error,
    }
}
