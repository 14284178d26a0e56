//! [`Conditional`](crate::http::Conditional) as an argument: the conditions of a request.

use serde_json::json;

use super::FromParts;
use crate::http::conditional::Conditional;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;

impl<S> FromParts<S> for Conditional {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse(parts.method(), parts.headers())
            .map_err(|faults| Problem::new(problems::BAD_PARAMETER).faults(faults))
    }

    fn describe(operation: &mut Operation<'_>) {
        let tags = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$"#;
        for name in ["If-Match", "If-None-Match"] {
            operation.parameter("header", name, false, json!({ "type": "string", "pattern": tags }));
        }
        operation.problems(&[problems::BAD_PARAMETER, problems::PRECONDITION_FAILED]);
    }
}
