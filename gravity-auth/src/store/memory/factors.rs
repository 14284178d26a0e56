//! Second factors.

use std::cmp::Reverse;

use async_trait::async_trait;
use gravity_core::security::mac::Mac;
use gravity_core::{Error, SecretString, Timestamp};

use super::MemoryStore;
use super::state::State;
use crate::domain::{
    Challenge, ChallengeId, ChallengeKind, Device, DeviceId, Method, SessionId, TotpFactor, UserId,
};
use crate::store::{FactorStore, Refused};
use crate::totp::TotpStep;

impl State {
    pub(super) fn prove_session(
        &mut self,
        user: UserId,
        session: SessionId,
        methods: &[Method],
        at: Timestamp,
    ) -> Result<(), Refused> {
        self.live_session(user, session, at)?.prove(methods, at);
        Ok(())
    }

    pub(super) fn offer_totp(&mut self, totp: &TotpFactor) -> Result<(), Refused> {
        self.active(totp.user)?;
        if self.totp.get(&totp.user).is_some_and(|old| old.confirmed_at.is_some()) {
            return Err(Refused::Stale);
        }
        self.totp.insert(totp.user, totp.clone());
        Ok(())
    }

    pub(super) fn confirm_totp(
        &mut self,
        user: UserId,
        sealed: &[u8],
        step: TotpStep,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let offered = self.totp.get_mut(&user);
        let offered = offered.filter(|totp| totp.confirmed_at.is_none() && totp.sealed == sealed);
        let totp = offered.ok_or(Refused::Stale)?;
        totp.confirmed_at = Some(at);
        totp.last_step = Some(step);
        Ok(())
    }

    pub(super) fn use_totp(&mut self, user: UserId, step: TotpStep) -> Result<(), Refused> {
        let is_new = |totp: &&mut TotpFactor| {
            totp.confirmed_at.is_some() && totp.last_step.is_none_or(|last| last < step)
        };
        self.totp.get_mut(&user).filter(is_new).ok_or(Refused::Stale)?.last_step = Some(step);
        Ok(())
    }

    pub(super) fn remove_totp(&mut self, user: UserId) -> Result<(), Refused> {
        let removed = self.totp.remove(&user).filter(|totp| totp.confirmed_at.is_some());
        removed.ok_or(Refused::Stale)?;
        if !self.has_passkeys(user) {
            self.recovery_codes.remove(&user);
        }
        self.devices.retain(|_, device| device.user != user);
        Ok(())
    }

    pub(super) fn set_recovery_codes(&mut self, user: UserId, macs: &[Mac]) -> Result<(), Refused> {
        self.active(user)?;
        self.recovery_codes.insert(user, macs.to_vec());
        Ok(())
    }

    pub(super) fn use_recovery_code(&mut self, user: UserId, macs: &[Mac]) -> Result<(), Refused> {
        let codes = self.recovery_codes.get_mut(&user).ok_or(Refused::Stale)?;
        let place = codes.iter().position(|code| macs.contains(code)).ok_or(Refused::Stale)?;
        codes.swap_remove(place);
        Ok(())
    }

    pub(super) fn open_challenge(
        &mut self,
        challenge: &Challenge,
        password: Option<&SecretString>,
    ) -> Result<(), Refused> {
        let account = self.active(challenge.user)?;
        if password.is_some() && account.password.as_ref() != password {
            return Err(Refused::Stale);
        }
        self.challenges.insert(challenge.id, challenge.clone());
        Ok(())
    }

    pub(super) fn close_challenge(
        &mut self,
        challenge: ChallengeId,
        kind: ChallengeKind,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let found = self.challenges.remove(&challenge);
        let is_good = found.is_some_and(|found| found.kind == kind && at < found.expires_at);
        if is_good { Ok(()) } else { Err(Refused::Stale) }
    }

    pub(super) fn remember_device(&mut self, device: &Device, most: u32) -> Result<(), Refused> {
        self.active(device.user)?;
        self.devices.insert(device.id, device.clone());
        for old in self.devices_of(device.user).into_iter().skip(most as usize) {
            self.devices.remove(&old.id);
        }
        Ok(())
    }

    pub(super) fn forget_device(&mut self, user: UserId, device: DeviceId) -> Result<(), Refused> {
        let is_theirs = self.devices.remove(&device).is_some_and(|device| device.user == user);
        if is_theirs { Ok(()) } else { Err(Refused::Stale) }
    }

    /// Forgets what lets somebody in by half: after a new password, and for who may not sign in any more.
    pub(super) fn void_challenges_and_devices(&mut self, user: UserId) {
        self.challenges.retain(|_, challenge| challenge.user != user);
        self.devices.retain(|_, device| device.user != user);
    }

    fn devices_of(&self, user: UserId) -> Vec<Device> {
        let mut devices: Vec<_> =
            self.devices.values().filter(|device| device.user == user).cloned().collect();
        devices.sort_by_key(|device| Reverse((device.created_at, device.id)));
        devices
    }

    /// Forgets what has run out; how many.
    pub(super) fn sweep_factors(&mut self, now: Timestamp, limit: u32) -> u64 {
        let over = self.challenges.values().filter(|one| one.expires_at <= now).map(|one| one.id);
        let challenges: Vec<_> = over.take(limit as usize).collect();
        let over = self.devices.values().filter(|one| one.expires_at <= now).map(|one| one.id);
        let devices: Vec<_> = over.take(limit as usize).collect();
        self.challenges.retain(|id, _| !challenges.contains(id));
        self.devices.retain(|id, _| !devices.contains(id));
        (challenges.len() + devices.len()) as u64
    }
}

#[async_trait]
impl FactorStore for MemoryStore {
    async fn totp(&self, user: UserId) -> Result<Option<TotpFactor>, Error> {
        Ok(self.state().totp.get(&user).cloned())
    }

    async fn recovery_codes(&self, user: UserId) -> Result<u32, Error> {
        let count = self.state().recovery_codes.get(&user).map_or(0, Vec::len);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn challenge(
        &self,
        kind: ChallengeKind,
        macs: &[Mac],
        now: Timestamp,
    ) -> Result<Option<Challenge>, Error> {
        let state = self.state();
        let is_it = |one: &&Challenge| one.kind == kind && now < one.expires_at && macs.contains(&one.mac);
        Ok(state.challenges.values().find(is_it).cloned())
    }

    async fn devices(&self, user: UserId, now: Timestamp) -> Result<Vec<Device>, Error> {
        let devices = self.state().devices_of(user).into_iter();
        Ok(devices.filter(|device| now < device.expires_at).collect())
    }

    async fn is_remembered(&self, user: UserId, macs: &[Mac], now: Timestamp) -> Result<bool, Error> {
        let state = self.state();
        let is_it = |one: &Device| one.user == user && now < one.expires_at && macs.contains(&one.mac);
        Ok(state.devices.values().any(is_it))
    }
}
