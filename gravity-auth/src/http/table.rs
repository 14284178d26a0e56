//! The route table.

use gravity_core::Permission;
use gravity_core::http::{Declared, PUBLIC, Routes, SIGNED_IN, delete, get, patch, post};

use super::{
    codes, documents, impersonate, orgs_table, passkeys, passwords, people_table, register, second_factor,
    sessions, sign_in, tokens,
};
use crate::Auth;

/// To ask what a token of somebody else's says.
pub const TOKENS_INTROSPECT: Permission = Permission::new("tokens:introspect");

/// All routes: the groups below `/api/v1/auth`, the same below `/api/v1` for those who know them from there, and
/// the documents for verifiers.
pub fn routes(auth: &Auth) -> Routes {
    let routes = Routes::new();
    #[cfg(feature = "client")]
    let routes = routes.nest("/api/v1/auth", super::oauth_table::group());
    routes
        .nest("/api/v1/auth", all(auth, |route| route))
        .nest("/api/v1", all(auth, Declared::unlisted))
        .nest("/api/v1/users", people_table::people())
        .nest("/api/v1", orgs_table::group())
        .merge(documents())
        .state(auth)
        .authenticator(auth.authenticator())
}

/// What is below each prefix: passkeys only where the application has named a site that they are for, and links and codes
/// by mail unless the settings take them away.
fn all(auth: &Auth, listed: fn(Declared) -> Declared) -> Routes<Auth> {
    let mut routes = group(listed);
    if auth.0.config.settings.mail.sign_in {
        routes = routes.merge(by_mail(listed));
    }
    if auth.0.site.is_some() { routes.merge(passkeys::group(listed)) } else { routes }
}

#[rustfmt::skip]
fn by_mail(listed: fn(Declared) -> Declared) -> Routes<Auth> {
    let as_listed = |route: Declared| listed(route.tag("auth"));
    Routes::new()
        .route(as_listed(post("/magic-link", "requestMagicLink").allow(PUBLIC).about("Sends a link that signs in")).to(codes::request_link))
        .route(as_listed(post("/magic-link/redeem", "redeemMagicLink").allow(PUBLIC).about("Signs in by a link")).to(codes::redeem_link))
        .route(as_listed(post("/email-code", "requestEmailCode").allow(PUBLIC).about("Sends a code that signs in")).to(codes::request_code))
        .route(as_listed(post("/email-code/redeem", "redeemEmailCode").allow(PUBLIC).about("Signs in by a code")).to(codes::redeem_code))
}

#[rustfmt::skip]
fn group(listed: fn(Declared) -> Declared) -> Routes<Auth> {
    let as_listed = |route: Declared| listed(route.tag("auth"));
    Routes::new()
        .route(as_listed(post("/register", "register").allow(PUBLIC).about("Signs up")).to(register::register))
        .route(as_listed(post("/verify-email", "verifyEmail").allow(PUBLIC).about("Verifies an address by a link")).to(register::verify))
        .route(as_listed(post("/resend-verification", "resendVerification").allow(PUBLIC).about("Sends the link again")).to(register::resend))
        .route(as_listed(post("/login", "login").allow(PUBLIC).about("Signs in by a password")).to(sign_in::login))
        .route(as_listed(post("/refresh", "refresh").allow(PUBLIC).about("Gets new tokens for old")).to(sign_in::refresh))
        .route(as_listed(post("/logout", "logout").allow(PUBLIC).about("Signs out")).to(sign_in::logout))
        .route(as_listed(post("/forgot-password", "forgotPassword").allow(PUBLIC).about("Sends a link that sets a password")).to(passwords::forgot))
        .route(as_listed(post("/reset-password", "resetPassword").allow(PUBLIC).about("Sets a password by a link")).to(passwords::reset))
        .route(post("/password-reset", "passwordReset").allow(PUBLIC).unlisted().to(passwords::reset))
        .route(as_listed(post("/change-password", "changePassword").allow(SIGNED_IN).about("Changes the password")).to(passwords::change))
        .route(as_listed(post("/change-email", "changeEmail").allow(SIGNED_IN).about("Begins a change of address")).to(passwords::change_email))
        .route(as_listed(post("/change-email/confirm", "confirmEmail").allow(PUBLIC).about("Agrees to a change of address")).to(passwords::confirm_email))
        .route(as_listed(get("/me", "me").allow(SIGNED_IN).about("Tells who calls")).to(impersonate::me))
        .route(as_listed(get("/sessions", "listSessions").allow(SIGNED_IN).about("Lists the caller's sessions")).to(sessions::list))
        .route(as_listed(delete("/sessions", "endOtherSessions").allow(SIGNED_IN).about("Ends all sessions but this one")).to(sessions::end_others))
        .route(as_listed(patch("/sessions/{session}", "nameSession").allow(SIGNED_IN).about("Names a session")).to(sessions::name))
        .route(as_listed(delete("/sessions/{session}", "endSession").allow(SIGNED_IN).about("Ends a session")).to(sessions::end))
        .route(as_listed(post("/login/second-factor", "showSecondFactor").allow(PUBLIC).about("Goes on with a sign-in by a second factor")).to(second_factor::show))
        .route(as_listed(post("/step-up", "stepUp").allow(SIGNED_IN).about("Shows once more who calls")).to(second_factor::step_up))
        .route(as_listed(get("/second-factors", "listSecondFactors").allow(SIGNED_IN).about("Tells which second factors the caller has")).to(second_factor::list))
        .route(as_listed(post("/second-factors/totp", "beginTotp").allow(SIGNED_IN).about("Begins to enrol an authenticator app")).to(second_factor::begin_totp))
        .route(as_listed(post("/second-factors/totp/confirm", "confirmTotp").allow(SIGNED_IN).about("Enrols an authenticator app by its code")).to(second_factor::confirm_totp))
        .route(as_listed(post("/second-factors/totp/remove", "removeTotp").allow(SIGNED_IN).about("Removes the authenticator app")).to(second_factor::remove_totp))
        .route(as_listed(post("/second-factors/recovery-codes", "renewRecoveryCodes").allow(SIGNED_IN).about("Gives new recovery codes")).to(second_factor::renew_codes))
        .route(as_listed(get("/devices", "listDevices").allow(SIGNED_IN).about("Lists the caller's remembered devices")).to(second_factor::devices))
        .route(as_listed(delete("/devices/{device}", "forgetDevice").allow(SIGNED_IN).about("Forgets a remembered device")).to(second_factor::forget_device))
        .route(as_listed(post("/validate-token", "validateToken").allow(PUBLIC).about("Tells whether an access token holds")).to(tokens::validate))
        .route(as_listed(post("/introspect", "introspect").allow(TOKENS_INTROSPECT).about("Tells what a token says (RFC 7662)")).to(tokens::introspect))
        .route(as_listed(post("/revoke", "revokeToken").allow(PUBLIC).about("Ends the session of a token (RFC 7009)")).to(tokens::revoke))
}

#[rustfmt::skip]
fn documents() -> Routes<Auth> {
    Routes::new()
        .route(get("/.well-known/jwks.json", "jwks").allow(PUBLIC).tag("auth").about("The keys of access tokens").to(documents::jwks))
        .route(get("/.well-known/openid-configuration", "openidConfiguration").allow(PUBLIC).tag("auth").about("Where everything is, for verifiers").to(documents::discovery))
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use gravity_core::http::OpenApi;
    use gravity_core::http::client::{Client, ClientError};
    use serde_json::json;

    use crate::testing::http::{clock, config};
    use crate::{Auth, DevMailbox};

    #[tokio::test]
    async fn the_document_tells_of_json_and_of_forms() {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let auth = Auth::in_memory(config(&mailbox, &time)).await.unwrap();
        let document = OpenApi::new("Sign-in", "1").document(&auth.routes()).into_value();
        for (path, is_asked_for) in [
            ("register", true),
            ("verify-email", true),
            ("resend-verification", true),
            ("login", true),
            ("refresh", false),
            ("logout", false),
            ("forgot-password", true),
            ("reset-password", true),
            ("change-password", true),
            ("change-email", true),
            ("change-email/confirm", true),
            ("magic-link", true),
            ("magic-link/redeem", true),
            ("email-code", true),
            ("email-code/redeem", true),
            ("login/second-factor", true),
            ("second-factors/totp/confirm", true),
            ("validate-token", true),
            ("introspect", true),
            ("revoke", true),
        ] {
            let body = &document["paths"][format!("/api/v1/auth/{path}")]["post"]["requestBody"];
            let media: Vec<_> = body["content"].as_object().unwrap().keys().collect();
            assert_eq!(media, ["application/json", "application/x-www-form-urlencoded"], "{path}");
            assert_eq!(body["required"].as_bool().unwrap_or_default(), is_asked_for, "{path}");
        }
    }

    #[tokio::test]
    async fn mail_signs_nobody_in_where_the_settings_say_so() {
        for (is_on, expected) in [(true, 202), (false, 404)] {
            let (mailbox, time) = (DevMailbox::default(), clock());
            let config = config(&mailbox, &time).with(|settings| settings.mail.sign_in = is_on);
            let client = Client::in_process(Auth::in_memory(config).await.unwrap().routes());
            for path in ["/api/v1/auth/magic-link", "/api/v1/email-code"] {
                let body = json!({ "email": "ada@example.org" });
                let status = match client.post(path).json(&body).send_raw().await {
                    Ok(answer) => answer.status(),
                    Err(ClientError::Problem(problem)) => problem.status(),
                    Err(error) => panic!("{error}"),
                };
                assert_eq!(status, expected, "{path}");
            }
        }
    }
}
