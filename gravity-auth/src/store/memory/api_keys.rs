//! API keys.

use async_trait::async_trait;
use gravity_core::page::{PageRows, Position};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, Timestamp};

use super::MemoryStore;
use super::state::State;
use crate::domain::{ApiKey, ApiKeyId, User, UserId, UserStatus};
use crate::store::{API_KEYS, ApiKeyStore, KeyChange, Refused, api_key_place};

impl State {
    pub(super) fn change_key(&mut self, change: &KeyChange) -> Result<(), Refused> {
        match change {
            KeyChange::Add { key, most } => {
                self.active(key.user)?;
                let has = self.api_keys.values().filter(|other| other.user == key.user).count();
                if has >= *most as usize {
                    return Err(Refused::TooMany);
                }
                self.api_keys.insert(key.id, ApiKey::clone(key));
                Ok(())
            }
            KeyChange::Update { version, to } => {
                self.active(to.user)?;
                let found = self.api_keys.get_mut(&to.id);
                let found = found.filter(|key| key.user == to.user && key.version == *version);
                let found = found.ok_or(Refused::Stale)?;
                *found = ApiKey {
                    version: version + 1,
                    id: found.id,
                    user: found.user,
                    created_by: found.created_by,
                    created_at: found.created_at,
                    last_used_at: found.last_used_at,
                    ..ApiKey::clone(to)
                };
                Ok(())
            }
            KeyChange::RemoveAll { user } => {
                self.remove_keys(*user);
                Ok(())
            }
            KeyChange::Remove { user, key } => {
                let removed = self.api_keys.remove(key);
                if removed.is_some_and(|key| key.user == *user) { Ok(()) } else { Err(Refused::Stale) }
            }
        }
    }

    pub(super) fn remove_keys(&mut self, user: UserId) {
        self.api_keys.retain(|_, key| key.user != user);
    }
}

#[async_trait]
impl ApiKeyStore for MemoryStore {
    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
        Ok(self.state().api_keys.get(&id).cloned())
    }

    async fn api_keys(
        &self,
        user: UserId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<ApiKey>, Error> {
        let keys: Vec<ApiKey> =
            self.state().api_keys.values().filter(|key| key.user == user).cloned().collect();
        Ok(API_KEYS.pick(keys, from, limit, api_key_place)?)
    }

    async fn api_key_by(&self, macs: &[Mac], now: Timestamp) -> Result<Option<(ApiKey, User)>, Error> {
        let state = self.state();
        let key = state.api_keys.values().find(|key| key.opens_by(macs, now));
        let owner = key.and_then(|key| Some((key.clone(), state.users.get(&key.user)?.user.clone())));
        Ok(owner.filter(|(_, user)| user.status == UserStatus::Active))
    }

    async fn api_key_used(&self, id: ApiKeyId, now: Timestamp, before: Timestamp) -> Result<bool, Error> {
        let mut state = self.state();
        let key = state.api_keys.get_mut(&id);
        let key = key.filter(|key| key.last_used_at.is_none_or(|at| at <= before || at > now));
        Ok(key.map(|key| key.last_used_at = Some(now)).is_some())
    }

    async fn service_accounts(&self, from: Option<&Position>, limit: u32) -> Result<PageRows<User>, Error> {
        let state = self.state();
        let users = state.users.values().map(|account| &account.user);
        let users = users.filter(|user| user.is_service_account() && user.status != UserStatus::Deleted);
        let users: Vec<User> = users.cloned().collect();
        Ok(API_KEYS.pick(users, from, limit, |user| vec![user.id.into()])?)
    }
}
