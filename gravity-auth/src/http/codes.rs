//! Signing in by mail.

use gravity_core::http::{JsonOrForm, State};

use super::browser::Browser;
use super::inputs::{CodeInput, EmailInput, TicketInput};
use super::possession::Proven;
use super::presented::Whence;
use super::register::{MailComes, mail_comes};
use super::second_factor::{BegunAnswer, begun};
use crate::{Auth, AuthError};

pub(super) async fn request_link(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    JsonOrForm(input): JsonOrForm<EmailInput>,
) -> Result<MailComes, AuthError> {
    auth.request_link(input.email, &origin).await.map(|()| mail_comes())
}

pub(super) async fn redeem_link(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    browser: Browser,
    proven: Proven,
    JsonOrForm(input): JsonOrForm<TicketInput>,
) -> Result<BegunAnswer, AuthError> {
    proven.take(&auth, input.cookies, &origin).await?;
    let tokens = browser.wants(input.cookies)?;
    let outcome = auth.sign_in_by_link(input.token.expose(), &origin).await;
    let outcome = proven.bind(&auth, outcome, &origin).await;
    begun(&auth, outcome, tokens, &origin).await
}

pub(super) async fn request_code(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    JsonOrForm(input): JsonOrForm<EmailInput>,
) -> Result<MailComes, AuthError> {
    auth.request_code(input.email, &origin).await.map(|()| mail_comes())
}

pub(super) async fn redeem_code(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    browser: Browser,
    proven: Proven,
    JsonOrForm(input): JsonOrForm<CodeInput>,
) -> Result<BegunAnswer, AuthError> {
    proven.take(&auth, input.cookies, &origin).await?;
    let tokens = browser.wants(input.cookies)?;
    let outcome = auth.sign_in_by_code(&input.email, input.code.expose(), &origin).await;
    let outcome = proven.bind(&auth, outcome, &origin).await;
    begun(&auth, outcome, tokens, &origin).await
}
