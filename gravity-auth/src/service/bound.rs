//! Sessions whose tokens are bound to a key of the client: who has the tokens alone has nothing.

use gravity_core::audit::Origin;

use super::record::on_user;
use super::tokens::SignedIn;
use crate::domain::Session;
use crate::dpop::DpopProof;
use crate::http::origin_of;
use crate::store::{Change, Refused};
use crate::{Auth, AuthError};

impl Auth {
    /// Binds a session that was not bound to the key of a proof (RFC 9449): its access tokens hold with a proof of that
    /// key only, and so do its refresh tokens. The tokens from before are to be thrown away. A proof is good once.
    pub async fn bind(
        &self,
        signed_in: SignedIn,
        proof: &DpopProof,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        self.spend_proof(proof).await?;
        self.bind_to(signed_in, proof, origin).await
    }

    /// The same with a proof that was taken before.
    pub(crate) async fn bind_to(
        &self,
        signed_in: SignedIn,
        proof: &DpopProof,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        let SignedIn { user, session, .. } = signed_in;
        let (id, key) = (session.id, proof.thumbprint.clone());
        let bind = Change::BindSession { user: user.id, session: id, key: key.clone(), at: self.now() };
        let entry = on_user("auth.session_bound", user.id).extra("session", id.to_string());
        let trail = self.record(origin).by(user.id).audit(entry).trail();
        match self.store().apply(&[bind], &trail).await {
            Ok(()) => {}
            // The same client has bound it a moment ago, or it has ended.
            Err(Refused::Stale) => {
                let found = self.store().session(id).await?;
                let is_ours = |session: &Session| session.bound_to.as_ref() == Some(&key);
                if !found.is_some_and(|session| is_ours(&session) && session.is_live(self.now())) {
                    return Err(AuthError::InvalidProof);
                }
            }
            Err(error) => return Err(error.into()),
        }
        self.tokens(user, Session { bound_to: Some(key), ..session }).await
    }

    /// Refuses whoever would refresh a bound session without its key, and takes the proof. One that the session is still to be
    /// bound to comes back.
    pub(crate) async fn check_proof<'p>(
        &self,
        session: &Session,
        proof: Option<&'p DpopProof>,
    ) -> Result<Option<&'p DpopProof>, AuthError> {
        let Some(proof) = proof else {
            return if session.bound_to.is_some() { Err(AuthError::InvalidProof) } else { Ok(None) };
        };
        if let Some(key) = &session.bound_to {
            proof.check_key(key).map_err(|_| AuthError::InvalidProof)?;
        }
        self.spend_proof(proof).await?;
        Ok(session.bound_to.is_none().then_some(proof))
    }

    /// Takes a proof, of which many may hold one copy each: one of them is taken.
    pub(crate) async fn spend_proof(&self, proof: &DpopProof) -> Result<(), AuthError> {
        let mark = format!("dpop:{}", proof.replay.key);
        let is_new = self.store().spend(&mark, proof.replay.until).await?;
        if is_new { Ok(()) } else { Err(AuthError::InvalidProof) }
    }

    /// Checks the proof in the headers of a request to a path of the application.
    pub(crate) fn proof_of(
        &self,
        headers: &http::HeaderMap,
        method: &http::Method,
        path: &str,
        token: Option<&str>,
    ) -> Result<Option<DpopProof>, AuthError> {
        let mut proofs = headers.get_all("dpop").iter();
        let proof = match (proofs.next(), proofs.next()) {
            (None, _) => return Ok(None),
            (Some(proof), None) => proof.to_str().map_err(|_| AuthError::InvalidProof)?,
            (Some(_), Some(_)) => return Err(AuthError::InvalidProof),
        };
        let url = address(&self.0.config.settings.issuer, path);
        let verifier = crate::dpop::DpopVerifier::new().with_clock(self.clock().clone());
        let proof = verifier.verify(proof, method, &url, token).map_err(|error| {
            tracing::debug!(%error, "a proof of possession was refused");
            AuthError::InvalidProof
        })?;
        Ok(Some(proof))
    }
}

/// A path as the client sees it. The issuer's own path may be in it already.
fn address(issuer: &str, path: &str) -> String {
    let origin = origin_of(issuer);
    let own = &issuer[origin.len()..];
    let is_there = path.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
    if is_there { format!("{origin}{path}") } else { format!("{issuer}{path}") }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_path_is_seen_below_the_issuer() {
        assert_eq!(address("https://a.example", "/x"), "https://a.example/x");
        assert_eq!(address("https://a.example/b", "/x"), "https://a.example/b/x");
        assert_eq!(address("https://a.example/b", "/b/x"), "https://a.example/b/x");
        assert_eq!(address("https://a.example/b", "/bx"), "https://a.example/b/bx");
    }
}
