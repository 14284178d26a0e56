//! What tokens say, and calling them back.

use gravity_core::Error;
use gravity_core::http::{JsonOrForm, NoContent, State, WithStatus};
use serde_json::{Map, Value, json};

use super::fresh::{Fresh, fresh};
use super::inputs::TokenInput;
use super::presented::Whence;
use super::views::{IntrospectionView, Validity};
use crate::jwt::TokenError;
use crate::service::Introspection;
use crate::{Auth, AuthError};

pub(super) async fn validate(
    State(auth): State<Auth>,
    JsonOrForm(input): JsonOrForm<TokenInput>,
) -> Result<Fresh<Validity>, AuthError> {
    match auth.validate(input.token.expose()).await {
        Ok(claims) => {
            let claims = serde_json::to_value(claims).map_err(Error::internal)?;
            Ok(fresh(Validity { valid: true, claims: Some(claims) }))
        }
        Err(TokenError::KeysUnavailable) => {
            Err(Error::unavailable("auth.keys_unavailable", "Try again later.").into())
        }
        Err(_) => Ok(fresh(Validity { valid: false, claims: None })),
    }
}

pub(super) async fn introspect(
    State(auth): State<Auth>,
    JsonOrForm(input): JsonOrForm<TokenInput>,
) -> Result<Fresh<IntrospectionView>, AuthError> {
    let (kind, said) = match auth.introspect(input.token.expose()).await? {
        Introspection::Inactive => {
            return Ok(fresh(IntrospectionView { active: false, claims: Map::new() }));
        }
        Introspection::Access(claims) => {
            ("access_token", serde_json::to_value(*claims).map_err(Error::internal)?)
        }
        Introspection::Refresh(session) => {
            let said = json!({
                "sub": session.user,
                "sid": session.id,
                "iat": session.created_at.as_seconds(),
                "exp": session.idle_until.as_seconds(),
            });
            ("refresh_token", said)
        }
    };
    let Value::Object(mut claims) = said else { return Err(Error::internal("claims are an object").into()) };
    claims.insert("token_type".to_owned(), kind.into());
    Ok(fresh(IntrospectionView { active: true, claims }))
}

/// 200 in any case, as RFC 7009 wants it.
pub(super) async fn revoke(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    JsonOrForm(input): JsonOrForm<TokenInput>,
) -> Result<WithStatus<200, NoContent>, AuthError> {
    auth.revoke(input.token.expose(), &origin).await.map(|()| WithStatus(NoContent))
}
