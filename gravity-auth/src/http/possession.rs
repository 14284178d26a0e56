//! [`Proven`]: the proof of possession that a request brings along (RFC 9449).

use gravity_core::audit::Origin;
use gravity_core::http::openapi::Operation;
use gravity_core::http::{FromParts, IntoProblem as _, Parts, Problem};
use gravity_core::validate::Faults;

use super::problems::INVALID_PROOF;
use crate::dpop::DpopProof;
use crate::service::SignedIn;
use crate::{Auth, AuthError};

/// The proof in the header `DPoP`, if there is one. One that does not hold is refused.
pub(super) struct Proven(Option<DpopProof>);

impl FromParts<Auth> for Proven {
    fn from_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Problem> {
        let proof = auth.proof_of(parts.headers(), parts.method(), parts.original_path(), None);
        proof.map(Self).map_err(AuthError::into_problem)
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.problems(&[INVALID_PROOF]);
    }
}

impl Proven {
    pub(super) fn proof(&self) -> Option<&DpopProof> {
        self.0.as_ref()
    }

    /// Takes the proof before anybody is signed in by it. Cookies beside it are refused: a browser sends them without
    /// one. Anybody can make proofs, and each is kept for a while: until somebody is signed in it counts against the
    /// network that it comes from.
    pub(super) async fn take(&self, auth: &Auth, cookies: bool, origin: &Origin) -> Result<(), AuthError> {
        self.without_cookies(cookies)?;
        let Some(proof) = &self.0 else { return Ok(()) };
        auth.take_network(origin).await?;
        auth.spend_proof(proof).await
    }

    pub(super) fn without_cookies(&self, cookies: bool) -> Result<(), AuthError> {
        if cookies && self.0.is_some() {
            let reason = "is not asked for together with a proof of possession";
            return Err(AuthError::Invalid(Faults::one("/cookies", "forbidden", reason)));
        }
        Ok(())
    }

    /// The outcome of a sign-in, bound to the key of the proof that was taken.
    pub(super) async fn bind(
        &self,
        auth: &Auth,
        outcome: Result<SignedIn, AuthError>,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        match (outcome, &self.0) {
            (Ok(signed_in), Some(proof)) => {
                auth.refund_network(origin).await;
                auth.bind_to(signed_in, proof, origin).await
            }
            (outcome, _) => outcome,
        }
    }
}
