//! Second factors: enrolled, shown, removed; showing once more who one is; remembered devices.

use gravity_core::audit::Origin;
use gravity_core::http::openapi::Operation;
use gravity_core::http::{
    FromParts, Json, JsonOrForm, NoContent, Parts, Path, Problem, Respond, Response, SetCookies, State,
    WithStatus, credentials,
};
use gravity_core::validate::Faults;
use gravity_core::{SecretString, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Cookies;
use super::browser::{Browser, ByCookie, Tokens};
use super::fresh::{Fresh, fresh};
use super::passkeys::PasskeyInput;
use super::possession::Proven;
use super::presented::Whence;
use super::views::Signed;
use crate::domain::{Device, DeviceId, FactorKind};
use crate::service::{Caller, Proof, SignedIn, StepUp};
use crate::{Auth, AuthError};

/// A second factor, and the sign-in that waits for it. One of `code`, `recovery_code` and `passkey` is given.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SecondFactorInput {
    /// What the first factor was answered by.
    #[schemars(length(min = 1, max = 1024))]
    pub token: SecretString,
    /// The code of an authenticator app.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub code: Option<SecretString>,
    /// A recovery code.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub recovery_code: Option<SecretString>,
    /// A passkey that was asked for.
    #[serde(default)]
    pub passkey: Option<PasskeyInput>,
    /// Whether the second factor shall be passed over on this device for 30 days.
    #[serde(default)]
    pub remember: bool,
    /// Whether tokens come as cookies, for pages in a browser.
    #[serde(default)]
    pub cookies: bool,
}

/// What somebody shows who is signed in already: one of them.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct StepUpInput {
    /// The password, where no second factor is asked for.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub password: Option<SecretString>,
    /// The code of an authenticator app.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub code: Option<SecretString>,
    /// A recovery code.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub recovery_code: Option<SecretString>,
    /// A passkey that was asked for.
    #[serde(default)]
    pub passkey: Option<PasskeyInput>,
    /// Whether the token comes as a cookie, where the one that is shown is one.
    #[serde(default)]
    pub cookies: bool,
}

/// The code of an app that is enrolled.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ConfirmTotpInput {
    /// The code.
    #[schemars(length(min = 1, max = 64))]
    pub code: SecretString,
}

/// What removes an authenticator app: the password, and one of `code`, `recovery_code` and
/// `passkey`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemoveTotpInput {
    /// The password.
    #[schemars(length(max = 1024))]
    pub password: SecretString,
    /// The code of the app.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub code: Option<SecretString>,
    /// A recovery code.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub recovery_code: Option<SecretString>,
    /// A passkey that was asked for.
    #[serde(default)]
    pub passkey: Option<PasskeyInput>,
}

/// The first factor was right; there is no session before the second one is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecondFactorRequired {
    /// `auth.second_factor_required`.
    pub code: String,
    /// What is sent with the second factor.
    pub token: String,
    /// How long it is good, in seconds.
    pub expires_in: u64,
    /// What can be shown.
    pub methods: Vec<FactorKind>,
}

/// Second factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecondFactorsView {
    /// Whether codes of an authenticator app are asked for.
    pub totp: bool,
    /// How many recovery codes are left.
    pub recovery_codes: u32,
    /// How many passkeys there are.
    pub passkeys: u32,
}

/// What an authenticator app is given. It is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TotpOffer {
    /// The secret in base 32, to be typed.
    pub secret: String,
    /// The same as an address.
    pub uri: String,
    /// The address as a QR code: an SVG image.
    pub qr_svg: String,
}

/// Recovery codes. They are shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryCodes {
    /// Each is good once.
    pub recovery_codes: Vec<String>,
}

/// A remembered device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceView {
    /// Which one it is.
    pub id: DeviceId,
    /// What it is called.
    pub name: String,
    /// When it was remembered.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// All remembered devices of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceList {
    /// The newest first.
    pub items: Vec<DeviceView>,
}

/// The answer to a first factor: 200 where that is enough, 202 where a second one has to be shown.
pub(super) enum Begun {
    Signed(Box<SetCookies<Fresh<Signed>>>),
    Waiting(WithStatus<202, Fresh<SecondFactorRequired>>),
}

impl Respond for Begun {
    const MEDIA: &'static [&'static str] = Json::<SecondFactorRequired>::MEDIA;

    fn respond(self, parts: &mut Parts) -> Response {
        match self {
            Self::Signed(answer) => answer.respond(parts),
            Self::Waiting(answer) => answer.respond(parts),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        SetCookies::<Fresh<Signed>>::describe(operation);
        WithStatus::<202, Fresh<SecondFactorRequired>>::describe(operation);
    }
}

/// The answer of all that shows a first factor.
pub(super) type BegunAnswer = Result<Begun, Problem>;

pub(super) async fn begun(
    auth: &Auth,
    outcome: Result<SignedIn, AuthError>,
    tokens: Tokens,
    origin: &Origin,
) -> Result<BegunAnswer, AuthError> {
    let pending = match outcome {
        Err(AuthError::SecondFactorRequired(pending)) => pending,
        outcome => {
            let answer = tokens.of(auth, outcome?, None, origin).await;
            return Ok(answer.map(|answer| Begun::Signed(Box::new(answer))));
        }
    };
    Ok(Ok(Begun::Waiting(WithStatus(fresh(SecondFactorRequired {
        code: AuthError::SecondFactorRequired(pending.clone()).code().to_owned(),
        token: pending.token.expose().clone(),
        expires_in: pending.expires_in.as_secs(),
        methods: pending.methods,
    })))))
}

/// The token of a remembered device in a request's cookie.
pub(super) struct Known(pub(super) Option<String>);

impl FromParts<Auth> for Known {
    fn from_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Problem> {
        let name = Cookies::of(&auth.0.config.settings).device;
        Ok(Self(credentials::cookie(parts.head(), name)?.map(str::to_owned)))
    }

    fn describe(_: &mut Operation<'_>) {}
}

fn proof(
    code: Option<SecretString>,
    recovery_code: Option<SecretString>,
    passkey: Option<PasskeyInput>,
) -> Result<Proof, AuthError> {
    match (code, recovery_code, passkey) {
        (Some(code), None, None) => Ok(Proof::Code(code)),
        (None, Some(code), None) => Ok(Proof::RecoveryCode(code)),
        (None, None, Some(passkey)) => Ok(Proof::Passkey(Box::new(passkey.into()))),
        _ => {
            let reason = "must be given, or `recovery_code`, or `passkey`, and one of them alone";
            Err(AuthError::Invalid(Faults::one("/code", "required", reason)))
        }
    }
}

pub(super) async fn show(
    State(auth): State<Auth>,
    Whence(origin): Whence,
    browser: Browser,
    proven: Proven,
    JsonOrForm(input): JsonOrForm<SecondFactorInput>,
) -> Result<Result<SetCookies<Fresh<Signed>>, Problem>, AuthError> {
    proven.take(&auth, input.cookies, &origin).await?;
    let tokens = browser.wants(input.cookies)?;
    let proof = proof(input.code, input.recovery_code, input.passkey)?;
    let outcome = auth.sign_in_by_second_factor(input.token.expose(), &proof, input.remember, &origin).await;
    let (signed_in, device) = outcome?;
    let signed_in = proven.bind(&auth, Ok(signed_in), &origin).await?;
    Ok(tokens.of(&auth, signed_in, device, &origin).await)
}

pub(super) async fn step_up(
    State(auth): State<Auth>,
    caller: Caller,
    ByCookie(by_cookie): ByCookie,
    origin: Origin,
    Json(input): Json<StepUpInput>,
) -> Result<Result<SetCookies<Fresh<Signed>>, Problem>, AuthError> {
    let shown = match input.password {
        Some(password)
            if input.code.is_none() && input.recovery_code.is_none() && input.passkey.is_none() =>
        {
            StepUp::Password(password)
        }
        Some(_) => {
            let reason = "is not given together with a second factor";
            return Err(AuthError::Invalid(Faults::one("/password", "forbidden", reason)));
        }
        None => StepUp::Factor(proof(input.code, input.recovery_code, input.passkey)?),
    };
    let signed_in = auth.step_up(&caller, &shown, &origin).await?;
    Ok(Signed::renewed(&auth, signed_in, input.cookies && by_cookie))
}

pub(super) async fn list(
    State(auth): State<Auth>,
    caller: Caller,
) -> Result<Json<SecondFactorsView>, AuthError> {
    let factors = auth.second_factors(&caller).await?;
    let crate::service::SecondFactors { totp, recovery_codes, passkeys } = factors;
    Ok(Json(SecondFactorsView { totp, recovery_codes, passkeys }))
}

pub(super) async fn begin_totp(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
) -> Result<Fresh<TotpOffer>, AuthError> {
    let enrolment = auth.begin_totp(&caller, &origin).await?;
    Ok(fresh(TotpOffer {
        secret: enrolment.secret.expose().clone(),
        uri: enrolment.uri.expose().to_owned(),
        qr_svg: enrolment.uri.to_svg().expose().clone(),
    }))
}

pub(super) async fn confirm_totp(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    JsonOrForm(input): JsonOrForm<ConfirmTotpInput>,
) -> Result<Fresh<RecoveryCodes>, AuthError> {
    auth.confirm_totp(&caller, &input.code, &origin).await.map(|codes| recovery_codes(&codes))
}

pub(super) async fn remove_totp(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    Json(input): Json<RemoveTotpInput>,
) -> Result<NoContent, AuthError> {
    let proof = proof(input.code, input.recovery_code, input.passkey)?;
    auth.remove_totp(&caller, &input.password, &proof, &origin).await.map(|()| NoContent)
}

pub(super) async fn renew_codes(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
) -> Result<Fresh<RecoveryCodes>, AuthError> {
    auth.renew_recovery_codes(&caller, &origin).await.map(|codes| recovery_codes(&codes))
}

fn recovery_codes(codes: &[SecretString]) -> Fresh<RecoveryCodes> {
    fresh(RecoveryCodes { recovery_codes: codes.iter().map(|code| code.expose().clone()).collect() })
}

pub(super) async fn devices(State(auth): State<Auth>, caller: Caller) -> Result<Json<DeviceList>, AuthError> {
    let view = |Device { id, name, created_at, expires_at, .. }: Device| DeviceView {
        id,
        name,
        created_at,
        expires_at,
    };
    caller.in_person()?;
    let items = auth.devices(caller.user).await?.into_iter().map(view).collect();
    Ok(Json(DeviceList { items }))
}

pub(super) async fn forget_device(
    State(auth): State<Auth>,
    caller: Caller,
    origin: Origin,
    Path(device): Path<DeviceId>,
) -> Result<NoContent, AuthError> {
    caller.in_person()?;
    auth.forget_device(caller.user, device, &origin).await.map(|()| NoContent)
}
