//! The documents for verifiers.

use gravity_core::http::{Json, State, Tagged, WithHeaders};
use http::HeaderValue;
use http::header::CACHE_CONTROL;

use super::views::Discovery;
use crate::Auth;
use crate::jwt::Jwks;

pub(super) async fn jwks(State(auth): State<Auth>) -> Tagged<WithHeaders<Json<Jwks>>> {
    auth.0.keys.jwks_answer()
}

pub(super) async fn discovery(State(auth): State<Auth>) -> WithHeaders<Json<Discovery>> {
    let issuer = &auth.0.config.settings.issuer;
    let at = |path: &str| format!("{issuer}{path}");
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    let document = Discovery {
        issuer: issuer.clone(),
        jwks_uri: at("/.well-known/jwks.json"),
        token_endpoint: at("/api/v1/auth/login"),
        introspection_endpoint: at("/api/v1/auth/introspect"),
        revocation_endpoint: at("/api/v1/auth/revoke"),
        grant_types_supported: texts(&["password"]),
        subject_types_supported: texts(&["public"]),
        id_token_signing_alg_values_supported: auth
            .0
            .keys
            .algorithms()
            .iter()
            .map(ToString::to_string)
            .collect(),
        response_types_supported: Vec::new(),
    };
    WithHeaders::new(Json(document)).header(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"))
}
