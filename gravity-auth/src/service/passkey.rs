//! Passkeys: made, listed, named, removed.

use gravity_core::audit::{AuditEntry, Origin, Outcome};
use gravity_core::{Id, SecretString};

use super::caller::Caller;
use super::ceremony::{Aim, PasskeyOptions};
use super::outbox::FactorNews;
use super::record::on_user;
use super::totp::{shown, with};
use crate::device::device_name;
use crate::domain::{Method, PasskeyId, PasskeyName, PersonName, User, UserPasskey};
use crate::events::{PasskeyAdded, PasskeyRemoved, PasskeyRenamed};
use crate::passkey::{Passkey, RegistrationResponse, UserVerification};
use crate::store::{Change, PasskeyChange, Refused, WaysIn};
use crate::{Auth, AuthError};

/// A passkey that an authenticator has made.
#[derive(Debug, Clone)]
pub struct NewPasskey {
    /// The token of the question.
    pub token: SecretString,
    /// The answer.
    pub credential: RegistrationResponse,
    /// What its owner calls it; by default what the browser and its system seem to be.
    pub name: Option<PasskeyName>,
}

/// A passkey that is there from now on.
#[derive(Debug, Clone)]
pub struct AddedPasskey {
    /// The passkey.
    pub passkey: UserPasskey,
    /// With the first second factor, codes for when it is lost: shown once.
    pub recovery_codes: Option<Vec<SecretString>>,
}

impl Auth {
    /// Begins to make a passkey, of a user who has just shown who they are.
    ///
    /// The address of the account has to be verified: nobody locks an address that may be somebody else's.
    pub async fn begin_passkey(&self, caller: &Caller) -> Result<PasskeyOptions, AuthError> {
        let site = self.site()?;
        let (user, session) = self.fresh(caller).await?;
        if user.email_verified_at.is_none() {
            return Err(AuthError::EmailNotVerified);
        }
        let known = self.credentials_of(&user).await?;
        if known.len() >= self.0.config.settings.passkeys.most as usize {
            return Err(AuthError::TooMany);
        }
        let (name, verification) = (user.email.as_str(), UserVerification::Required);
        let asked = site.begin_registration(user.id, name, &display_name(&user), &known, verification);
        self.sealed(Aim::Registration(session.id), asked.map_err(gravity_core::Error::internal)?).await
    }

    /// Adds the passkey that was made. From now on it signs in alone, and is asked for beside a password.
    pub async fn add_passkey(
        &self,
        caller: &Caller,
        new: NewPasskey,
        origin: &Origin,
    ) -> Result<AddedPasskey, AuthError> {
        let site = self.site()?;
        let (user, session) = self.fresh(caller).await?;
        let (id, now) = (user.id, self.now());
        let account = format!("enrol\0{id}");
        self.attempt(&account, origin).await?;
        let opened = self.opened(Aim::Registration(session.id), &new.token).await?;
        let (ceremony, burn) = opened.ok_or(AuthError::InvalidPasskey)?;
        let made = site.finish_registration(&ceremony, &new.credential, UserVerification::Required);
        let passkey = match made {
            Ok(passkey) if ceremony.user() == Some(id) => passkey,
            made => {
                let entry = on_user("auth.passkey_added", id).outcome(Outcome::Denied);
                let entry = match made {
                    Err(reason) => entry.extra("passkey", reason.to_string()),
                    Ok(_) => entry,
                };
                self.spoil(Some(burn), self.record(origin).by(id).audit(entry)).await?;
                return Err(AuthError::InvalidPasskey);
            }
        };
        let seen = || device_name(origin.user_agent.as_deref().unwrap_or_default()).parse().ok();
        let name = new.name.or_else(seen).map_or_else(|| "Passkey".parse(), Ok);
        let passkey = UserPasskey {
            id: Id::new(self.clock()),
            user: id,
            name: name.map_err(gravity_core::Error::internal)?,
            passkey,
            created_at: now,
            last_used_at: None,
        };
        let most = self.0.config.settings.passkeys.most;
        let mut changes = vec![burn, Change::Passkey(PasskeyChange::Add { passkey: passkey.clone(), most })];
        let is_first = self.open_factors(id).await?.is_empty();
        let codes = is_first.then(|| self.new_codes(id));
        let recovery_codes = codes.map(|(codes, renew)| {
            changes.push(renew);
            shown(&codes)
        });
        let methods = with(&session.methods, &[&passkey.methods()[..], &[Method::Mfa]].concat());
        changes.push(Change::ProveSession { user: id, session: session.id, methods, at: now });
        let trail = self
            .record(origin)
            .by(id)
            .event(id, PasskeyAdded { id, passkey: passkey.id })?
            .audit(on_passkey("auth.passkey_added", &passkey))
            .job(self.factor_letter(&user, FactorNews::PasskeyAdded).await?)?
            .trail();
        self.store().apply(&changes, &trail).await.map_err(|refused| match refused {
            Refused::Exists => AuthError::PasskeyExists,
            // It was answered before, or the session has ended.
            Refused::Stale => AuthError::InvalidPasskey,
            refused => refused.into(),
        })?;
        self.succeeded(&account, origin).await;
        Ok(AddedPasskey { passkey, recovery_codes })
    }

    /// The passkeys of the user who calls, the newest first.
    pub async fn passkeys(&self, caller: &Caller) -> Result<Vec<UserPasskey>, AuthError> {
        caller.in_person()?;
        Ok(self.store().passkeys(caller.user).await?)
    }

    /// Calls a passkey of the user something else.
    pub async fn rename_passkey(
        &self,
        caller: &Caller,
        id: PasskeyId,
        name: PasskeyName,
        origin: &Origin,
    ) -> Result<UserPasskey, AuthError> {
        caller.in_person()?;
        let user = caller.user;
        let mut passkey = self.passkey_of(caller, id).await?;
        let trail = self
            .record(origin)
            .by(user)
            .event(user, PasskeyRenamed { id: user, passkey: id })?
            .audit(on_passkey("auth.passkey_renamed", &passkey))
            .trail();
        let rename = PasskeyChange::Rename { user, passkey: id, name: name.clone() };
        self.store().apply(&[Change::Passkey(rename)], &trail).await.map_err(not_found)?;
        passkey.name = name;
        Ok(passkey)
    }

    /// Removes a passkey of the user, who has just shown who they are: not the last way in of who has no password. Remembered
    /// devices go with it and, with the last second factor, recovery codes.
    ///
    /// The authenticator keeps what it has; it is good for nothing any more.
    pub async fn remove_passkey(
        &self,
        caller: &Caller,
        id: PasskeyId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let (user, _) = self.fresh(caller).await?;
        let passkey = self.passkey_of(caller, id).await?;
        let trail = self
            .record(origin)
            .by(user.id)
            .event(user.id, PasskeyRemoved { id: user.id, passkey: id })?
            .audit(on_passkey("auth.passkey_removed", &passkey))
            .job(self.factor_letter(&user, FactorNews::PasskeyRemoved).await?)?
            .trail();
        let remove = PasskeyChange::Remove { user: user.id, passkey: id, ways: self.ways_in() };
        self.store().apply(&[Change::Passkey(remove)], &trail).await.map_err(not_found)
    }

    /// What lets people in here who have no password.
    pub(super) fn ways_in(&self) -> WaysIn {
        #[cfg(feature = "client")]
        let providers = self.providers();
        #[cfg(not(feature = "client"))]
        let providers = Vec::new();
        WaysIn { providers, passkeys: self.0.site.is_some() }
    }

    /// What a browser is told of the passkeys that a user has.
    pub(crate) async fn credentials_of(&self, user: &User) -> Result<Vec<Passkey>, AuthError> {
        let passkeys = self.store().passkeys(user.id).await?;
        Ok(passkeys.into_iter().map(|passkey| passkey.passkey).collect())
    }

    async fn passkey_of(&self, caller: &Caller, id: PasskeyId) -> Result<UserPasskey, AuthError> {
        let passkeys = self.store().passkeys(caller.user).await?;
        passkeys.into_iter().find(|passkey| passkey.id == id).ok_or(AuthError::PasskeyNotFound)
    }
}

/// What was done to a passkey.
fn on_passkey(action: &str, passkey: &UserPasskey) -> AuditEntry {
    on_user(action, passkey.user).extra("passkey", passkey.id.to_string())
}

/// What an authenticator shows its owner: their name, or their address.
fn display_name(user: &User) -> String {
    let names = [&user.first_name, &user.last_name].into_iter().flatten().map(PersonName::as_str);
    let name = names.collect::<Vec<_>>().join(" ");
    if name.is_empty() { user.email.to_string() } else { name }
}

fn not_found(refused: Refused) -> AuthError {
    match refused {
        Refused::Stale => AuthError::PasskeyNotFound,
        refused => refused.into(),
    }
}
