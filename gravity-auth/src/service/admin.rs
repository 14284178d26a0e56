//! The first admin, and users that a command makes.

use gravity_core::SecretString;
use gravity_core::audit::Origin;

use super::register::Registration;
use crate::domain::{RoleName, User};
use crate::store::Change;
use crate::{Auth, AuthError};

impl Auth {
    /// Makes a super admin, whose address counts as verified: for a command of the application's, not for a route.
    pub async fn create_admin(&self, new: Registration) -> Result<User, AuthError> {
        self.create(new, RoleName::SUPER_ADMIN).await
    }

    /// Makes a user, whose address counts as verified: for a command of the application's, not for a route.
    pub async fn create_user(&self, new: Registration) -> Result<User, AuthError> {
        self.create(new, RoleName::CUSTOMER).await
    }

    /// Whether there is a super admin who may sign in.
    pub async fn has_admin(&self) -> Result<bool, AuthError> {
        Ok(self.store().has_super_admin().await?)
    }

    async fn create(&self, new: Registration, role: RoleName) -> Result<User, AuthError> {
        self.check_password(&new.password, &new.about()).await?;
        let hash = SecretString::new(self.0.hasher.hash(new.password.clone()).await?);
        let mut user = self.new_user(new);
        user.role = role;
        user.email_verified_at = Some(user.created_at);
        let trail = self.registered(&user, &Origin::default())?.trail();
        let add = Change::AddUser { user: user.clone(), password: Some(hash) };
        self.store().apply(&[add], &trail).await?;
        Ok(user)
    }
}
