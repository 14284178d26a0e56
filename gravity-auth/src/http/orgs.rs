//! Organisations, their members and invitations.

use gravity_core::audit::Origin;
use gravity_core::http::{Json, NoContent, Path, Query, State, WithStatus};
use gravity_core::page::{CursorContext, Page, PageRequest};
use gravity_core::{SecretString, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paging::Paging;
use crate::domain::{EmailAddress, Invitation, InvitationId, Member, Org, OrgId, OrgName, OrgRole, UserId};
use crate::service::Authority;
use crate::{Auth, AuthError};

/// What an organisation is called.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrgInput {
    /// Its name.
    pub name: OrgName,
}

/// Somebody is invited.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationInput {
    /// Who has this address.
    pub email: EmailAddress,
    /// What they may do: no more than you may.
    pub role: OrgRole,
}

/// The role that a member gets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberInput {
    /// The role.
    pub role: OrgRole,
}

/// An invitation is accepted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInput {
    /// The token of the link.
    #[schemars(length(min = 1, max = 1024))]
    pub token: SecretString,
}

/// An organisation, as a member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrgView {
    /// The organisation.
    #[serde(flatten)]
    pub org: Org,
    /// What the caller may do there.
    pub role: OrgRole,
}

/// Organisations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrgList {
    /// The newest first.
    pub items: Vec<OrgView>,
}

/// An invitation, as admins see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvitationView {
    /// Which one it is.
    pub id: InvitationId,
    /// Who has this address.
    pub email: EmailAddress,
    /// What they may do.
    pub role: OrgRole,
    /// Who asks.
    pub invited_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// Invitations that are open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvitationList {
    /// The newest first.
    pub items: Vec<InvitationView>,
}

impl From<(Org, OrgRole)> for OrgView {
    fn from((org, role): (Org, OrgRole)) -> Self {
        Self { org, role }
    }
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        let Invitation { id, email, role, invited_by, created_at, expires_at, .. } = invitation;
        Self { id, email, role, invited_by, created_at, expires_at }
    }
}

pub(super) async fn create(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Json(input): Json<OrgInput>,
) -> Result<WithStatus<201, Json<OrgView>>, AuthError> {
    let org = auth.create_org(&by, input.name, &origin).await?;
    Ok(WithStatus(Json(OrgView { org, role: OrgRole::Owner })))
}

pub(super) async fn list(State(auth): State<Auth>, by: Authority) -> Result<Json<OrgList>, AuthError> {
    let orgs = auth.orgs(&by).await?;
    Ok(Json(OrgList { items: orgs.into_iter().map(OrgView::from).collect() }))
}

pub(super) async fn show(
    State(auth): State<Auth>,
    by: Authority,
    Path(id): Path<OrgId>,
) -> Result<Json<OrgView>, AuthError> {
    auth.org(&by, id).await.map(OrgView::from).map(Json)
}

pub(super) async fn rename(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(id): Path<OrgId>,
    Json(input): Json<OrgInput>,
) -> Result<Json<OrgView>, AuthError> {
    auth.rename_org(&by, id, input.name, &origin).await.map(OrgView::from).map(Json)
}

pub(super) async fn delete(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(id): Path<OrgId>,
) -> Result<NoContent, AuthError> {
    auth.delete_org(&by, id, &origin).await.map(|()| NoContent)
}

pub(super) async fn members(
    State(auth): State<Auth>,
    by: Authority,
    Path(id): Path<OrgId>,
    Query(request): Query<PageRequest>,
) -> Result<Json<Page<Member>>, AuthError> {
    let paging = Paging::of(&auth, &request, CursorContext::new("auth.members").filter("org", id))?;
    let rows = auth.members(&by, id, paging.from(), paging.limit()).await?;
    paging.page(rows).map(Json)
}

pub(super) async fn set_member(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path((id, user)): Path<(OrgId, UserId)>,
    Json(input): Json<MemberInput>,
) -> Result<Json<Member>, AuthError> {
    auth.set_member(&by, id, user, input.role, &origin).await.map(Json)
}

pub(super) async fn remove_member(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path((id, user)): Path<(OrgId, UserId)>,
) -> Result<NoContent, AuthError> {
    auth.remove_member(&by, id, user, &origin).await.map(|()| NoContent)
}

pub(super) async fn invite(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(id): Path<OrgId>,
    Json(input): Json<InvitationInput>,
) -> Result<WithStatus<201, Json<InvitationView>>, AuthError> {
    let invitation = auth.invite(&by, id, input.email, input.role, &origin).await?;
    Ok(WithStatus(Json(invitation.into())))
}

pub(super) async fn invitations(
    State(auth): State<Auth>,
    by: Authority,
    Path(id): Path<OrgId>,
) -> Result<Json<InvitationList>, AuthError> {
    let open = auth.invitations(&by, id).await?;
    Ok(Json(InvitationList { items: open.into_iter().map(InvitationView::from).collect() }))
}

pub(super) async fn withdraw(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path((id, invitation)): Path<(OrgId, InvitationId)>,
) -> Result<NoContent, AuthError> {
    auth.withdraw_invitation(&by, id, invitation, &origin).await.map(|()| NoContent)
}

pub(super) async fn accept(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Json(input): Json<AcceptInput>,
) -> Result<Json<OrgView>, AuthError> {
    auth.accept_invitation(&by, input.token.expose(), &origin).await.map(OrgView::from).map(Json)
}
