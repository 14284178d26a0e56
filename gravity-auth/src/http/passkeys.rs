//! Passkeys: made, listed, named, removed, and used to sign in.

use gravity_core::audit::Origin;
use gravity_core::http::{Declared, Json, NoContent, PUBLIC, Path, Routes, SIGNED_IN, State, WithStatus};
use gravity_core::http::{delete, get, patch, post};
use gravity_core::{SecretString, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::browser::Browser;
use super::fresh::{Fresh, fresh};
use super::possession::Proven;
use super::presented::Whence;
use super::sign_in::SignedAnswer;
use crate::domain::{PasskeyId, PasskeyName, UserPasskey};
use crate::passkey::{AuthenticationResponse, RegistrationResponse};
use crate::service::{Caller, NewPasskey, PasskeyAnswer, PasskeyOptions};
use crate::{Auth, AuthError};

/// What a browser is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PasskeyOptionsView {
    /// What is sent back with the answer. It is good for one answer, for five minutes.
    pub token: String,
    /// What `PublicKeyCredential.parseCreationOptionsFromJSON()` or `parseRequestOptionsFromJSON()` takes.
    #[serde(rename = "publicKey")]
    pub public_key: Value,
}

/// A passkey that was made.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewPasskeyInput {
    /// The token that came with the options.
    #[schemars(length(min = 1, max = 2048))]
    pub token: SecretString,
    /// What `toJSON()` gives of the credential.
    pub credential: RegistrationResponse,
    /// What its owner calls it; by default what the browser and its system seem to be.
    #[serde(default)]
    pub name: Option<PasskeyName>,
}

/// A passkey that was used.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PasskeyInput {
    /// The token that came with the options.
    #[schemars(length(min = 1, max = 2048))]
    pub token: SecretString,
    /// What `toJSON()` gives of the credential.
    pub credential: AuthenticationResponse,
}

/// A passkey that signs in.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PasskeySignInInput {
    /// The token that came with the options.
    #[schemars(length(min = 1, max = 2048))]
    pub token: SecretString,
    /// What `toJSON()` gives of the credential.
    pub credential: AuthenticationResponse,
    /// Whether tokens come as cookies, for pages in a browser.
    #[serde(default)]
    pub cookies: bool,
}

/// A sign-in that waits for a second factor.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct WaitingInput {
    /// What the first factor was answered by.
    #[schemars(length(min = 1, max = 1024))]
    pub token: SecretString,
}

/// What a passkey is called.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PasskeyNameInput {
    /// The name.
    pub name: PasskeyName,
}

/// A passkey, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasskeyView {
    /// Which one it is.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: PasskeyName,
    /// Whether it is kept on other devices, too.
    pub backed_up: bool,
    /// How it can be reached: `internal`, `usb`, `hybrid`.
    pub transports: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// All passkeys of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasskeyList {
    /// The newest first.
    pub items: Vec<PasskeyView>,
}

/// A passkey that is there from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AddedPasskeyView {
    /// The passkey.
    pub passkey: PasskeyView,
    /// With the first second factor, codes for when it is lost. They are shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<Vec<String>>,
}

impl From<UserPasskey> for PasskeyView {
    fn from(passkey: UserPasskey) -> Self {
        Self {
            id: passkey.id,
            name: passkey.name,
            backed_up: passkey.passkey.backed_up,
            transports: passkey.passkey.transports,
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        }
    }
}

impl From<PasskeyInput> for PasskeyAnswer {
    fn from(PasskeyInput { token, credential }: PasskeyInput) -> Self {
        Self { token, credential }
    }
}

/// The routes, where the application has named a site that passkeys are for.
#[rustfmt::skip]
pub(super) fn group(listed: fn(Declared) -> Declared) -> Routes<Auth> {
    let as_listed = |route: Declared| listed(route.tag("auth"));
    Routes::new()
        .route(as_listed(get("/passkeys", "listPasskeys").allow(SIGNED_IN).about("Lists the caller's passkeys")).to(list))
        .route(as_listed(post("/passkeys", "addPasskey").allow(SIGNED_IN).about("Adds a passkey that was made")).to(add))
        .route(as_listed(post("/passkeys/begin", "beginPasskey").allow(SIGNED_IN).about("Begins to make a passkey")).to(begin))
        .route(as_listed(patch("/passkeys/{passkey}", "renamePasskey").allow(SIGNED_IN).about("Names a passkey")).to(rename))
        .route(as_listed(delete("/passkeys/{passkey}", "removePasskey").allow(SIGNED_IN).about("Removes a passkey")).to(remove))
        .route(as_listed(post("/passkeys/sign-in/begin", "beginPasskeySignIn").allow(PUBLIC).about("Begins a sign-in by a passkey")).to(begin_sign_in))
        .route(as_listed(post("/passkeys/sign-in", "signInByPasskey").allow(PUBLIC).about("Signs in by a passkey")).to(sign_in))
        .route(as_listed(post("/passkeys/second-factor/begin", "beginPasskeySecondFactor").allow(PUBLIC).about("Asks for a passkey as second factor")).to(begin_second_factor))
        .route(as_listed(post("/passkeys/step-up/begin", "beginPasskeyStepUp").allow(SIGNED_IN).about("Asks for a passkey to show once more who calls")).to(begin_step_up))
}

type Options = Result<Fresh<PasskeyOptionsView>, AuthError>;

fn options(asked: PasskeyOptions) -> Fresh<PasskeyOptionsView> {
    fresh(PasskeyOptionsView { token: asked.token.expose().clone(), public_key: asked.options })
}

async fn list(State(auth): State<Auth>, caller: Caller) -> Result<Json<PasskeyList>, AuthError> {
    let passkeys = auth.passkeys(&caller).await?;
    Ok(Json(PasskeyList { items: passkeys.into_iter().map(PasskeyView::from).collect() }))
}

async fn begin(State(auth): State<Auth>, caller: Caller) -> Options {
    auth.begin_passkey(&caller).await.map(options)
}

async fn add(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    Json(input): Json<NewPasskeyInput>,
) -> Result<WithStatus<201, Fresh<AddedPasskeyView>>, AuthError> {
    let NewPasskeyInput { token, credential, name } = input;
    let added = auth.add_passkey(&caller, NewPasskey { token, credential, name }, &origin).await?;
    let shown = |codes: Vec<SecretString>| codes.iter().map(|code| code.expose().clone()).collect();
    Ok(WithStatus(fresh(AddedPasskeyView {
        passkey: added.passkey.into(),
        recovery_codes: added.recovery_codes.map(shown),
    })))
}

async fn rename(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    Path(passkey): Path<PasskeyId>,
    Json(input): Json<PasskeyNameInput>,
) -> Result<Json<PasskeyView>, AuthError> {
    let passkey = auth.rename_passkey(&caller, passkey, input.name, &origin).await?;
    Ok(Json(passkey.into()))
}

async fn remove(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    Path(passkey): Path<PasskeyId>,
) -> Result<NoContent, AuthError> {
    auth.remove_passkey(&caller, passkey, &origin).await.map(|()| NoContent)
}

async fn begin_sign_in(State(auth): State<Auth>) -> Options {
    auth.begin_passkey_sign_in().await.map(options)
}

async fn sign_in(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    browser: Browser,
    proven: Proven,
    Json(input): Json<PasskeySignInInput>,
) -> Result<SignedAnswer, AuthError> {
    proven.take(&auth, input.cookies, &origin).await?;
    let tokens = browser.wants(input.cookies)?;
    let answer = PasskeyAnswer { token: input.token, credential: input.credential };
    let outcome = auth.sign_in_by_passkey(&answer, &origin).await;
    let signed_in = proven.bind(&auth, outcome, &origin).await?;
    Ok(tokens.of(&auth, signed_in, None, &origin).await)
}

async fn begin_second_factor(State(auth): State<Auth>, Json(input): Json<WaitingInput>) -> Options {
    auth.begin_passkey_second_factor(input.token.expose()).await.map(options)
}

async fn begin_step_up(State(auth): State<Auth>, caller: Caller) -> Options {
    auth.begin_passkey_step_up(&caller).await.map(options)
}
