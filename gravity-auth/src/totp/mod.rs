//! Time-based one-time passwords (RFC 6238) from an authenticator app, and recovery codes for when it is lost.
//!
//! | To | take |
//! |---|---|
//! | enrol an app | [`TotpSecret::generate`], then [`KeyUri`] as a link or as a QR code |
//! | check what somebody typed | [`Totp::verify`], with the step that was used last |
//! | let somebody in without the app | [`recovery`] |

mod algorithm;
mod key_uri;
mod qr;
pub mod recovery;
mod rules;
mod secret;
mod step;

pub use algorithm::TotpAlgorithm;
pub use key_uri::KeyUri;
pub use rules::{Totp, TotpConfigError, TotpRefused};
pub use secret::{TotpSecret, TotpSecretError};
pub use step::TotpStep;
