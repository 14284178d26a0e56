//! What roles grant, kept at hand.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use gravity_core::{Grants, Timestamp};

use crate::domain::{Role, RoleName};
use crate::{Auth, AuthError};

/// How long roles are kept at hand before they are read again.
const FRESH: Duration = Duration::from_secs(5);

/// The roles as they were last read.
#[derive(Default)]
pub(crate) struct Roles(RwLock<Option<(Timestamp, Arc<[Role]>)>>);

impl Roles {
    /// Has them read again by the next who asks.
    pub(crate) fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Auth {
    /// What a role grants. A change of roles shows at once on the node that makes it, and on all others within five
    /// seconds; while the store cannot be reached, what was last known holds.
    pub async fn grants_of(&self, role: &RoleName) -> Result<Grants, AuthError> {
        Ok(Role::grants_of(role, &self.roles().await?))
    }

    /// Whether a role grants nothing in a session, for a second factor is demanded and was not shown.
    pub(crate) fn lacks_second_factor(&self, role: &RoleName, was_shown: bool) -> bool {
        let demanded = &self.0.config.settings.second_factors.demanded_of;
        !was_shown && demanded.contains(role)
    }

    /// All roles.
    pub async fn roles(&self) -> Result<Arc<[Role]>, AuthError> {
        let now = self.now();
        let at_hand = self.0.roles.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((read_at, roles)) = &at_hand
            // A clock that was set back shows roles of the future: then they are read again.
            && now.checked_since(*read_at).is_some_and(|age| age < FRESH)
        {
            return Ok(Arc::clone(roles));
        }
        let roles: Arc<[Role]> = match (self.store().roles().await, at_hand) {
            (Ok(roles), _) => roles.into(),
            (Err(error), Some((_, roles))) => {
                tracing::warn!(%error, "roles cannot be read: those of before hold");
                return Ok(roles);
            }
            (Err(error), None) => return Err(error.into()),
        };
        *self.0.roles.0.write().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&roles)));
        Ok(roles)
    }
}
