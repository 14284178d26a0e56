//! The administrator that an empty installation begins with.

use anyhow::{Context, Result};
use gravity_auth::domain::EmailError;
use gravity_auth::{Auth, AuthError, Registration};
use gravity_core::SecretString;
use gravity_core::security::token::Code;
use gravity_core::validate::Faults;

use crate::platform::Platform;
use crate::settings::Settings;

const EMAIL: &str = "admin@example.com";

/// An administrator who was just made.
pub(crate) struct NewAdmin {
    pub(crate) email: String,
    /// The password, where it was made here and nobody else knows it.
    pub(crate) password: Option<SecretString>,
}

/// Makes an administrator, if there is none.
pub(crate) async fn ensure(platform: &Platform, settings: &Settings) -> Result<Option<NewAdmin>> {
    if platform.auth.has_admin().await? {
        return Ok(None);
    }
    let email = settings.admin_email.as_deref().unwrap_or(EMAIL);
    match make(&platform.auth, email, settings.admin_password.clone()).await {
        // Another node was faster.
        Err(AuthError::EmailTaken) if platform.auth.has_admin().await? => Ok(None),
        made => made.map(Some).with_context(|| format!("no administrator {email:?} can be made")),
    }
}

/// Makes an administrator, with a password of chance where none is given.
pub(crate) async fn make(
    auth: &Auth,
    email: &str,
    given: Option<SecretString>,
) -> Result<NewAdmin, AuthError> {
    let made = given.is_none();
    let password = given.unwrap_or_else(password_of_chance);
    let email = email.parse().map_err(|error: EmailError| {
        AuthError::Invalid(Faults::one("/email", "invalid", error.to_string()))
    })?;
    let registration = Registration {
        email,
        password: password.clone(),
        user_name: None,
        first_name: None,
        last_name: None,
    };
    let user = auth.create_admin(registration).await?;
    Ok(NewAdmin { email: user.email.to_string(), password: made.then_some(password) })
}

/// Four groups of letters and digits that are not taken for one another: 80 bits.
fn password_of_chance() -> SecretString {
    Code::letters(16).grouped(4)
}
