//! [`Query`]: the parameters after the question mark.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{FromParts, located};
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::problems;
use crate::validate::{Faults, Schema, nul_at};

/// The parameters after the question mark, as a struct. A key that is given several times becomes a
/// list. All that is wrong with them is answered at once: 400, each parameter named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<S, T: DeserializeOwned + JsonSchema + 'static> FromParts<S> for Query<T> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri().query().unwrap_or_default();
        read(query.as_bytes(), problems::BAD_PARAMETER, "/query").map(Self)
    }

    fn describe(operation: &mut Operation<'_>) {
        for (name, required, schema) in operation.properties_of::<T>() {
            operation.parameter("query", &name, required, schema);
        }
        operation.problems(&[problems::BAD_PARAMETER]);
    }
}

/// Reads `application/x-www-form-urlencoded` text. Its faults become a problem of this kind, their
/// pointers below the prefix.
pub(crate) fn read<T>(encoded: &[u8], kind: ProblemKind, prefix: &str) -> Result<T, Problem>
where
    T: DeserializeOwned + JsonSchema + 'static,
{
    typed(encoded, super::schema::of::<T>()?).map_err(|faults| {
        let mut all = Faults::new();
        all.nest(prefix, faults);
        Problem::new(kind).faults(all)
    })
}

fn typed<T: DeserializeOwned>(encoded: &[u8], schema: &Schema) -> Result<T, Faults> {
    let value = schema.from_pairs(pairs(encoded)?)?;
    schema.validate(&value)?;
    located::typed(value)
}

type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

fn pairs(encoded: &[u8]) -> Result<impl Iterator<Item = Pair<'_>>, Faults> {
    let mut pairs = Vec::new();
    let mut faults = Faults::new();
    for piece in encoded.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
        let (name, value) = match piece.iter().position(|byte| *byte == b'=') {
            Some(at) => (&piece[..at], &piece[at + 1..]),
            None => (piece, &[][..]),
        };
        match (decode(name), decode(value)) {
            (Some(name), Some(value)) if name.contains('\0') || value.contains('\0') => {
                faults.push(nul_at(Faults::pointer("", name)));
            }
            (Some(name), Some(value)) => pairs.push((name, value)),
            (Some(name), None) => faults.nest("", not_text(&name)),
            (None, _) => faults.nest("", not_text(&String::from_utf8_lossy(name))),
        }
    }
    faults.into_result().map(|()| pairs.into_iter())
}

fn not_text(name: &str) -> Faults {
    Faults::one(Faults::pointer("", name), "utf8", "is not UTF-8 once percent-decoded")
}

fn decode(text: &[u8]) -> Option<Cow<'_, str>> {
    if !text.contains(&b'+') {
        return percent_decode(text).decode_utf8().ok();
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(|text| Cow::Owned(text.into_owned()))
}
