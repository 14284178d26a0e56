//! Users who come from somewhere else, with the passwords that they have there.

use gravity_core::Id;
use gravity_core::audit::Origin;
use gravity_core::validate::Faults;

use super::address::check_reach;
use crate::domain::{EmailAddress, PersonName, RoleName, User, UserName};
use crate::password::ImportedHash;
use crate::store::Change;
use crate::{Auth, AuthError};

/// A user who comes from somewhere else.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// Where mail reaches them.
    pub email: EmailAddress,
    /// Whether they have shown there that the address is theirs.
    pub is_verified: bool,
    /// The hash of the password that they have there. Without one they get a password by a link in mail.
    pub password: Option<ImportedHash>,
    /// The name by which others know them.
    pub user_name: Option<UserName>,
    /// Their first name.
    pub first_name: Option<PersonName>,
    /// Their last name.
    pub last_name: Option<PersonName>,
    /// What they may do.
    pub role: RoleName,
}

impl ImportedUser {
    /// A customer with this address, which is not verified, and this password.
    pub fn new(email: EmailAddress, password: Option<ImportedHash>) -> Self {
        Self {
            email,
            is_verified: false,
            password,
            user_name: None,
            first_name: None,
            last_name: None,
            role: RoleName::CUSTOMER,
        }
    }
}

impl Auth {
    /// Takes over a user from somewhere else, who goes on signing in by their password: for a command of the
    /// application's, not for a route. The first time that they do, their hash is replaced by one of ours.
    ///
    /// No mail is sent. An address or a name that somebody has already is [`AuthError::EmailTaken`] or
    /// [`AuthError::UserNameTaken`], so that an import that was broken off can be run again.
    pub async fn import_user(&self, new: ImportedUser) -> Result<User, AuthError> {
        check_reach(&new.email)?;
        self.check_role(&new.role).await?;
        let unfit = |error: gravity_core::security::password::PasswordError| {
            AuthError::Invalid(Faults::one("/password", "invalid", error.to_string()))
        };
        let hash = new.password.map(|hash| hash.into_kept(&self.0.hasher)).transpose().map_err(unfit)?;
        let now = self.now();
        let user = User {
            user_name: new.user_name,
            first_name: new.first_name,
            last_name: new.last_name,
            email_verified_at: new.is_verified.then_some(now),
            ..User::new(Id::new(self.clock()), new.email, new.role, now)
        };
        let trail = self.registered(&user, &Origin::default())?.trail();
        let add = Change::AddUser { user: user.clone(), password: hash };
        self.store().apply(&[add], &trail).await?;
        Ok(user)
    }
}
