//! Passwords and addresses: changed, and reset.

use gravity_core::audit::Origin;
use gravity_core::http::{JsonOrForm, NoContent, State};

use super::inputs::{ChangeEmailInput, ChangePasswordInput, EmailInput, ResetPasswordInput, TicketInput};
use super::presented::Whence;
use super::register::{MailComes, mail_comes};
use crate::service::{Caller, NewPassword};
use crate::{Auth, AuthError};

pub(super) async fn forgot(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    JsonOrForm(input): JsonOrForm<EmailInput>,
) -> Result<MailComes, AuthError> {
    auth.forgot_password(input.email, &origin).await.map(|()| mail_comes())
}

pub(super) async fn reset(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    JsonOrForm(input): JsonOrForm<ResetPasswordInput>,
) -> Result<NoContent, AuthError> {
    auth.reset_password(input.token.expose(), input.password, &origin).await.map(|()| NoContent)
}

pub(super) async fn change(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    JsonOrForm(input): JsonOrForm<ChangePasswordInput>,
) -> Result<NoContent, AuthError> {
    let password = NewPassword { current: input.current_password, new: input.password };
    auth.change_password(&caller, password, &origin).await.map(|()| NoContent)
}

pub(super) async fn change_email(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    JsonOrForm(input): JsonOrForm<ChangeEmailInput>,
) -> Result<MailComes, AuthError> {
    auth.change_email(&caller, input.email, &input.password, &origin).await.map(|()| mail_comes())
}

pub(super) async fn confirm_email(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    JsonOrForm(input): JsonOrForm<TicketInput>,
) -> Result<NoContent, AuthError> {
    auth.confirm_email(input.token.expose(), &origin).await.map(|_| NoContent)
}
