//! The guides, whose code is compiled and run.

#[doc = include_str!("../../docs/guides/passkeys.md")]
mod passkeys {}
#[doc = include_str!("../../docs/guides/bound-tokens.md")]
mod bound_tokens {}
#[cfg(feature = "client")]
#[doc = include_str!("../../docs/guides/providers.md")]
mod providers {}
#[doc = include_str!("../../docs/guides/second-factors.md")]
mod second_factors {}
#[cfg(feature = "testing")]
#[doc = include_str!("../../docs/guides/api-keys.md")]
mod api_keys {}

#[doc = include_str!("../../docs/guides/hooks.md")]
mod hooks {}

#[cfg(feature = "testing")]
#[doc = include_str!("../../docs/guides/organisations.md")]
mod organisations {}

#[cfg(feature = "testing")]
#[doc = include_str!("../../docs/guides/roles.md")]
mod roles {}

#[cfg(all(feature = "sqlite", feature = "testing"))]
#[doc = include_str!("../../docs/guides/sign-in.md")]
mod sign_in {}
#[doc = include_str!("../../docs/guides/users.md")]
mod users {}
#[doc = include_str!("../../docs/guides/write-an-adapter.md")]
mod write_an_adapter {}
