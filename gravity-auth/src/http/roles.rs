//! Roles.

use gravity_core::audit::Origin;
use gravity_core::http::{Json, NoContent, Path, Query, State, WithStatus};
use gravity_core::{Grant, Grants};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::{Role, RoleName};
use crate::service::Authority;
use crate::{Auth, AuthError};

/// A role that is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleInput {
    /// What it is called.
    pub name: RoleName,
    /// What it grants, such as `orders:read` or `orders:*`: nothing that you do not hold.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub grants: Vec<Grant>,
    /// The role that it builds on: it has what that grants, too.
    #[serde(default)]
    pub inherits: Option<RoleName>,
}

/// What is to be another about a role.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolePatchInput {
    /// What it grants.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub grants: Option<Vec<Grant>>,
    /// The role that it builds on; `null` for none.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<RoleName>")]
    pub inherits: Option<Option<RoleName>>,
}

/// How a role is deleted.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RoleDeletion {
    /// What those get who have it. Without this, nobody may have it.
    pub instead: Option<RoleName>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleView {
    /// What it is called.
    pub name: RoleName,
    /// What it grants by itself.
    pub grants: Grants,
    /// The role that it builds on.
    pub inherits: Option<RoleName>,
    /// All that it grants.
    pub effective: Grants,
    /// Whether it is there from the start, and stays.
    pub built_in: bool,
}

/// All roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleList {
    /// In the order of their names.
    pub items: Vec<RoleView>,
}

impl RoleView {
    fn of(role: &Role, roles: &[Role]) -> Self {
        Self {
            name: role.name.clone(),
            grants: role.grants.clone(),
            inherits: role.inherits.clone(),
            effective: Role::grants_of(&role.name, roles),
            built_in: Role::is_built_in(&role.name),
        }
    }
}

/// What is there was given, `null` or not.
#[expect(clippy::option_option, reason = "left out, `null` and a name are three cases")]
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<RoleName>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

async fn viewed(auth: &Auth, role: &Role) -> Result<RoleView, AuthError> {
    Ok(RoleView::of(role, &auth.roles().await?))
}

pub(super) async fn list(State(auth): State<Auth>) -> Result<Json<RoleList>, AuthError> {
    let roles = auth.roles().await?;
    Ok(Json(RoleList { items: roles.iter().map(|role| RoleView::of(role, &roles)).collect() }))
}

pub(super) async fn show(
    State(auth): State<Auth>,
    Path(name): Path<RoleName>,
) -> Result<Json<RoleView>, AuthError> {
    let role = auth.role(&name).await?;
    viewed(&auth, &role).await.map(Json)
}

pub(super) async fn create(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Json(input): Json<RoleInput>,
) -> Result<WithStatus<201, Json<RoleView>>, AuthError> {
    let RoleInput { name, grants, inherits } = input;
    let role = Role { name, grants: grants.into_iter().collect(), inherits };
    let role = auth.create_role(&by, role, &origin).await?;
    viewed(&auth, &role).await.map(|view| WithStatus(Json(view)))
}

pub(super) async fn change(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(name): Path<RoleName>,
    Json(input): Json<RolePatchInput>,
) -> Result<Json<RoleView>, AuthError> {
    let grants = input.grants.map(|grants| grants.into_iter().collect());
    let role = auth.change_role(&by, &name, grants, input.inherits, &origin).await?;
    viewed(&auth, &role).await.map(Json)
}

pub(super) async fn delete(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(name): Path<RoleName>,
    Query(query): Query<RoleDeletion>,
) -> Result<NoContent, AuthError> {
    auth.delete_role(&by, &name, query.instead, &origin).await.map(|()| NoContent)
}
