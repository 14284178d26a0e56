//! What a request with a key is refused with.

use http::StatusCode;

use crate::http::ProblemKind;

/// The first request with this key is still at work.
pub const STILL_RUNNING: ProblemKind = ProblemKind::new(
    StatusCode::CONFLICT,
    "idempotency.running",
    "The first request with this idempotency key is still at work.",
);

/// The key was used for another request.
pub const KEY_REUSED: ProblemKind = ProblemKind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "idempotency.key_reused",
    "This idempotency key was used for another request.",
);

/// The request was done, and its answer was too large to be kept.
pub const ANSWER_NOT_KEPT: ProblemKind = ProblemKind::new(
    StatusCode::CONFLICT,
    "idempotency.answer_not_kept",
    "The request was done already, and its answer is not kept.",
);
