//! Roles.

use async_trait::async_trait;
use gravity_core::{Error, Timestamp};

use super::MemoryStore;
use super::state::State;
use crate::domain::{Role, UserId};
use crate::store::{Refused, RoleChange, RoleStore};

impl State {
    pub(super) fn change_role(&mut self, change: &RoleChange) -> Result<(), Refused> {
        let mut roles: Vec<Role> = self.roles.values().cloned().collect();
        change.make(&mut roles)?;
        self.roles = roles.into_iter().map(|role| (role.name.clone(), role)).collect();
        let RoleChange::Remove { name, instead, at } = change else { return Ok(()) };
        for account in self.users.values_mut().filter(|account| account.user.role == *name) {
            account.user.role = instead.clone().ok_or(Refused::InUse)?;
            account.user.updated_at = *at;
            self.reassigned.insert(account.user.id, *at);
        }
        Ok(())
    }
}

#[async_trait]
impl RoleStore for MemoryStore {
    async fn roles(&self) -> Result<Vec<Role>, Error> {
        Ok(self.state().roles.values().cloned().collect())
    }

    async fn reassigned_since(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(UserId, Timestamp)>, Error> {
        let state = self.state();
        let mut found: Vec<_> = state.reassigned.iter().map(|(user, at)| (*user, *at)).collect();
        found.retain(|(_, at)| *at >= since);
        found.sort_by_key(|(user, at)| (*at, *user));
        found.truncate(limit as usize);
        Ok(found)
    }
}
