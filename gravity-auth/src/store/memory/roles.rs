//! Roles.

use async_trait::async_trait;
use gravity_core::{Error, Timestamp};

use super::MemoryStore;
use super::state::State;
use crate::domain::{Role, RoleName, UserId};
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
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, RoleName, Timestamp)>, Error> {
        let state = self.state();
        let mut found: Vec<_> = state.reassigned.iter().map(|(user, at)| (*at, *user)).collect();
        found.retain(|(at, user)| *at > since || (*at == since && after.is_none_or(|after| *user > after)));
        found.sort_unstable();
        found.truncate(limit as usize);
        let role = |user| state.users.get(&user).map(|account| account.user.role.clone());
        Ok(found.into_iter().filter_map(|(at, user)| Some((user, role(user)?, at))).collect())
    }
}
