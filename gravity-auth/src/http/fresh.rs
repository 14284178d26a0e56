//! [`Fresh`]: answers that no cache keeps.

use gravity_core::http::{Json, WithHeaders};
use http::HeaderValue;
use http::header::CACHE_CONTROL;

/// A document that no cache keeps.
pub(super) type Fresh<T> = WithHeaders<Json<T>>;

pub(super) fn fresh<T>(document: T) -> Fresh<T> {
    WithHeaders::new(Json(document)).header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
}
