//! Signing in at a provider elsewhere, and the accounts there.

use std::time::Duration;

use gravity_core::audit::Origin;
use gravity_core::http::openapi::Operation;
use gravity_core::http::{
    Form, FromParts, IntoProblem as _, Json, JsonOrForm, NoContent, Parts, Path, Problem, Query, Redirect,
    SetCookies, State, WithHeaders, credentials, problems,
};
use gravity_core::validate::Faults;
use gravity_core::{SecretString, Timestamp};
use http::HeaderValue;
use http::header::{LOCATION, REFERRER_POLICY};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::browser::Browser;
use super::fresh::{Fresh, fresh};
use super::possession::Proven;
use super::presented::Whence;
use super::second_factor::{BegunAnswer, Known, begun};
use super::views::Signed;
use super::{Cookies, forgery};
use crate::domain::{LinkedAccount, LinkedAccountId};
use crate::oauth::{Answer, Started};
use crate::service::{Arrived, Caller, Handover, Returned};
use crate::{Auth, AuthError};

/// How long the cookie of a sign-in lasts: as long as its answer is taken.
const JOURNEY: Duration = Duration::from_mins(10);

/// How somebody is sent to a provider. Without `cookies` a `code_challenge` is given.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct StartInput {
    /// Where the browser goes on afterwards: a path, or an address at one of the application's origins.
    #[serde(default)]
    #[schemars(length(min = 1, max = 512))]
    pub return_to: Option<String>,
    /// Whether tokens come as cookies, for pages in a browser.
    #[serde(default)]
    pub cookies: bool,
    /// SHA-256 of a secret, in base64url: who knows the secret gets the tokens.
    #[serde(default)]
    #[schemars(length(min = 43, max = 43))]
    pub code_challenge: Option<String>,
}

/// Where the browser goes on after an account was linked.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct LinkInput {
    /// A path, or an address at one of the application's origins.
    #[serde(default)]
    #[schemars(length(min = 1, max = 512))]
    pub return_to: Option<String>,
}

/// What a provider sends a browser back with.
#[derive(Deserialize, JsonSchema)]
pub struct CallbackInput {
    /// What is exchanged for who it is.
    #[serde(default)]
    #[schemars(length(max = 4096))]
    pub code: Option<SecretString>,
    /// What the sign-in was begun with.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub state: Option<SecretString>,
    /// Whose answer it is (RFC 9207).
    #[serde(default)]
    #[schemars(length(max = 2048))]
    pub iss: Option<String>,
    /// Why there is no code.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub error: Option<String>,
    /// From Apple, the first time only: the user's name.
    #[serde(default)]
    #[schemars(length(max = 4096))]
    pub user: Option<String>,
}

/// The code that a browser came back with, and the secret of the challenge that it was sent off with.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct HandoverInput {
    /// What stood behind `#code=`.
    #[schemars(length(min = 1, max = 1024))]
    pub code: SecretString,
    /// The secret.
    #[schemars(length(min = 43, max = 128))]
    pub code_verifier: SecretString,
    /// The token of a remembered device, where it does not come as a cookie.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub device_token: Option<SecretString>,
    /// Whether tokens come as cookies, for pages in a browser.
    #[serde(default)]
    pub cookies: bool,
}

/// Where to send a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SentOff {
    /// The address, at the provider.
    pub url: String,
}

/// Providers that sign people in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderList {
    /// In the order in which they are configured.
    pub items: Vec<ProviderView>,
}

/// A provider that signs people in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderView {
    /// Its name.
    pub id: String,
    /// Where a browser that is sent there begins.
    pub start: String,
}

/// The caller's accounts at providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkedAccountList {
    /// The one that was linked first before the others.
    pub items: Vec<LinkedAccountView>,
}

/// An account at a provider that lets its owner in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkedAccountView {
    /// Which one it is.
    pub id: LinkedAccountId,
    /// The provider's name.
    pub provider: String,
    /// The address that the provider told last.
    pub email: Option<String>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When it last let its owner in.
    pub used_at: Timestamp,
}

impl From<LinkedAccount> for LinkedAccountView {
    fn from(account: LinkedAccount) -> Self {
        Self {
            id: account.id,
            provider: account.provider,
            email: account.email.map(|email| email.as_str().to_owned()),
            created_at: account.created_at,
            used_at: account.used_at,
        }
    }
}

/// The cookie of a sign-in at the provider of the path.
pub(super) struct Journeys(Option<String>);

impl FromParts<Auth> for Journeys {
    fn from_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Problem> {
        let Path(provider) = <Path<String> as FromParts<Auth>>::from_parts(parts, auth)?;
        let name = Cookies::of(&auth.0.config.settings).journey_name(&provider);
        Ok(Self(credentials::cookie(parts.head(), &name)?.map(str::to_owned)))
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.problems(&[problems::BAD_REQUEST]);
    }
}

/// That a request may set cookies: no page of elsewhere has made the browser send it.
pub(super) struct SameOrigin(Result<(), AuthError>);

impl FromParts<Auth> for SameOrigin {
    fn from_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Problem> {
        Ok(Self(forgery::check_origin(auth, parts.headers())))
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// A redirect, with cookies set or taken back.
type Sent = Result<SetCookies<WithHeaders<Redirect>>, Problem>;

pub(super) async fn providers(State(auth): State<Auth>) -> Json<ProviderList> {
    let view = |id: String| ProviderView { start: format!("/api/v1/auth/oauth/{id}/start"), id };
    Json(ProviderList { items: auth.providers().into_iter().map(view).collect() })
}

pub(super) async fn go(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    SameOrigin(same): SameOrigin,
    Path(provider): Path<String>,
    Query(input): Query<StartInput>,
) -> Result<Sent, AuthError> {
    let started = begin(&auth, &provider, input, same, &origin).await?;
    let answer = sent_to(&started.url);
    Ok(answer.and_then(|answer| with_cookie(&auth, &provider, &started, answer)))
}

pub(super) async fn start(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    SameOrigin(same): SameOrigin,
    Path(provider): Path<String>,
    JsonOrForm(input): JsonOrForm<StartInput>,
) -> Result<Result<SetCookies<Fresh<SentOff>>, Problem>, AuthError> {
    let started = begin(&auth, &provider, input, same, &origin).await?;
    let answer = fresh(SentOff { url: started.url.clone() });
    Ok(with_cookie(&auth, &provider, &started, answer))
}

async fn begin(
    auth: &Auth,
    provider: &str,
    input: StartInput,
    same: Result<(), AuthError>,
    origin: &Origin,
) -> Result<Started, AuthError> {
    let handover = match (input.cookies, input.code_challenge) {
        // A page of elsewhere begins no session of ours.
        (true, None) => same.map(|()| Handover::Cookies)?,
        (false, Some(challenge)) => Handover::Code { challenge },
        (false, None) => {
            let reason = "must be given, or `cookies`";
            return Err(AuthError::Invalid(Faults::one("/code_challenge", "required", reason)));
        }
        (true, Some(_)) => {
            let reason = "is not given together with `cookies`";
            return Err(AuthError::Invalid(Faults::one("/code_challenge", "forbidden", reason)));
        }
    };
    auth.begin_elsewhere(provider, input.return_to.as_deref(), handover, origin).await
}

pub(super) async fn link(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    Path(provider): Path<String>,
    Json(input): Json<LinkInput>,
) -> Result<Result<SetCookies<Fresh<SentOff>>, Problem>, AuthError> {
    let started = auth.begin_link(&caller, &provider, input.return_to.as_deref(), &origin).await?;
    let answer = fresh(SentOff { url: started.url.clone() });
    Ok(with_cookie(&auth, &provider, &started, answer))
}

pub(super) async fn callback(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    Journeys(cookie): Journeys,
    Path(provider): Path<String>,
    Query(input): Query<CallbackInput>,
) -> Result<Sent, AuthError> {
    // A provider that posts its answers is not taken at its word in an address, where others can read along.
    if auth.provider(&provider)?.posts_back() {
        return Err(AuthError::InvalidProviderAnswer);
    }
    returned(&auth, &provider, cookie, input, &origin).await
}

pub(super) async fn posted_callback(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    Journeys(cookie): Journeys,
    Path(provider): Path<String>,
    Form(input): Form<CallbackInput>,
) -> Result<Sent, AuthError> {
    if !auth.provider(&provider)?.posts_back() {
        return Err(AuthError::InvalidProviderAnswer);
    }
    returned(&auth, &provider, cookie, input, &origin).await
}

async fn returned(
    auth: &Auth,
    provider: &str,
    cookie: Option<String>,
    input: CallbackInput,
    origin: &Origin,
) -> Result<Sent, AuthError> {
    let CallbackInput { code, state, iss, error, user } = input;
    let answer = Answer { code, state, iss, error, user };
    let cookie = cookie.ok_or(AuthError::InvalidProviderAnswer)?;
    let Returned { to, outcome } = auth.return_from_elsewhere(provider, &cookie, &answer, origin).await?;
    let sent = match outcome {
        Ok(Arrived::SignedIn(signed_in)) => {
            sent_to(&to).and_then(|answer| Signed::in_cookies(auth, &signed_in, answer))
        }
        // Behind a `#` it goes to no server, and into no log.
        Ok(Arrived::Code(code)) => sent_to(&format!("{to}#code={}", code.expose())).map(SetCookies::new),
        Ok(Arrived::Linked) => sent_to(&format!("{to}#linked={provider}")).map(SetCookies::new),
        Err(AuthError::SecondFactorRequired(pending)) => {
            let (token, expires_in) = (pending.token.expose(), pending.expires_in.as_secs());
            sent_to(&format!("{to}#second_factor={token}&expires_in={expires_in}")).map(SetCookies::new)
        }
        // A fault of ours.
        Err(error @ AuthError::Other(_)) => return Err(error),
        Err(error) => sent_to(&format!("{to}#error={}", error.code())).map(SetCookies::new),
    };
    let over = Cookies::of(&auth.0.config.settings).journey(auth.provider(provider)?, "", Duration::ZERO);
    Ok(sent.and_then(|answer| over.map(|cookie| answer.set(cookie)).map_err(internal)))
}

pub(super) async fn token(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    browser: Browser,
    Known(device): Known,
    proven: Proven,
    JsonOrForm(input): JsonOrForm<HandoverInput>,
) -> Result<BegunAnswer, AuthError> {
    proven.take(&auth, input.cookies, &origin).await?;
    let tokens = browser.wants(input.cookies)?;
    let device = input.device_token.map(|token| token.expose().clone()).or(device);
    let (code, verifier) = (input.code.expose(), input.code_verifier.expose());
    let outcome = auth.sign_in_by_handover(code, verifier, device.as_deref(), &origin).await;
    let outcome = proven.bind(&auth, outcome, &origin).await;
    begun(&auth, outcome, tokens, &origin).await
}

pub(super) async fn accounts(
    State(auth): State<Auth>,
    caller: Caller,
) -> Result<Json<LinkedAccountList>, AuthError> {
    caller.in_person()?;
    let accounts = auth.linked_accounts(caller.user).await?;
    Ok(Json(LinkedAccountList { items: accounts.into_iter().map(LinkedAccountView::from).collect() }))
}

pub(super) async fn unlink(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    Path(account): Path<LinkedAccountId>,
) -> Result<NoContent, AuthError> {
    auth.unlink(&caller, account, &origin).await.map(|()| NoContent)
}

/// A redirect to an address that was looked at before. The page that it leads to does not learn where it came from: the
/// address of the answer holds a code.
fn sent_to(address: &str) -> Result<WithHeaders<Redirect>, Problem> {
    let address = HeaderValue::try_from(address).map_err(internal)?;
    let redirect = Redirect::to("/").map_err(internal)?;
    let no_referrer = HeaderValue::from_static("no-referrer");
    Ok(WithHeaders::new(redirect).header(LOCATION, address).header(REFERRER_POLICY, no_referrer))
}

fn with_cookie<R>(
    auth: &Auth,
    provider: &str,
    started: &Started,
    answer: R,
) -> Result<SetCookies<R>, Problem> {
    let cookies = Cookies::of(&auth.0.config.settings);
    let provider = auth.provider(provider).map_err(AuthError::into_problem)?;
    let cookie = cookies.journey(provider, started.cookie.expose(), JOURNEY).map_err(internal)?;
    Ok(SetCookies::new(answer).set(cookie))
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Problem {
    Problem::new(problems::INTERNAL).because(error)
}
