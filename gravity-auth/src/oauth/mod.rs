//! Sign-in with a provider elsewhere: the client's side of OAuth 2 and OpenID Connect.
//!
//! | To | take |
//! |---|---|
//! | say who signs people in | [`Provider`]: Google, GitHub, Microsoft, Apple, any issuer of OpenID Connect |
//! | call it | [`ProviderCalls`], which calls nothing inside |
//! | send a browser there, and learn who came back | [`OAuthClient::begin`], [`OAuthClient::finish`] |
//!
//! What comes of it is an [`Identity`]: whose account it is at the provider. To whose account here it belongs is for
//! the service to say, and an address that the provider has not verified is no ground for it.
//!
//! Nothing is kept between the two steps but a cookie. The `state`, the `nonce` and the verifier of PKCE are keyed
//! checksums of it, each for its own purpose: an answer holds only for the browser, the provider and the time that it
//! was begun for, and the verifier never leaves the server before the code is exchanged.

mod cached;
mod calls;
mod client;
mod error;
mod exchange;
mod form;
mod github;
mod id_token;
mod identity;
mod metadata;
mod provider;
mod started;

pub use calls::ProviderCalls;
pub use client::OAuthClient;
pub use error::OAuthError;
pub use identity::Identity;
pub use provider::{AppleKey, ClientSecret, Provider};
pub use started::{Answer, Checked, Finished, Started};
