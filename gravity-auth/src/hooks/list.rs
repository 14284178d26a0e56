//! [`HookList`]: many hooks, in their order.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use gravity_core::audit::Origin;

use super::{Hooks, Refusal, SigningUp};
use crate::domain::{EmailAddress, Method, Session, User};

/// Hooks in the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct HookList(Vec<Arc<dyn Hooks>>);

impl HookList {
    pub(crate) fn push(&mut self, hooks: impl Hooks) {
        self.0.push(Arc::new(hooks));
    }
}

#[async_trait]
impl Hooks for HookList {
    async fn before_sign_up(&self, step: &mut SigningUp<'_>) -> Result<(), Refusal> {
        for hooks in &self.0 {
            hooks.before_sign_up(step).await?;
        }
        Ok(())
    }

    async fn after_sign_up(&self, user: &User) {
        for hooks in &self.0 {
            hooks.after_sign_up(user).await;
        }
    }

    async fn before_sign_in(&self, user: &User, methods: &[Method], origin: &Origin) -> Result<(), Refusal> {
        for hooks in &self.0 {
            hooks.before_sign_in(user, methods, origin).await?;
        }
        Ok(())
    }

    async fn after_sign_in(&self, user: &User, session: &Session) {
        for hooks in &self.0 {
            hooks.after_sign_in(user, session).await;
        }
    }

    async fn before_refresh(&self, user: &User, session: &Session) -> Result<(), Refusal> {
        for hooks in &self.0 {
            hooks.before_refresh(user, session).await?;
        }
        Ok(())
    }

    async fn after_refresh(&self, user: &User, session: &Session) {
        for hooks in &self.0 {
            hooks.after_refresh(user, session).await;
        }
    }

    async fn before_new_password(&self, user: &User) -> Result<(), Refusal> {
        for hooks in &self.0 {
            hooks.before_new_password(user).await?;
        }
        Ok(())
    }

    async fn after_new_password(&self, user: &User) {
        for hooks in &self.0 {
            hooks.after_new_password(user).await;
        }
    }

    async fn before_new_email(&self, user: &User, to: &EmailAddress) -> Result<(), Refusal> {
        for hooks in &self.0 {
            hooks.before_new_email(user, to).await?;
        }
        Ok(())
    }

    async fn after_new_email(&self, user: &User, from: &EmailAddress) {
        for hooks in &self.0 {
            hooks.after_new_email(user, from).await;
        }
    }

    async fn before_deletion(&self, user: &User) -> Result<(), Refusal> {
        for hooks in &self.0 {
            hooks.before_deletion(user).await?;
        }
        Ok(())
    }

    async fn after_deletion(&self, user: &User) {
        for hooks in &self.0 {
            hooks.after_deletion(user).await;
        }
    }
}

impl fmt::Debug for HookList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} hooks", self.0.len())
    }
}
