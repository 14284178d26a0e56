//! What an application does at the main steps of sign-in: [`Hooks`].

mod list;
mod refusal;
mod sign_up;

use async_trait::async_trait;
use gravity_core::audit::Origin;

use crate::domain::{EmailAddress, Method, Session, User};

pub(crate) use list::HookList;
pub use refusal::Refusal;
pub use sign_up::SigningUp;

/// What an application does at the main steps. Each method is one step, and does nothing unless it is written.
///
/// **Before** a step it may be refused: nothing of it happens, and who asked is told why. Hooks run one after the other,
/// in the order in which they were [added](crate::AuthConfig::with_hooks); the first that refuses ends it. What is refused
/// here was allowed by everything else: a stranger learns nothing by it.
///
/// **After** a step it has happened, and nothing can be refused any more. The process may end between a step and its hook:
/// what must not be missed belongs in a subscriber of the [events](crate::events), which were written together with the step.
///
/// They are part of the request, or of the job that does what was asked for, and keep it waiting.
#[async_trait]
pub trait Hooks: Send + Sync + 'static {
    /// Somebody signs up, by themselves. What is known of them may be changed.
    ///
    /// It runs before anybody looks whether the address is known, for the answer must not tell.
    async fn before_sign_up(&self, _: &mut SigningUp<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    /// Somebody has an account.
    async fn after_sign_up(&self, _: &User) {}

    /// Somebody has shown who they are, by these methods and with everything that is asked of them, and a session is to
    /// begin.
    async fn before_sign_in(&self, _: &User, _: &[Method], _: &Origin) -> Result<(), Refusal> {
        Ok(())
    }

    /// A session has begun.
    async fn after_sign_in(&self, _: &User, _: &Session) {}

    /// A session is to get new tokens.
    async fn before_refresh(&self, _: &User, _: &Session) -> Result<(), Refusal> {
        Ok(())
    }

    /// A session has new tokens.
    async fn after_refresh(&self, _: &User, _: &Session) {}

    /// Somebody sets another password, by the one they have or by a link.
    async fn before_new_password(&self, _: &User) -> Result<(), Refusal> {
        Ok(())
    }

    /// Somebody has another password.
    async fn after_new_password(&self, _: &User) {}

    /// Somebody wants another address. It runs when they ask for it and when they agree, and at last before they get it.
    async fn before_new_email(&self, _: &User, _: &EmailAddress) -> Result<(), Refusal> {
        Ok(())
    }

    /// Somebody has another address, which stands in the user; the one before beside.
    async fn after_new_email(&self, _: &User, _: &EmailAddress) {}

    /// An account is to be deleted, by its user or by somebody who may.
    async fn before_deletion(&self, _: &User) -> Result<(), Refusal> {
        Ok(())
    }

    /// An account is deleted. It can be restored for a while.
    async fn after_deletion(&self, _: &User) {}
}
