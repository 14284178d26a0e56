//! [`Headers`]: the headers of a request, typed.

use std::borrow::Cow;

use http::HeaderName;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::FromParts;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;
use crate::validate::{Fault, Faults};

/// Headers as a struct: the field `x_tenant` is read from `X-Tenant`. All that is wrong with them is
/// answered at once: 400, each header named.
///
/// A handler that wants them as they came takes a [`HeaderMap`](http::HeaderMap).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers<T>(pub T);

impl<S, T: DeserializeOwned + JsonSchema + 'static> FromParts<S> for Headers<T> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(parts.headers()).map(Self).map_err(|faults| {
            let mut all = Faults::new();
            all.nest("/header", faults);
            Problem::new(problems::BAD_PARAMETER).faults(all.into_vec())
        })
    }

    fn describe(operation: &mut Operation<'_>) {
        for (name, required, schema) in operation.properties_of::<T>() {
            operation.parameter("header", &name.replace('_', "-"), required, schema);
        }
        operation.problems(&[problems::BAD_PARAMETER]);
    }
}

fn read<T: DeserializeOwned + JsonSchema + 'static>(headers: &http::HeaderMap) -> Result<T, Faults> {
    let schema = super::schema::of::<T>();
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    for name in schema.as_value()["properties"].as_object().into_iter().flat_map(|map| map.keys()) {
        let Ok(header) = HeaderName::try_from(name.replace('_', "-")) else { continue };
        for value in headers.get_all(header) {
            let text = std::str::from_utf8(value.as_bytes()).map_err(|_| {
                Faults::one(Fault::new(&crate::validate::pointer(name), "utf8", "is not UTF-8"))
            })?;
            pairs.push((name.as_str().into(), text.into()));
        }
    }
    let value: Value = schema.from_pairs(pairs.into_iter())?;
    schema.check(&value).into_result()?;
    serde_json::from_value(value).map_err(|error| Faults::one(Fault::new("", "invalid", &error.to_string())))
}
