//! Who calls, and their sessions.

use gravity_core::audit::Origin;
use gravity_core::http::{Json, NoContent, Path, State};

use super::inputs::NameInput;
use super::views::{SessionList, SessionView};
use crate::domain::{EndReason, SessionId};
use crate::service::Caller;
use crate::{Auth, AuthError};

pub(super) async fn list(State(auth): State<Auth>, caller: Caller) -> Result<Json<SessionList>, AuthError> {
    // Where its owner is signed in is nothing that an API key is told.
    caller.session.ok_or(AuthError::NotInPerson)?;
    let sessions = auth.sessions(caller.user).await?;
    let items = sessions.into_iter().map(|session| SessionView::of(session, caller.session)).collect();
    Ok(Json(SessionList { items }))
}

pub(super) async fn name(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    Path(session): Path<SessionId>,
    Json(input): Json<NameInput>,
) -> Result<NoContent, AuthError> {
    caller.in_person()?;
    auth.name_session(caller.user, session, input.name, &origin).await.map(|()| NoContent)
}

pub(super) async fn end(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    Path(session): Path<SessionId>,
) -> Result<NoContent, AuthError> {
    caller.in_person()?;
    auth.end_session(caller.user, session, EndReason::Revoked, &origin).await.map(|()| NoContent)
}

pub(super) async fn end_others(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
) -> Result<NoContent, AuthError> {
    caller.in_person()?;
    auth.end_sessions(caller.user, caller.session, &origin).await.map(|()| NoContent)
}
