//! Acting in the name of somebody, and who calls.

use std::fmt;

use gravity_core::Principal;
use gravity_core::audit::Origin;
use gravity_core::http::{Json, Path, State, WithStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fresh::{Fresh, fresh};
use super::views::token_type;
use crate::authentication::has_second_factor;
use crate::domain::{SessionId, User, UserId};
use crate::service::{Authority, Caller};
use crate::{Auth, AuthError};

/// Why somebody wants to act in the name of another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImpersonateInput {
    /// The reason, for the audit log: a ticket's number.
    #[schemars(length(min = 1, max = 500))]
    pub reason: String,
}

/// Somebody acts in the name of another.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Impersonated {
    /// The token that requests show. There is none that gets another.
    pub access_token: String,
    /// `Bearer`, or `DPoP` where the session of who asks is bound to a key.
    pub token_type: String,
    /// How long it holds, in seconds.
    pub expires_in: u64,
    /// The session: to sign out ends it.
    pub session: SessionId,
    /// In whose name.
    pub user: User,
}

impl fmt::Debug for Impersonated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Impersonated")
            .field("session", &self.session)
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Me {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// Who acts in their name, if somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<UserId>,
    /// Whether their role grants nothing until they have signed in with a second factor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub second_factor_demanded: bool,
}

pub(super) async fn me(
    State(auth): State<Auth>,
    caller: Caller,
    principal: Principal,
) -> Result<Json<Me>, AuthError> {
    let user = auth.me(&caller).await?;
    let second_factor_demanded =
        caller.session.is_some() && auth.lacks_second_factor(&user.role, has_second_factor(&principal));
    Ok(Json(Me { user, actor: caller.actor, second_factor_demanded }))
}

pub(super) async fn begin(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(user): Path<UserId>,
    Json(input): Json<ImpersonateInput>,
) -> Result<WithStatus<201, Fresh<Impersonated>>, AuthError> {
    let begun = auth.impersonate(&by, user, &input.reason, &origin).await?;
    Ok(WithStatus(fresh(Impersonated {
        access_token: begun.access_token.expose().clone(),
        token_type: token_type(&begun.session).to_owned(),
        expires_in: begun.expires_in.as_secs(),
        session: begun.session.id,
        user: begun.user,
    })))
}
