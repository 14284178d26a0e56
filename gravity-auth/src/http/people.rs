//! Users: seen to by those who may, and by themselves.

use gravity_core::audit::Origin;
use gravity_core::http::{Created, Json, NoContent, Path, Query, State};
use gravity_core::page::{Cursor, CursorContext, Page, PageRequest, PageRows};
use gravity_core::{SecretString, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fresh::{Fresh, fresh};
use super::paging::Paging;
use super::views::{SessionList, SessionView};
use super::who::Who;
use crate::domain::{
    EmailAddress, Person, PersonName, Preferences, RoleName, SessionId, UserName, UserStatus, folded,
};
use crate::service::{
    Authority, Export, NewUser, PersonEdit, PersonView, PreferencesEdit, Regard, USERS_READ, Viewer, view,
};
use crate::store::PeopleFilter;
use crate::{Auth, AuthError};

/// Which users are asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct UsersQuery {
    /// Those who have, for each word of this, one in address or names that begins with it. Case and accents do not
    /// matter.
    #[schemars(length(min = 1, max = 200))]
    pub q: Option<String>,
    /// Those of this role.
    pub role: Option<RoleName>,
    /// Those of this status.
    pub status: Option<UserStatus>,
    /// Those whose address is verified, or is not.
    pub verified: Option<bool>,
    /// Those whose account was made at this time or later.
    pub created_since: Option<Timestamp>,
    /// Those whose account was made before this time.
    pub created_until: Option<Timestamp>,
    /// How many items to return at most.
    #[schemars(range(min = 1))]
    pub limit: Option<u32>,
    /// Where to go on: the cursor of the page before.
    pub cursor: Option<Cursor>,
}

/// A user whom somebody else makes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewUserInput {
    /// Where mail reaches them.
    pub email: EmailAddress,
    /// Their password. Without one they get mail to set it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1024))]
    pub password: Option<SecretString>,
    /// The name by which others shall know them.
    #[serde(default)]
    pub user_name: Option<UserName>,
    /// Their first name.
    #[serde(default)]
    pub first_name: Option<PersonName>,
    /// Their last name.
    #[serde(default)]
    pub last_name: Option<PersonName>,
    /// What they may do: `customer` if nothing is said.
    #[serde(default)]
    pub role: Option<RoleName>,
}

/// The role that a user gets.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct UserRoleInput {
    /// Its name.
    pub role: RoleName,
}

/// What it takes to delete one's account, where the sign-in was not just now.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeleteMeInput {
    /// The password.
    #[schemars(length(max = 1024))]
    pub password: SecretString,
}

fn text_of<T: serde::Serialize>(value: Option<T>) -> String {
    value.and_then(|value| serde_json::to_string(&value).ok()).unwrap_or_default()
}

pub(super) async fn list(
    State(auth): State<Auth>,
    by: Authority,
    Query(query): Query<UsersQuery>,
) -> Result<Fresh<Page<PersonView>>, AuthError> {
    let UsersQuery { q, role, status, verified, created_since, created_until, limit, cursor } = query;
    let context = CursorContext::new("users.list")
        .filter("q", q.as_deref().map(folded).unwrap_or_default())
        .filter("role", text_of(role.as_ref()))
        .filter("status", text_of(status))
        .filter("verified", text_of(verified))
        .filter("since", text_of(created_since))
        .filter("until", text_of(created_until));
    let filter =
        PeopleFilter { role, status, verified, created_since, created_until, ..PeopleFilter::default() };
    let filter = match q {
        Some(q) => filter.search(&q),
        None => filter,
    };
    let paging = Paging::of(&auth, &PageRequest { limit, cursor }, context)?;
    let rows = auth.people(&by, &filter, paging.from(), paging.limit()).await?;
    paging
        .page(PageRows {
            items: rows.items.iter().filter_map(|person| view(person, Regard::Admin)).collect(),
            next: rows.next,
            previous: rows.previous,
        })
        .map(fresh)
}

pub(super) async fn create(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Json(input): Json<NewUserInput>,
) -> Result<Created<PersonView>, AuthError> {
    let NewUserInput { email, password, user_name, first_name, last_name, role } = input;
    let role = role.unwrap_or(RoleName::CUSTOMER);
    let new = NewUser { email, password, user_name, first_name, last_name, role };
    let person = auth.add_user(&by, new, &origin).await?;
    Ok(Created::new(person.user.id, shown(&by, &person)?))
}

pub(super) async fn show(
    State(auth): State<Auth>,
    viewer: Viewer,
    Path(who): Path<Who>,
) -> Result<Fresh<PersonView>, AuthError> {
    auth.show(&viewer, who.seen_by(&viewer)?).await.map(fresh)
}

pub(super) async fn edit(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
    Json(edit): Json<PersonEdit>,
) -> Result<Fresh<PersonView>, AuthError> {
    let person = auth.edit_person(&by, who.of(&by), edit, &origin).await?;
    shown(&by, &person).map(fresh)
}

pub(super) async fn delete(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
) -> Result<NoContent, AuthError> {
    auth.delete_user(&by, who.of(&by), &origin).await.map(|()| NoContent)
}

pub(super) async fn me(State(auth): State<Auth>, by: Authority) -> Result<Fresh<PersonView>, AuthError> {
    by.demand_on(by.caller.user, USERS_READ)?;
    let person = auth.person(by.caller.user).await?;
    shown(&by, &person).map(fresh)
}

pub(super) async fn edit_me(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Json(edit): Json<PersonEdit>,
) -> Result<Fresh<PersonView>, AuthError> {
    let person = auth.edit_person(&by, by.caller.user, edit, &origin).await?;
    shown(&by, &person).map(fresh)
}

pub(super) async fn delete_me(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    input: Option<Json<DeleteMeInput>>,
) -> Result<NoContent, AuthError> {
    let password = input.map(|Json(input)| input.password);
    auth.delete_me(&by, password.as_ref(), &origin).await.map(|()| NoContent)
}

pub(super) async fn suspend(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
) -> Result<NoContent, AuthError> {
    auth.suspend(&by, who.of(&by), &origin).await.map(|()| NoContent)
}

pub(super) async fn unsuspend(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
) -> Result<NoContent, AuthError> {
    auth.unsuspend(&by, who.of(&by), &origin).await.map(|()| NoContent)
}

pub(super) async fn restore(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
) -> Result<NoContent, AuthError> {
    auth.restore_user(&by, who.of(&by), &origin).await.map(|()| NoContent)
}

pub(super) async fn demand_password(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
) -> Result<NoContent, AuthError> {
    auth.demand_new_password(&by, who.of(&by), &origin).await.map(|()| NoContent)
}

pub(super) async fn reset_second_factors(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
) -> Result<NoContent, AuthError> {
    auth.reset_second_factors(&by, who.of(&by), &origin).await.map(|()| NoContent)
}

pub(super) async fn set_role(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
    Json(input): Json<UserRoleInput>,
) -> Result<NoContent, AuthError> {
    auth.set_role(&by, who.of(&by), input.role, &origin).await.map(|()| NoContent)
}

pub(super) async fn sessions(
    State(auth): State<Auth>,
    by: Authority,
    Path(who): Path<Who>,
) -> Result<Fresh<SessionList>, AuthError> {
    let sessions = auth.sessions_of(&by, who.of(&by)).await?;
    let items = sessions.into_iter().map(|session| SessionView::of(session, by.caller.session)).collect();
    Ok(fresh(SessionList { items }))
}

pub(super) async fn end_session(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path((who, session)): Path<(Who, SessionId)>,
) -> Result<NoContent, AuthError> {
    auth.end_session_of(&by, who.of(&by), session, &origin).await.map(|()| NoContent)
}

pub(super) async fn preferences(
    State(auth): State<Auth>,
    by: Authority,
    Path(who): Path<Who>,
) -> Result<Fresh<Preferences>, AuthError> {
    auth.preferences(&by, who.of(&by)).await.map(fresh)
}

pub(super) async fn edit_preferences(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
    Json(edit): Json<PreferencesEdit>,
) -> Result<Fresh<Preferences>, AuthError> {
    auth.edit_preferences(&by, who.of(&by), edit, &origin).await.map(fresh)
}

pub(super) async fn export(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
) -> Result<Fresh<Export>, AuthError> {
    auth.export(&by, who.of(&by), &origin).await.map(fresh)
}

/// A person as somebody sees them who has just done something to them, and so sees all.
pub(super) fn shown(by: &Authority, person: &Person) -> Result<PersonView, AuthError> {
    let regard = if by.allows(USERS_READ) { Regard::Admin } else { Regard::Oneself };
    view(person, regard).ok_or(AuthError::UserNotFound)
}
