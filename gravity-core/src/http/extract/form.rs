//! [`Form`]: the body as a form without files.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::FromRequest;
use super::body::{UNREADABLE, collect, is_encoded};
use super::query;
use crate::http::body::Body;
use crate::http::media::content_is;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::{Json, problems};

const FORM: &str = "application/x-www-form-urlencoded";

/// The body as a form without files, `application/x-www-form-urlencoded`. A field that is given several
/// times becomes a list. Every fault is reported at once, each with its pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form<T>(pub T);

impl<S: Sync, T: DeserializeOwned + JsonSchema + 'static> FromRequest<S> for Form<T> {
    async fn from_request(parts: &mut Parts, body: Body, _: &S) -> Result<Self, Problem> {
        if !content_is(parts.headers(), FORM) || is_encoded(parts.headers()) {
            return Err(
                Problem::new(problems::UNSUPPORTED_MEDIA_TYPE).detail(format!("The body must be {FORM}."))
            );
        }
        let bytes = collect(parts, body).await?;
        query::read(&bytes, problems::INVALID, "").map(Self)
    }

    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema_of_input::<T>();
        operation.request_body(true, FORM, schema);
        operation.problems(UNREADABLE);
        operation.problems(&[problems::UNSUPPORTED_MEDIA_TYPE, problems::INVALID]);
    }
}

/// The body as a JSON document or as a form, as its media type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonOrForm<T>(pub T);

impl<S: Sync, T: DeserializeOwned + JsonSchema + Send + 'static> FromRequest<S> for JsonOrForm<T> {
    async fn from_request(parts: &mut Parts, body: Body, state: &S) -> Result<Self, Problem> {
        if content_is(parts.headers(), FORM) {
            return Form::from_request(parts, body, state).await.map(|Form(value)| Self(value));
        }
        Json::from_request(parts, body, state).await.map(|Json(value)| Self(value))
    }

    fn describe(operation: &mut Operation<'_>) {
        <Json<T> as FromRequest<S>>::describe(operation);
        <Form<T> as FromRequest<S>>::describe(operation);
    }
}

/// The body, or `None` where the request has none at all.
impl<S: Sync, T: DeserializeOwned + JsonSchema + Send + 'static> FromRequest<S> for Option<JsonOrForm<T>> {
    async fn from_request(parts: &mut Parts, body: Body, state: &S) -> Result<Self, Problem> {
        if content_is(parts.headers(), FORM) {
            return JsonOrForm::from_request(parts, body, state).await.map(Some);
        }
        let json = <Option<Json<T>> as FromRequest<S>>::from_request(parts, body, state).await?;
        Ok(json.map(|Json(value)| JsonOrForm(value)))
    }

    fn describe(operation: &mut Operation<'_>) {
        <JsonOrForm<T> as FromRequest<S>>::describe(operation);
        operation.body_is_optional();
    }
}
