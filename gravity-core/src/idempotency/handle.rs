//! [`Idempotency`]: the claim of a request, for its handler.

use std::fmt;
use std::sync::Arc;

use super::{Answer, Claim, Error, IdempotencyConfig, IdempotencyStore};
use crate::Clock;
use crate::http::openapi::Operation;
use crate::http::{FromParts, IdempotencyKey, Parts, Problem, problems};
use crate::security::envelope::{ColumnContext, EnvelopeError};

/// The claim of a request, as an argument of its handler: with it the handler keeps its answer in the transaction
/// of its own writes, so that a crash between the two cannot make a repetition run again.
///
/// ```
/// # #[cfg(any(feature = "sqlite", feature = "postgres"))]
/// # mod example {
/// use gravity_core::Error;
/// use gravity_core::db::Database;
/// use gravity_core::http::State;
/// use gravity_core::idempotency::{self, Answer, Idempotency, SqlIdempotency};
/// use http::StatusCode;
///
/// async fn pay(
///     State(db): State<Database>,
///     idempotency: Idempotency<SqlIdempotency>,
/// ) -> Result<Answer, Error> {
///     let answer = db
///         .transaction(async |tx| {
///             tx.query("INSERT INTO payments (cents) VALUES (100)").execute().await?;
///             let answer = Answer::json(StatusCode::CREATED, &"paid")?;
///             idempotency.complete_in(tx, &answer).await?;
///             Ok::<_, idempotency::Error>(answer)
///         })
///         .await?;
///     Ok(answer)
/// }
/// # }
/// ```
pub struct Idempotency<S>(pub(super) Arc<Inner<S>>);

pub(super) struct Inner<S> {
    pub(super) store: S,
    pub(super) config: Arc<IdempotencyConfig>,
    pub(super) clock: Clock,
    /// None where the request carries no key.
    pub(super) claim: Option<Claim>,
}

impl<S: IdempotencyStore> Idempotency<S> {
    /// Keeps the answer in the caller's transaction. It is what a repetition is answered with, and what the handler
    /// should return. Does nothing where the request carries no key.
    ///
    /// Fails with [`Error::Fenced`] where the claim was lost: the transaction must then be rolled back.
    pub async fn complete_in(&self, tx: &mut S::Tx<'_>, answer: &Answer) -> Result<(), Error> {
        let Some(claim) = self.0.claim else { return Ok(()) };
        if answer.size() > self.0.config.largest_answer {
            return Err(Error::Answer("it is too large"));
        }
        let bytes = self.sealed(claim, answer).await?;
        let expires_at = self.0.clock.now().saturating_add(self.0.config.expiry);
        self.0.store.complete_in(tx, claim, &bytes, expires_at).await
    }

    /// Whether the request carries a key.
    pub fn has_key(&self) -> bool {
        self.0.claim.is_some()
    }

    pub(super) async fn complete(&self, claim: Claim, answer: &Answer) -> Result<(), Error> {
        let bytes = self.sealed(claim, answer).await?;
        let expires_at = self.0.clock.now().saturating_add(self.0.config.expiry);
        self.0.store.complete(claim, &bytes, expires_at).await
    }

    async fn sealed(&self, claim: Claim, answer: &Answer) -> Result<Vec<u8>, Error> {
        let bytes = answer.to_bytes()?;
        match &self.0.config.vault {
            Some(vault) => Ok(vault.seal(&place(&claim.slot), &bytes).await?),
            None => Ok(bytes),
        }
    }
}

/// Reads what was kept in a slot.
pub(super) async fn opened(
    config: &IdempotencyConfig,
    slot: &[u8],
    kept: &[u8],
) -> Result<Option<Answer>, EnvelopeError> {
    match &config.vault {
        Some(vault) => Ok(Answer::from_bytes(vault.open(&place(slot), kept).await?.expose())),
        None => Ok(Answer::from_bytes(kept)),
    }
}

fn place(slot: &[u8]) -> ColumnContext {
    ColumnContext::new("idempotency_keys", "answer", slot)
}

impl<S> Clone for Idempotency<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Idempotency<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idempotency").field("has_key", &self.0.claim.is_some()).finish_non_exhaustive()
    }
}

/// Where no layer stands around the route the set-up is at fault: 500.
impl<T, S: IdempotencyStore> FromParts<T> for Idempotency<S> {
    fn from_parts(parts: &mut Parts, _: &T) -> Result<Self, Problem> {
        parts.extensions().get::<Self>().cloned().ok_or_else(|| {
            Problem::new(problems::INTERNAL).because("no IdempotencyLayer of this store is around the route")
        })
    }

    fn describe(operation: &mut Operation<'_>) {
        <Option<IdempotencyKey> as FromParts<T>>::describe(operation);
        operation.problems(&[super::STILL_RUNNING, super::ANSWER_NOT_KEPT, super::KEY_REUSED]);
    }
}
