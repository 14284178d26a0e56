//! Proof that whoever shows a token has its key: `DPoP` (RFC 9449).
//!
//! A client signs a small token for each request and sends it in the header `DPoP`; the access token names the key by
//! its thumbprint (`cnf.jkt`). A token that was stolen without the key is worth nothing.

mod error;
mod proof;
mod target;
mod verifier;

pub use error::DpopError;
pub use proof::{DpopProof, ReplayMark};
pub use verifier::DpopVerifier;
