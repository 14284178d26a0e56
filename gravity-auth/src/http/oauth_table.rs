//! The route table of signing in elsewhere.

use gravity_core::http::{PUBLIC, Routes, SIGNED_IN, delete, get, post};

use super::oauth;
use crate::Auth;

#[rustfmt::skip]
pub(super) fn group() -> Routes<Auth> {
    Routes::new()
        .route(get("/oauth", "listProviders").allow(PUBLIC).tag("auth").about("Lists the providers that sign people in").to(oauth::providers))
        .route(get("/oauth/{provider}/start", "goToProvider").allow(PUBLIC).tag("auth").about("Sends a browser to a provider").to(oauth::go))
        .route(post("/oauth/{provider}/start", "startAtProvider").allow(PUBLIC).tag("auth").about("Tells where to send a browser that signs in at a provider").to(oauth::start))
        .route(get("/oauth/{provider}/callback", "returnFromProvider").allow(PUBLIC).tag("auth").about("Takes a provider's answer").to(oauth::callback))
        .route(post("/oauth/{provider}/callback", "postFromProvider").allow(PUBLIC).tag("auth").about("Takes a provider's answer that comes as a form").to(oauth::posted_callback))
        .route(post("/oauth/{provider}/link", "linkAtProvider").allow(SIGNED_IN).tag("auth").about("Begins to link an account at a provider").to(oauth::link))
        .route(post("/oauth/token", "redeemHandover").allow(PUBLIC).tag("auth").about("Signs in by the code that a browser came back with").to(oauth::token))
        .route(get("/linked-accounts", "listLinkedAccounts").allow(SIGNED_IN).tag("auth").about("Lists the caller's accounts at providers").to(oauth::accounts))
        .route(delete("/linked-accounts/{account}", "unlinkAccount").allow(SIGNED_IN).tag("auth").about("Unlinks an account at a provider").to(oauth::unlink))
}
