//! API keys, and the accounts of programs.

use std::fmt;
use std::time::Duration;

use gravity_core::audit::Origin;
use gravity_core::http::{Json, NoContent, Path, Query, State, WithStatus};
use gravity_core::page::{CursorContext, Page, PageRequest};
use gravity_core::{Grants, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fresh::{Fresh, fresh};
use super::paging::Paging;
use crate::domain::{ApiKey, ApiKeyId, PersonName, RoleName, User, UserId};
use crate::service::{ApiKeyPatch, Authority, IssuedApiKey, NewApiKey};
use crate::{Auth, AuthError};

/// An API key that is wanted. Whose it is going to be is who asks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyInput {
    /// What it is called.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// What it may do, such as `orders:read`: no more than you may.
    #[schemars(length(min = 1, max = 100))]
    pub scopes: Vec<gravity_core::Grant>,
    /// When it ceases to hold.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// How many requests a minute it may make; 600 unless told.
    #[serde(default)]
    #[schemars(range(min = 1, max = 60_000))]
    pub per_minute: Option<u32>,
    /// The program's account that it is for, for those who may manage them.
    #[serde(default)]
    pub service_account: Option<UserId>,
}

/// What is to be another about an API key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyPatchInput {
    /// What it is called.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// What it may do.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    pub scopes: Option<Vec<gravity_core::Grant>>,
    /// When it ceases to hold.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// How many requests a minute it may make.
    #[serde(default)]
    #[schemars(range(min = 1, max = 60_000))]
    pub per_minute: Option<u32>,
}

/// How an API key gets another secret.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateInput {
    /// How long the old secret holds beside the new one, in seconds: not at all unless told, a week at most.
    #[serde(default)]
    #[schemars(range(max = 604_800))]
    pub overlap_seconds: u32,
}

/// Whose API keys are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ApiKeyQuery {
    /// Those of this program's account, instead of your own.
    pub service_account: Option<UserId>,
}

/// An account of a program that is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccountInput {
    /// What it is called.
    pub name: PersonName,
    /// What it may do: no more than you may.
    pub role: RoleName,
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiKeyView {
    /// Which one it is.
    pub id: ApiKeyId,
    /// In whose name it calls.
    pub user: UserId,
    /// What it is called.
    pub name: String,
    /// How its secret begins.
    pub hint: String,
    /// What it may do, as far as its owner may.
    pub scopes: Grants,
    /// How many requests a minute it may make.
    pub per_minute: u32,
    /// Until when the secret of before holds too.
    pub old_secret_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ceases to hold.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// API keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiKeyList {
    /// The newest first.
    pub items: Vec<ApiKeyView>,
}

/// An API key and its secret, which is never shown again.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct IssuedApiKeyView {
    /// The secret: for `Authorization: Bearer`, or `X-Api-Key`.
    pub secret: String,
    /// The key.
    pub key: ApiKeyView,
}

impl fmt::Debug for IssuedApiKeyView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedApiKeyView").field("key", &self.key).finish_non_exhaustive()
    }
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            user: key.user,
            name: key.name,
            hint: key.hint,
            scopes: key.scopes,
            per_minute: key.per_minute,
            old_secret_until: key.old.map(|(_, until)| until),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}

impl From<IssuedApiKey> for IssuedApiKeyView {
    fn from(issued: IssuedApiKey) -> Self {
        Self { secret: issued.secret.expose().clone(), key: issued.key.into() }
    }
}

fn issued(issued: IssuedApiKey) -> Fresh<IssuedApiKeyView> {
    fresh(issued.into())
}

pub(super) async fn create(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Json(input): Json<ApiKeyInput>,
) -> Result<WithStatus<201, Fresh<IssuedApiKeyView>>, AuthError> {
    let ApiKeyInput { name, scopes, expires_at, per_minute, service_account } = input;
    let new =
        NewApiKey { name, scopes: scopes.into_iter().collect(), expires_at, per_minute, service_account };
    auth.create_api_key(&by, new, &origin).await.map(issued).map(WithStatus)
}

pub(super) async fn list(
    State(auth): State<Auth>,
    by: Authority,
    Query(query): Query<ApiKeyQuery>,
) -> Result<Json<ApiKeyList>, AuthError> {
    let keys = auth.api_keys(&by, query.service_account).await?;
    Ok(Json(ApiKeyList { items: keys.into_iter().map(ApiKeyView::from).collect() }))
}

pub(super) async fn show(
    State(auth): State<Auth>,
    by: Authority,
    Path(id): Path<ApiKeyId>,
) -> Result<Json<ApiKeyView>, AuthError> {
    auth.api_key(&by, id).await.map(ApiKeyView::from).map(Json)
}

pub(super) async fn change(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(id): Path<ApiKeyId>,
    Json(input): Json<ApiKeyPatchInput>,
) -> Result<Json<ApiKeyView>, AuthError> {
    let ApiKeyPatchInput { name, scopes, expires_at, per_minute } = input;
    let scopes = scopes.map(|scopes| scopes.into_iter().collect());
    let patch = ApiKeyPatch { name, scopes, expires_at, per_minute };
    auth.change_api_key(&by, id, patch, &origin).await.map(ApiKeyView::from).map(Json)
}

pub(super) async fn rotate(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(id): Path<ApiKeyId>,
    input: Option<Json<RotateInput>>,
) -> Result<Fresh<IssuedApiKeyView>, AuthError> {
    let Json(input) = input.unwrap_or(Json(RotateInput::default()));
    let overlap = Duration::from_secs(input.overlap_seconds.into());
    auth.rotate_api_key(&by, id, overlap, &origin).await.map(issued)
}

pub(super) async fn delete(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(id): Path<ApiKeyId>,
) -> Result<NoContent, AuthError> {
    auth.delete_api_key(&by, id, &origin).await.map(|()| NoContent)
}

pub(super) async fn create_account(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Json(input): Json<ServiceAccountInput>,
) -> Result<WithStatus<201, Json<User>>, AuthError> {
    auth.create_service_account(&by, input.name, input.role, &origin).await.map(|user| WithStatus(Json(user)))
}

pub(super) async fn list_accounts(
    State(auth): State<Auth>,
    Query(request): Query<PageRequest>,
) -> Result<Json<Page<User>>, AuthError> {
    let paging = Paging::of(&auth, &request, CursorContext::new("auth.service_accounts"))?;
    let rows = auth.service_accounts(paging.from(), paging.limit()).await?;
    paging.page(rows).map(Json)
}

pub(super) async fn delete_account(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(id): Path<UserId>,
) -> Result<NoContent, AuthError> {
    auth.delete_service_account(&by, id, &origin).await.map(|()| NoContent)
}
