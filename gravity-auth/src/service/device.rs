//! Devices on which the second factor is passed over for a while.

use std::time::Duration;

use gravity_core::audit::Origin;
use gravity_core::security::token::TokenKind;
use gravity_core::{Id, SecretString};

use super::record::on_user;
use crate::device::device_name;
use crate::domain::{Device, DeviceId, UserId};
use crate::store::{Change, Refused};
use crate::{Auth, AuthError};

/// The tokens that devices keep.
const DEVICE: TokenKind = TokenKind::new("gvd");
const CONTEXT: &str = "auth.device";
/// How long a device is remembered.
pub(crate) const REMEMBERED: Duration = Duration::from_hours(30 * 24);
/// How many devices a user has at once.
const MOST: u32 = 20;

impl Auth {
    /// The user's remembered devices, the newest first.
    pub async fn devices(&self, user: UserId) -> Result<Vec<Device>, AuthError> {
        Ok(self.store().devices(user, self.now()).await?)
    }

    /// Forgets a device: the second factor is asked for there again.
    pub async fn forget_device(
        &self,
        user: UserId,
        device: DeviceId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let entry = on_user("auth.device_forgotten", user).extra("device", device.to_string());
        let trail = self.record(origin).by(user).audit(entry).trail();
        match self.store().apply(&[Change::ForgetDevice { user, device }], &trail).await {
            Err(Refused::Stale) => Err(AuthError::DeviceNotFound),
            outcome => Ok(outcome?),
        }
    }

    /// What remembers a device, and what it keeps.
    pub(crate) fn new_device(&self, user: UserId, origin: &Origin) -> (Change, SecretString) {
        let (token, now) = (DEVICE.generate(), self.now());
        let device = Device {
            id: Id::new(self.clock()),
            user,
            name: device_name(origin.user_agent.as_deref().unwrap_or_default()),
            mac: self.0.macs.sign(CONTEXT, &token),
            created_at: now,
            expires_at: now.saturating_add(REMEMBERED),
        };
        (Change::RememberDevice { device, most: MOST }, SecretString::new(token.expose().to_owned()))
    }

    /// Whether this is the token of a remembered device of the user.
    pub(crate) async fn is_remembered(&self, user: UserId, token: Option<&str>) -> Result<bool, AuthError> {
        let Some(token) = token.and_then(|token| DEVICE.parse(token).ok()) else { return Ok(false) };
        let macs = self.0.macs.lookup_values(CONTEXT, &token);
        Ok(self.store().is_remembered(user, &macs, self.now()).await?)
    }
}
