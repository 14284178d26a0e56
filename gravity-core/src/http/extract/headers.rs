//! [`Headers`]: the headers of a request, typed.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::FromParts;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;
use crate::validate::{Fault, Faults, Schema};

/// Headers as a struct: the field `x_tenant` is read from `X-Tenant`. All that is wrong with them is
/// answered at once: 400, each header named.
///
/// A handler that wants them as they came takes a [`HeaderMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers<T>(pub T);

impl<S, T: DeserializeOwned + JsonSchema + 'static> FromParts<S> for Headers<T> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(parts.headers(), super::schema::of::<T>()?).map(Self).map_err(|faults| {
            let named =
                |fault: Fault| Fault { pointer: format!("/header{}", dashed(&fault.pointer)), ..fault };
            Problem::new(problems::BAD_PARAMETER).faults(faults.into_iter().map(named))
        })
    }

    fn describe(operation: &mut Operation<'_>) {
        for (name, required, schema) in operation.properties_of::<T>() {
            operation.parameter("header", &dashed(&name), required, schema);
        }
        operation.problems(&[problems::BAD_PARAMETER]);
    }
}

/// A field's name as headers spell it.
fn dashed(name: &str) -> String {
    name.replace('_', "-")
}

fn read<T: DeserializeOwned>(headers: &HeaderMap, schema: &Schema) -> Result<T, Faults> {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    let mut faults = Faults::new();
    for name in schema.member_names() {
        let Ok(header) = HeaderName::try_from(dashed(name)) else { continue };
        for value in headers.get_all(header) {
            match std::str::from_utf8(value.as_bytes()) {
                Ok(text) => pairs.push((name.into(), text.into())),
                Err(_) => faults.add(Faults::pointer("", name), "utf8", "is not UTF-8"),
            }
        }
    }
    faults.into_result()?;
    let value = schema.from_pairs(pairs)?;
    schema.validate(&value)?;
    serde_json::from_value(value).map_err(|error| Faults::one("", "invalid", error.to_string()))
}
