//! [`Refusals`]: the problems that operations answer with, as responses of the document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::schemas::PROBLEM;
use crate::http::problem::{ProblemKind, kind_uri};
use crate::http::problems;

pub(super) const MEDIA: &str = "application/problem+json";

/// What the header fields of rate limits say.
pub(super) const RATELIMIT: &str = "What is left (r), and in how many seconds there is more (t).";
pub(super) const RATELIMIT_POLICY: &str = "How much (q) there is in how many seconds (w).";

/// The problem responses of a document. Operations share them: most answer with the same ones.
#[derive(Default)]
pub(super) struct Refusals {
    pub(super) components: Map<String, Value>,
    known: BTreeMap<&'static str, ProblemKind>,
}

impl Refusals {
    /// Puts the problems of an operation among its responses: one response for each status, with every
    /// code that it can carry; where the status is `open`, it can carry others as well.
    ///
    /// # Panics
    /// When one code has two meanings.
    pub(super) fn add(
        &mut self,
        kinds: &[ProblemKind],
        open: &BTreeSet<u16>,
        responses: &mut Map<String, Value>,
    ) {
        let mut by_status: BTreeMap<u16, BTreeMap<&str, ProblemKind>> = BTreeMap::new();
        for kind in kinds {
            let known = self.known.entry(kind.code).or_insert(*kind);
            assert!(
                known == kind,
                "the problem code `{}` has two meanings: {known:?} and {kind:?}",
                kind.code
            );
            by_status.entry(kind.status.as_u16()).or_default().insert(kind.code, *kind);
        }
        for (status, kinds) in by_status {
            let kinds: Vec<ProblemKind> = kinds.into_values().collect();
            let open = open.contains(&status);
            let status = status.to_string();
            if let Some(described) = responses.get_mut(&status) {
                // The types describe an answer of this status already: the problem is its other form.
                described["content"][MEDIA] = content(&kinds, open);
                continue;
            }
            let codes = kinds.iter().map(|kind| kind.code).chain(open.then_some("more"));
            let name = codes.collect::<Vec<_>>().join("-");
            responses.insert(status, json!({ "$ref": format!("#/components/responses/{name}") }));
            self.components.entry(name).or_insert_with(|| response(&kinds, open));
        }
    }
}

fn response(kinds: &[ProblemKind], open: bool) -> Value {
    let description = match kinds {
        [only] => only.title.to_owned(),
        many => many
            .iter()
            .map(|kind| format!("- `{}`: {}", kind.code, kind.title))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    let status = kinds.first().map_or(0, |kind| kind.status.as_u16());
    let mut headers = Map::new();
    let mut header = |name: &str, description: &str, kind: &str| {
        headers.insert(name.to_owned(), json!({ "description": description, "schema": { "type": kind } }));
    };
    header("x-request-id", "Names this request in the service's log.", "string");
    match status {
        401 => header("www-authenticate", "How to sign in.", "string"),
        405 => header("allow", "The methods that the address takes.", "string"),
        429 => {
            header("retry-after", "When to try again, in seconds.", "integer");
            header("ratelimit", RATELIMIT, "string");
            header("ratelimit-policy", RATELIMIT_POLICY, "string");
        }
        503 => header("retry-after", "When to try again, in seconds.", "integer"),
        _ => {}
    }
    json!({ "description": description, "headers": headers, "content": { MEDIA: content(kinds, open) } })
}

fn content(kinds: &[ProblemKind], open: bool) -> Value {
    let codes: Vec<&str> = kinds.iter().map(|kind| kind.code).collect();
    let examples: Map<String, Value> =
        kinds.iter().map(|kind| (kind.code.to_owned(), json!({ "value": example(kind) }))).collect();
    json!({
        "schema": {
            "$ref": format!("#/components/schemas/{PROBLEM}"),
            "properties": { "code": { (if open { "examples" } else { "enum" }): codes } },
        },
        "examples": examples,
    })
}

fn example(kind: &ProblemKind) -> Value {
    let mut problem = json!({
        "type": kind_uri(kind.code),
        "title": kind.title,
        "status": kind.status.as_u16(),
        "code": kind.code,
        "request_id": "0199f2a4-6f0c-7cc3-9d5e-1f8a4c0b7e21",
    });
    if *kind == problems::INVALID {
        problem["errors"] = json!([{ "pointer": "/title", "code": "min_length", "detail": "is too short" }]);
    } else if *kind == problems::BAD_PARAMETER {
        problem["errors"] =
            json!([{ "pointer": "/query/limit", "code": "maximum", "detail": "is too large" }]);
    }
    problem
}

/// The form of every problem: RFC 9457 with a code, a request id and the faults of the input.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "description": "An error answer, in the form of RFC 9457.",
        "required": ["type", "title", "status", "code", "request_id"],
        "properties": {
            "type": { "type": "string", "description": "A URI that names the kind of problem." },
            "title": { "type": "string", "description": "The kind of problem, in words." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status." },
            "detail": { "type": "string", "description": "What happened this time." },
            "code": { "type": "string", "description": "The stable code of this kind of problem." },
            "request_id": { "type": "string", "description": "Names this request in the service's log." },
            "errors": {
                "type": "array",
                "description": "All that is wrong with the input.",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": { "type": "string", "description": "Where, as a JSON pointer." },
                        "code": { "type": "string", "description": "The stable code of the fault." },
                        "detail": { "type": "string", "description": "What is wrong, in words." },
                    },
                },
            },
        },
    })
}
