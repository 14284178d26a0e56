//! The suite of the routes, on any host.

mod api_keys;
mod bound;
mod cookies;
mod documents;
mod elsewhere;
mod elsewhere_attacks;
mod elsewhere_links;
mod elsewhere_microsoft;
mod forms;
mod impersonate;
mod imported;
mod mail;
mod orgs;
mod passkeys;
mod passwords;
mod people;
mod profiles;
mod prying;
mod refresh;
mod roles;
mod second_factor;
mod secrecy;
mod sessions;
mod sign_in;
mod stage;
mod throttling;

use crate::jwt::Algorithm;

pub use elsewhere::Doubles;
pub use stage::{ISSUER, PASSWORD, Person, Reply, Stage, clock, config, hashes};

/// Runs every scenario on a stage. It may hold people of others: each scenario has its own.
///
/// # Panics
/// When an answer is not what the routes promise.
pub async fn suite(stage: &Stage) {
    sign_in::run(stage).await;
    forms::run(stage).await;
    secrecy::run(stage).await;
    refresh::run(stage).await;
    sessions::run(stage).await;
    passwords::run(stage).await;
    mail::run(stage).await;
    cookies::run(stage).await;
    bound::run(stage).await;
    documents::run(stage).await;
    second_factor::run(stage).await;
    people::run(stage).await;
    profiles::run(stage).await;
    prying::run(stage).await;
    api_keys::run(stage).await;
    roles::run(stage).await;
    impersonate::run(stage).await;
    imported::run(stage).await;
    orgs::run(stage).await;
}

/// Runs the scenarios of signing in and of documents, on a stage whose tokens are signed by this algorithm.
///
/// # Panics
/// When an answer is not what the routes promise.
pub async fn signed_by(stage: &Stage, algorithm: Algorithm) {
    sign_in::run(stage).await;
    documents::of(stage, algorithm).await;
}

/// Runs every scenario of passkeys on a stage, whose pages are at [`ISSUER`].
///
/// # Panics
/// When an answer is not what the routes promise.
pub async fn passkey_suite(stage: &Stage) {
    passkeys::run(stage).await;
}

/// Runs the scenarios of signing in elsewhere, on a stage whose providers are these doubles.
///
/// # Panics
/// When an answer is not what the routes promise.
pub async fn providers(stage: &Stage, doubles: &Doubles) {
    elsewhere::run(stage, doubles).await;
    elsewhere_links::run(stage, doubles).await;
    elsewhere_attacks::run(stage, doubles).await;
    elsewhere_microsoft::run(stage, doubles).await;
}

/// Runs the scenarios of limits on a stage that has the default ones.
///
/// # Panics
/// When an answer is not what the routes promise.
pub async fn limits(stage: &Stage) {
    throttling::run(stage).await;
    api_keys::a_key_has_a_limit_of_its_own(stage).await;
}
