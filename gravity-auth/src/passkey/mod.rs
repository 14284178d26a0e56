//! Passkeys: the server's side of WebAuthn (level 3), as a second factor and alone.
//!
//! | To | take |
//! |---|---|
//! | say which site it is | [`RelyingParty`] |
//! | make a passkey | [`RelyingParty::begin_registration`], [`RelyingParty::finish_registration`] |
//! | sign in by one | [`RelyingParty::begin_authentication`], [`RelyingParty::finish_authentication`] |
//!
//! Options and responses are the JSON of `PublicKeyCredential.parseCreationOptionsFromJSON` and its like, and of
//! `toJSON()`. Between the two steps the caller keeps a [`Ceremony`], and takes it away when it is used: it is the
//! challenge, and a challenge is used once.
//!
//! No attestation is asked for. `none` and the self-signed form of `packed` are checked; what a maker has signed says
//! which device it is, and is passed over.

mod authentication;
mod authenticator_data;
mod cbor;
mod ceremony;
mod client_data;
mod cose;
mod credential;
mod error;
mod registration;
mod relying_party;

pub use authentication::{AuthenticationResponse, AuthenticatorAssertion, PasskeyUse};
pub use ceremony::{Ceremony, CeremonyKind};
pub use cose::CredentialKey;
pub use credential::{CredentialId, Passkey};
pub use error::PasskeyError;
pub use registration::{AuthenticatorAttestation, RegistrationResponse};
pub use relying_party::{RelyingParty, UserVerification};
