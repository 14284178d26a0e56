//! What requests say.

use gravity_core::SecretString;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::{EmailAddress, PersonName, UserName};

/// Somebody who signs up.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RegisterInput {
    /// Where mail reaches them.
    pub email: EmailAddress,
    /// The password that they want: 8 to 100 characters unless the application says otherwise.
    #[schemars(length(min = 1, max = 1024))]
    pub password: SecretString,
    /// The name by which others shall know them.
    #[serde(default)]
    pub user_name: Option<UserName>,
    /// Their first name.
    #[serde(default)]
    pub first_name: Option<PersonName>,
    /// Their last name.
    #[serde(default)]
    pub last_name: Option<PersonName>,
    /// Whether tokens come as cookies, for pages in a browser.
    #[serde(default)]
    pub cookies: bool,
}

/// Somebody who signs in. `username` may hold an address, as the password flow of OAuth 2 wants it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct LoginInput {
    /// Their address.
    #[serde(default)]
    #[schemars(length(max = 1024), example = "someone@example.com")]
    pub email: Option<String>,
    /// Their user name, or their address.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub username: Option<String>,
    /// Their password.
    #[schemars(length(max = 1024))]
    pub password: SecretString,
    /// `password`, if anything.
    #[serde(default)]
    #[schemars(regex(pattern = "^password$"))]
    pub grant_type: Option<String>,
    /// The token of a remembered device, where it does not come as a cookie.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub device_token: Option<SecretString>,
    /// Whether tokens come as cookies, for pages in a browser.
    #[serde(default)]
    pub cookies: bool,
}

/// A refresh token, where it does not come as a cookie.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RefreshInput {
    /// The token.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub refresh_token: Option<SecretString>,
}

/// An address that mail shall go to.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EmailInput {
    /// The address.
    pub email: EmailAddress,
}

/// The token of a link.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct TicketInput {
    /// What stood behind `#token=`.
    #[schemars(length(min = 1, max = 1024))]
    pub token: SecretString,
    /// Whether tokens come as cookies, for pages in a browser.
    #[serde(default)]
    pub cookies: bool,
}

/// A code that came by mail.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CodeInput {
    /// The address that it went to.
    pub email: EmailAddress,
    /// The code.
    #[schemars(length(min = 1, max = 64))]
    pub code: SecretString,
    /// Whether tokens come as cookies, for pages in a browser.
    #[serde(default)]
    pub cookies: bool,
}

/// A password by a link.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ResetPasswordInput {
    /// What stood behind `#token=`.
    #[schemars(length(min = 1, max = 1024))]
    pub token: SecretString,
    /// The new password.
    #[schemars(length(min = 1, max = 1024))]
    pub password: SecretString,
}

/// A new password instead of the old one.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangePasswordInput {
    /// The old one.
    #[schemars(length(max = 1024))]
    pub current_password: SecretString,
    /// The new one.
    #[schemars(length(min = 1, max = 1024))]
    pub password: SecretString,
}

/// A new address instead of the old one.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangeEmailInput {
    /// The new address.
    pub email: EmailAddress,
    /// The password, once more.
    #[schemars(length(max = 1024))]
    pub password: SecretString,
}

/// What a session is called.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NameInput {
    /// The name, or none.
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
}

/// A token, as RFC 7009 and RFC 7662 have it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct TokenInput {
    /// The token.
    #[schemars(length(min = 1, max = 8192))]
    pub token: SecretString,
    /// What sort it is, if its sender knows.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub token_type_hint: Option<String>,
}
