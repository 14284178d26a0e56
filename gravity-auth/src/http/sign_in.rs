//! Signing in by a password, getting new tokens, signing out.

use gravity_core::http::{JsonOrForm, NoContent, Problem, SetCookies, State};
use gravity_core::validate::Faults;

use super::Cookies;
use super::browser::Browser;
use super::fresh::Fresh;
use super::inputs::{LoginInput, RefreshInput};
use super::possession::Proven;
use super::presented::{Presented, Whence};
use super::second_factor::{BegunAnswer, Known, begun};
use super::views::Signed;
use crate::service::{Credentials, Identifier};
use crate::{Auth, AuthError};

/// The answer of all that signs in.
pub(super) type SignedAnswer = Result<SetCookies<Fresh<Signed>>, Problem>;

pub(super) async fn login(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    browser: Browser,
    Known(device): Known,
    proven: Proven,
    JsonOrForm(input): JsonOrForm<LoginInput>,
) -> Result<BegunAnswer, AuthError> {
    proven.take(&auth, input.cookies, &origin).await?;
    let tokens = browser.wants(input.cookies)?;
    let Some(name) = input.email.or(input.username) else {
        let reason = "must be given, or `username`";
        return Err(AuthError::Invalid(Faults::one("/email", "required", reason)));
    };
    let credentials = Credentials { identifier: Identifier::of(&name), password: input.password };
    let device = input.device_token.map(|token| token.expose().clone()).or(device);
    let outcome = auth.sign_in_on(credentials, device.as_deref(), &origin).await;
    let outcome = proven.bind(&auth, outcome, &origin).await;
    begun(&auth, outcome, tokens, &origin).await
}

pub(super) async fn refresh(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    presented: Presented,
    proven: Proven,
    input: Option<JsonOrForm<RefreshInput>>,
) -> Result<SignedAnswer, AuthError> {
    if let Some(token) = input.and_then(|JsonOrForm(input)| input.refresh_token) {
        let signed_in = auth.refresh_with(token.expose(), proven.proof(), &origin).await?;
        return Ok(Signed::answer(&auth, signed_in, false));
    }
    let token = presented.refresh.ok_or(AuthError::InvalidRefreshToken)?;
    presented.not_forged?;
    proven.without_cookies(true)?;
    let signed_in = auth.refresh(&token, &origin).await?;
    Ok(Signed::answer(&auth, signed_in, true))
}

/// Ends the session of the token that is shown, wherever it is. To sign out twice is no fault.
pub(super) async fn logout(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    presented: Presented,
    input: Option<JsonOrForm<RefreshInput>>,
) -> Result<Result<SetCookies<NoContent>, Problem>, AuthError> {
    let shown = input.and_then(|JsonOrForm(input)| input.refresh_token).map(|token| token.expose().clone());
    if let Some(token) = shown.or(presented.bearer) {
        auth.revoke(&token, &origin).await?;
        return Ok(Ok(SetCookies::new(NoContent)));
    }
    if let Some(token) = presented.refresh {
        presented.not_forged?;
        auth.revoke(&token, &origin).await?;
    }
    Ok(Cookies::of(&auth.0.config.settings).remove(NoContent))
}
