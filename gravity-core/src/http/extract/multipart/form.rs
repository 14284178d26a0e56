//! [`Multipart`]: the body as a form with files.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::boundary::boundary;
use super::disposition::{Disposition, disposition};
use super::field::{Field, broken};
use super::gate::{Gate, Keeper};
use crate::http::body::Body;
use crate::http::extract::{FromRequest, UNREADABLE};
use crate::http::media::content_is;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;

const FORM: &str = "multipart/form-data";

/// The most bytes between two fields: boundary and head, or what stands before the first.
const MAX_HEAD: u64 = 16 * 1024;

/// How many fields a form may have where the handler does not say.
const MAX_FIELDS: usize = 100;

/// The body as a form with files, `multipart/form-data`, field after field as they arrive.
///
/// Nothing is collected: a field that is streamed on costs one piece of memory at a time, however large
/// it is. All of the form is within the route's limit for bodies. `T` describes the fields in the OpenAPI
/// document, a file among them as [`FilePart`]; it is never made.
///
/// ```
/// use gravity_core::http::{FilePart, Json, Multipart, Problem};
///
/// #[derive(schemars::JsonSchema)]
/// struct Upload {
///     title: String,
///     photo: FilePart,
/// }
///
/// async fn upload(mut form: Multipart<Upload>) -> Result<Json<u64>, Problem> {
///     let mut size = 0;
///     while let Some(mut field) = form.next().await? {
///         match field.name() {
///             "title" => drop(field.text(200).await?),
///             "photo" => {
///                 while let Some(chunk) = field.chunk().await? {
///                     size += chunk.len() as u64;
///                 }
///             }
///             _ => {}
///         }
///     }
///     Ok(Json(size))
/// }
/// ```
pub struct Multipart<T = AnyFields> {
    form: multer::Multipart<'static>,
    keeper: Keeper,
    /// The field that is being read; it is read to its end before the next.
    field: Option<multer::Field<'static>>,
    disposition: Disposition,
    left: u64,
    seen: usize,
    max_fields: usize,
    max_field: u64,
    fields: PhantomData<fn() -> T>,
}

impl<T> Multipart<T> {
    /// How many fields it may have: 100 where this is not said.
    #[must_use]
    pub fn limit_fields(mut self, fields: usize) -> Self {
        self.max_fields = fields;
        self
    }

    /// How many bytes each field may have: as many as the body where this is not said.
    #[must_use]
    pub fn limit_field(mut self, bytes: u64) -> Self {
        self.max_field = bytes;
        self
    }

    /// The next field; `None` after the last.
    ///
    /// A form that breaks off or breaks the grammar is a problem (400), and so is one with too many fields
    /// (413). What was left of the field before is passed over, within its limit.
    pub async fn next(&mut self) -> Result<Option<Field<'_>>, Problem> {
        if let Some(inner) = &mut self.field {
            let mut rest =
                Field { inner, disposition: &self.disposition, keeper: &self.keeper, left: &mut self.left };
            while rest.chunk().await?.is_some() {}
        }
        self.field = None;
        self.keeper.ask(MAX_HEAD);
        let Some(field) = self.form.next_field().await.map_err(broken)? else { return Ok(None) };
        self.seen += 1;
        if self.seen > self.max_fields {
            return Err(Problem::new(problems::BODY_TOO_LARGE)
                .detail(format!("The form has more than {} fields.", self.max_fields)));
        }
        let head = field.headers().get(CONTENT_DISPOSITION).map(http::HeaderValue::as_bytes);
        self.disposition = head.and_then(disposition).ok_or_else(|| {
            Problem::new(problems::BAD_BODY).detail("A part of the form does not say which field it is.")
        })?;
        self.left = self.max_field;
        let inner = self.field.insert(field);
        Ok(Some(Field { inner, disposition: &self.disposition, keeper: &self.keeper, left: &mut self.left }))
    }
}

impl<S: Sync, T: JsonSchema> FromRequest<S> for Multipart<T> {
    async fn from_request(parts: &mut Parts, body: Body, state: &S) -> Result<Self, Problem> {
        if !content_is(parts.headers(), FORM) {
            return Err(
                Problem::new(problems::UNSUPPORTED_MEDIA_TYPE).detail(format!("The body must be {FORM}."))
            );
        }
        let header = parts.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Some(boundary) = header.and_then(boundary) else {
            return Err(Problem::new(problems::BAD_BODY).detail("The media type names no valid boundary."));
        };
        let body = Body::from_request(parts, body, state).await?;
        let keeper = Keeper::default();
        Ok(Self {
            form: multer::Multipart::new(Gate::new(body, keeper.clone()), boundary),
            keeper,
            field: None,
            disposition: Disposition { name: String::new(), file_name: None },
            left: 0,
            seen: 0,
            max_fields: MAX_FIELDS,
            max_field: u64::MAX,
            fields: PhantomData,
        })
    }

    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema_of_input::<T>();
        operation.request_body(true, FORM, schema);
        operation.problems(UNREADABLE);
        operation.problems(&[problems::UNSUPPORTED_MEDIA_TYPE, problems::INVALID]);
    }
}

impl<T> fmt::Debug for Multipart<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart").field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// A form with any fields.
#[derive(Debug)]
pub enum AnyFields {}

impl JsonSchema for AnyFields {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AnyFields".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": true })
    }
}

/// A file in the description of a form.
#[derive(Debug)]
pub enum FilePart {}

impl JsonSchema for FilePart {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "FilePart".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentMediaType": "application/octet-stream", "format": "binary" })
    }
}
