//! The guides, whose code is compiled and run.

#[cfg(feature = "testing")]
#[doc = include_str!("../../docs/guides/api-keys.md")]
mod api_keys {}

#[cfg(feature = "testing")]
#[doc = include_str!("../../docs/guides/roles.md")]
mod roles {}

#[cfg(all(feature = "sqlite", feature = "testing"))]
#[doc = include_str!("../../docs/guides/sign-in.md")]
mod sign_in {}
