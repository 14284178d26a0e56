//! Signing up, and verifying an address.

use gravity_core::http::openapi::Operation;
use gravity_core::http::{
    Json, JsonOrForm, Parts, Problem, Respond, Response, SetCookies, State, WithStatus,
};

use super::browser::Browser;
use super::fresh::Fresh;
use super::inputs::{EmailInput, RegisterInput, TicketInput};
use super::presented::Whence;
use super::views::{Answer, Signed};
use crate::domain::User;
use crate::service::{Registered, Registration};
use crate::{Auth, AuthError};

/// Something was begun, of which mail tells.
pub(super) type MailComes = WithStatus<202, Json<Answer>>;

/// 202 where mail comes, 201 where somebody is signed in at once.
pub(super) enum SignUp {
    MailComes(MailComes),
    Signed(Box<WithStatus<201, SetCookies<Fresh<Signed>>>>),
}

impl Respond for SignUp {
    const MEDIA: &'static [&'static str] = Json::<Answer>::MEDIA;

    fn respond(self, parts: &mut Parts) -> Response {
        match self {
            Self::MailComes(answer) => answer.respond(parts),
            Self::Signed(answer) => answer.respond(parts),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        MailComes::describe(operation);
        WithStatus::<201, SetCookies<Fresh<Signed>>>::describe(operation);
    }
}

/// What is said whatever comes of it.
pub(super) fn mail_comes() -> MailComes {
    WithStatus(Json(Answer::mail_comes()))
}

pub(super) async fn register(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    browser: Browser,
    JsonOrForm(input): JsonOrForm<RegisterInput>,
) -> Result<Result<SignUp, Problem>, AuthError> {
    let RegisterInput { email, password, user_name, first_name, last_name, cookies } = input;
    let tokens = browser.wants(cookies)?;
    let new = Registration { email, password, user_name, first_name, last_name };
    Ok(match auth.register(new, &origin).await? {
        Registered::MailComes => Ok(SignUp::MailComes(mail_comes())),
        Registered::SignedIn(signed_in) => {
            let answer = tokens.of(&auth, *signed_in, None, &origin).await;
            answer.map(|answer| SignUp::Signed(Box::new(WithStatus(answer))))
        }
    })
}

pub(super) async fn verify(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    JsonOrForm(input): JsonOrForm<TicketInput>,
) -> Result<Json<User>, AuthError> {
    auth.verify_email(input.token.expose(), &origin).await.map(Json)
}

pub(super) async fn resend(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    JsonOrForm(input): JsonOrForm<EmailInput>,
) -> Result<MailComes, AuthError> {
    auth.resend_verification(input.email, &origin).await.map(|()| mail_comes())
}
