//! [`AuthClient`]: sign-in from afar.

use gravity_core::SecretString;
use gravity_core::http::client::{Client, ClientError};
use serde_json::json;

use crate::domain::{SessionId, User};
use crate::http::{Answer, SessionList, Signed, Validity};

/// Calls the [routes](crate::Auth::routes), in this process or on another machine.
#[derive(Debug, Clone)]
pub struct AuthClient(Client);

impl AuthClient {
    /// A client of the application that `client` reaches.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// Signs somebody up, where the answer is the same whoever has the address.
    pub async fn register(&self, email: &str, password: &SecretString) -> Result<Answer, ClientError> {
        let body = json!({"email": email, "password": password.expose()});
        self.0.post("/api/v1/auth/register").json(&body).send().await
    }

    /// Verifies an address by the token of a link.
    pub async fn verify_email(&self, token: &SecretString) -> Result<(), ClientError> {
        self.0.post("/api/v1/auth/verify-email").json(&json!({"token": token.expose()})).send_empty().await
    }

    /// Signs in by an address or a user name, and a password.
    pub async fn login(&self, name: &str, password: &SecretString) -> Result<Signed, ClientError> {
        let body = json!({"username": name, "password": password.expose()});
        self.0.post("/api/v1/auth/login").json(&body).send().await
    }

    /// Gets new tokens for a refresh token, which is used up by that.
    pub async fn refresh(&self, token: &SecretString) -> Result<Signed, ClientError> {
        self.0.post("/api/v1/auth/refresh").json(&json!({"refresh_token": token.expose()})).send().await
    }

    /// Ends the session of a refresh token.
    pub async fn logout(&self, token: &SecretString) -> Result<(), ClientError> {
        self.0.post("/api/v1/auth/logout").json(&json!({"refresh_token": token.expose()})).send_empty().await
    }

    /// Who has this access token.
    pub async fn me(&self, access: &SecretString) -> Result<User, ClientError> {
        self.0.get("/api/v1/auth/me").bearer(access.expose()).send().await
    }

    /// The sessions of whoever has this access token.
    pub async fn sessions(&self, access: &SecretString) -> Result<SessionList, ClientError> {
        self.0.get("/api/v1/auth/sessions").bearer(access.expose()).send().await
    }

    /// Ends one of them.
    pub async fn end_session(&self, access: &SecretString, session: SessionId) -> Result<(), ClientError> {
        let call = self.0.delete("/api/v1/auth/sessions").segment(session);
        call.bearer(access.expose()).send_empty().await
    }

    /// Whether an access token holds, and what it says.
    pub async fn validate(&self, access: &SecretString) -> Result<Validity, ClientError> {
        self.0.post("/api/v1/auth/validate-token").json(&json!({"token": access.expose()})).send().await
    }
}
