//! Passkeys.

use std::cmp::Reverse;

use async_trait::async_trait;
use gravity_core::Error;

use super::MemoryStore;
use super::state::State;
use crate::domain::{PasskeyId, UserId, UserPasskey};
use crate::passkey::CredentialId;
use crate::store::{PasskeyChange, PasskeyStore, Refused, WaysIn};

impl State {
    pub(super) fn change_passkey(&mut self, change: &PasskeyChange) -> Result<(), Refused> {
        match change {
            PasskeyChange::Add { passkey, most } => self.add_passkey(passkey, *most),
            PasskeyChange::Use { user, passkey, from, to, backed_up, at } => {
                self.active(*user)?;
                let kept = self.passkey_of(*user, *passkey)?;
                if kept.passkey.counter != *from {
                    return Err(Refused::Stale);
                }
                (kept.passkey.counter, kept.passkey.backed_up) = (*to, *backed_up);
                kept.last_used_at = Some(*at);
                Ok(())
            }
            PasskeyChange::Rename { user, passkey, name } => {
                self.passkey_of(*user, *passkey)?.name = name.clone();
                Ok(())
            }
            PasskeyChange::Remove { user, passkey, ways } => self.remove_passkey(*user, *passkey, ways),
            PasskeyChange::RemoveAll { user } => {
                self.there(*user)?;
                self.passkeys.retain(|_, kept| kept.user != *user);
                self.passkeys_gone(*user);
                Ok(())
            }
        }
    }

    fn add_passkey(&mut self, new: &UserPasskey, most: u32) -> Result<(), Refused> {
        self.active(new.user)?;
        if self.passkeys_of(new.user).count() >= most as usize {
            return Err(Refused::TooMany);
        }
        if self.passkeys.values().any(|kept| kept.passkey.id == new.passkey.id) {
            return Err(Refused::Exists);
        }
        self.passkeys.insert(new.id, new.clone());
        Ok(())
    }

    fn remove_passkey(&mut self, user: UserId, passkey: PasskeyId, ways: &WaysIn) -> Result<(), Refused> {
        self.active(user)?;
        self.passkey_of(user, passkey)?;
        self.passkeys.remove(&passkey);
        self.has_way_in(user, ways)?;
        self.passkeys_gone(user);
        Ok(())
    }

    /// Forgets what goes with a passkey.
    fn passkeys_gone(&mut self, user: UserId) {
        self.devices.retain(|_, device| device.user != user);
        if !self.has_passkeys(user) && self.totp.get(&user).is_none_or(|app| app.confirmed_at.is_none()) {
            self.recovery_codes.remove(&user);
        }
    }

    fn passkey_of(&mut self, user: UserId, passkey: PasskeyId) -> Result<&mut UserPasskey, Refused> {
        self.passkeys.get_mut(&passkey).filter(|kept| kept.user == user).ok_or(Refused::Stale)
    }

    fn passkeys_of(&self, user: UserId) -> impl Iterator<Item = &UserPasskey> {
        self.passkeys.values().filter(move |kept| kept.user == user)
    }

    pub(super) fn has_passkeys(&self, user: UserId) -> bool {
        self.passkeys_of(user).next().is_some()
    }
}

#[async_trait]
impl PasskeyStore for MemoryStore {
    async fn passkeys(&self, user: UserId) -> Result<Vec<UserPasskey>, Error> {
        let mut passkeys: Vec<_> = self.state().passkeys_of(user).cloned().collect();
        passkeys.sort_by_key(|passkey| Reverse((passkey.created_at, passkey.id)));
        Ok(passkeys)
    }

    async fn passkey(&self, credential: &CredentialId) -> Result<Option<UserPasskey>, Error> {
        Ok(self.state().passkeys.values().find(|kept| kept.passkey.id == *credential).cloned())
    }
}
