//! API keys: made, seen, changed, rotated, taken back; and who calls by one.

use std::time::Duration;

use gravity_core::audit::Origin;
use gravity_core::jobs::JobDraft;
use gravity_core::limits::Decision;
use gravity_core::security::token::TokenKind;
use gravity_core::validate::Faults;
use gravity_core::{Grants, Id, Permission, Principal, SecretString, Timestamp};
use serde_json::{Value, json};

use super::authority::Authority;
use super::outbox::{Letter, MailJob};
use super::record::on_user;
use crate::domain::{ApiKey, ApiKeyId, User, UserId, lacking};
use crate::events::{ApiKeyChanged, ApiKeyCreated, ApiKeyDeleted, ApiKeyRotated};
use crate::store::{Change, KeyChange, Refused};
use crate::{Auth, AuthError};

/// To manage accounts of programs, and their API keys.
pub const API_KEYS_MANAGE: Permission = Permission::new("api_keys:manage");

/// The secrets of API keys.
pub(crate) const KEY: TokenKind = TokenKind::new("gvk");
/// How many keys a user has at most.
const MOST: u32 = 100;
/// How many requests a minute a key may make unless it says otherwise.
const PER_MINUTE: u32 = 600;
/// The units of the limit of a minute: a request of a key takes as many of them as its rate leaves it.
pub(crate) const UNITS: u32 = 600_000;
/// How often its last use is written down.
const USED_EVERY: Duration = Duration::from_mins(1);
const CONTEXT: &str = "auth.api_key";

/// An API key that somebody wants.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Grants,
    /// When it ceases to hold, if ever.
    pub expires_at: Option<Timestamp>,
    /// How many requests a minute it may make, if not 600.
    pub per_minute: Option<u32>,
    /// The program's account in whose name it calls, instead of the caller's own.
    pub service_account: Option<UserId>,
}

/// What is to be another about an API key.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyPatch {
    /// Its name.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: Option<Grants>,
    /// When it ceases to hold.
    pub expires_at: Option<Timestamp>,
    /// How many requests a minute it may make.
    pub per_minute: Option<u32>,
}

/// An API key and its secret, which is shown this once.
#[derive(Debug, Clone)]
pub struct IssuedApiKey {
    /// The key.
    pub key: ApiKey,
    /// The secret.
    pub secret: SecretString,
}

/// Why nobody calls by an API key.
pub(crate) enum NoCaller {
    /// It does not hold.
    Invalid,
    /// It has made more requests than it may.
    Limited { per_minute: u32, decision: Decision },
    /// Nobody can say.
    Failed(gravity_core::Error),
}

impl Auth {
    /// Makes a key: of the caller, or of a program's account for those who hold [`API_KEYS_MANAGE`]. It can do what
    /// its owner and the caller may do, and no more; what its owner ceases to hold it ceases to hold too. The caller gets
    /// mail.
    ///
    /// Whoever makes one, changes one or gives it another secret has just shown who they are, for it outlives their session
    /// and their password. An API key makes none, and neither does who acts in the name of somebody.
    pub async fn create_api_key(
        &self,
        by: &Authority,
        new: NewApiKey,
        origin: &Origin,
    ) -> Result<IssuedApiKey, AuthError> {
        let (user, _) = self.fresh(&by.caller).await?;
        let owner = self.owner(by, new.service_account).await?;
        let now = self.now();
        self.check_scopes(by, &owner, &new.scopes).await?;
        let mut changes = self.reach(by, owner.id, &new.scopes).await?;
        check_end(new.expires_at, now)?;
        let (secret, hint) = new_secret();
        let key = ApiKey {
            id: Id::new(self.clock()),
            user: owner.id,
            name: new.name,
            hint,
            mac: self.0.macs.sign(CONTEXT, secret.expose()),
            old: None,
            scopes: new.scopes,
            per_minute: new.per_minute.unwrap_or(PER_MINUTE),
            version: 0,
            created_by: by.caller.user,
            created_at: now,
            expires_at: new.expires_at,
            last_used_at: None,
        };
        let told = ApiKeyCreated { id: key.id, user: key.user, scopes: key.scopes.clone() };
        let entry = on_user("api_key.created", key.user).made(shown(&key));
        let letter = self.key_letter(&user, &key, true).await?;
        let trail = self.record(origin).event(key.user, told)?.audit(entry).job(letter)?.trail();
        changes.push(Change::Key(KeyChange::Add { key: Box::new(key.clone()), most: MOST }));
        self.store().apply(&changes, &trail).await?;
        Ok(IssuedApiKey { key, secret })
    }

    /// The keys of the caller, or of a program's account, the newest first.
    pub async fn api_keys(
        &self,
        by: &Authority,
        service_account: Option<UserId>,
    ) -> Result<Vec<ApiKey>, AuthError> {
        let owner = self.owner(by, service_account).await?;
        Ok(self.store().api_keys(owner.id, None, MOST).await?.items)
    }

    /// A key of the caller's, or of a program's account.
    pub async fn api_key(&self, by: &Authority, id: ApiKeyId) -> Result<ApiKey, AuthError> {
        by.caller.in_person()?;
        let key = self.store().api_key(id).await?.ok_or(AuthError::ApiKeyNotFound)?;
        if key.user == by.caller.user {
            return Ok(key);
        }
        // Whose it is, and that it is there, is told to those only who may manage it.
        match self.owner(by, Some(key.user)).await {
            Ok(_) => Ok(key),
            Err(AuthError::Forbidden | AuthError::UserNotFound) => Err(AuthError::ApiKeyNotFound),
            Err(error) => Err(error),
        }
    }

    /// Changes a key. Of a program's account it must be one that does nothing which the caller may not do.
    pub async fn change_api_key(
        &self,
        by: &Authority,
        id: ApiKeyId,
        patch: ApiKeyPatch,
        origin: &Origin,
    ) -> Result<ApiKey, AuthError> {
        self.fresh(&by.caller).await?;
        let from = self.api_key(by, id).await?;
        let owner = self.store().user(from.user).await?.ok_or(AuthError::ApiKeyNotFound)?;
        if let Some(scopes) = &patch.scopes {
            self.check_scopes(by, &owner, scopes).await?;
        }
        let both = from.scopes.iter().chain(patch.scopes.iter().flat_map(Grants::iter)).cloned().collect();
        let acts = self.reach(by, from.user, &both).await?;
        check_end(patch.expires_at, self.now())?;
        let mut to = from.clone();
        to.name = patch.name.unwrap_or(to.name);
        to.scopes = patch.scopes.unwrap_or(to.scopes);
        to.expires_at = patch.expires_at.or(to.expires_at);
        to.per_minute = patch.per_minute.unwrap_or(to.per_minute);
        let entry = on_user("api_key.changed", from.user).change(shown(&from), shown(&to));
        let told = ApiKeyChanged { id, user: from.user, scopes: to.scopes.clone() };
        let trail = self.record(origin).event(from.user, told)?.audit(entry).trail();
        self.update(acts, to, &trail).await
    }

    /// Gives a key another secret. The one it had holds for as long as is said, and none before that. Of a program's
    /// account it must be one that does nothing which the caller may not do. The caller gets mail.
    pub async fn rotate_api_key(
        &self,
        by: &Authority,
        id: ApiKeyId,
        overlap: Duration,
        origin: &Origin,
    ) -> Result<IssuedApiKey, AuthError> {
        let (user, _) = self.fresh(&by.caller).await?;
        let from = self.api_key(by, id).await?;
        let acts = self.reach(by, from.user, &from.scopes).await?;
        let (secret, hint) = new_secret();
        let until = self.now().saturating_add(overlap);
        let to = ApiKey {
            mac: self.0.macs.sign(CONTEXT, secret.expose()),
            hint,
            old: (!overlap.is_zero()).then(|| (from.mac.clone(), until)),
            ..from.clone()
        };
        let entry = on_user("api_key.rotated", from.user).change(shown(&from), shown(&to));
        let told = ApiKeyRotated { id, user: from.user };
        let letter = self.key_letter(&user, &to, false).await?;
        let trail = self.record(origin).event(from.user, told)?.audit(entry).job(letter)?.trail();
        Ok(IssuedApiKey { key: self.update(acts, to, &trail).await?, secret })
    }

    /// Takes a key back. It holds nowhere from now on.
    pub async fn delete_api_key(
        &self,
        by: &Authority,
        id: ApiKeyId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let key = self.api_key(by, id).await?;
        let entry = on_user("api_key.deleted", key.user).removed(shown(&key));
        let told = ApiKeyDeleted { id, user: key.user };
        let trail = self.record(origin).event(key.user, told)?.audit(entry).trail();
        let remove = Change::Key(KeyChange::Remove { user: key.user, key: id });
        self.store().apply(&[remove], &trail).await.map_err(gone)
    }

    /// Who calls by this secret: the owner of the key, with no more than it may do.
    pub(crate) async fn by_api_key(&self, secret: &str) -> Result<Principal, NoCaller> {
        let secret = KEY.parse(secret).map_err(|_| NoCaller::Invalid)?;
        let macs = self.0.macs.lookup_values(CONTEXT, secret.expose());
        let now = self.now();
        let found = self.store().api_key_by(&macs, now).await.map_err(NoCaller::Failed)?;
        let (key, owner) = found.ok_or(NoCaller::Invalid)?;
        let cost = UNITS / key.per_minute.clamp(1, UNITS);
        let decision = self.0.config.throttles.api_keys.check(&key.id.to_string(), cost).await;
        if !decision.allowed {
            return Err(NoCaller::Limited { per_minute: key.per_minute, decision });
        }
        let grants = self.grants_of(&owner.role).await.map_err(|error| match error {
            AuthError::Other(error) => NoCaller::Failed(error),
            _ => NoCaller::Invalid,
        })?;
        self.used(&key, now).await;
        Ok(Principal::new(owner.id.into())
            .with_roles([owner.role.as_str()])
            .with_permissions(grants)
            .with_scopes(key.scopes.iter().map(|scope| scope.as_str().to_owned()))
            .with_credential(key.id.to_string())
            .with_claim("api_key", key.id.to_string()))
    }

    /// Writes down that a key was used. A request does not fail because that failed.
    async fn used(&self, key: &ApiKey, now: Timestamp) {
        let before = now.saturating_sub(USED_EVERY);
        if key.last_used_at.is_some_and(|at| before < at && at <= now) {
            return;
        }
        if let Err(error) = self.store().api_key_used(key.id, now, before).await {
            tracing::warn!(%error, key = %key.id, "the use of an API key was not written down");
        }
    }

    /// Mail to who has made a secret of a key. What the key is called it does not say: that may be anybody's words.
    async fn key_letter(
        &self,
        to: &User,
        key: &ApiKey,
        is_new: bool,
    ) -> Result<JobDraft<MailJob>, AuthError> {
        let letter = Letter::ApiKey { hint: key.hint.clone(), is_new };
        self.letter(self.clock().uuid().to_string(), &to.email, letter).await
    }

    /// In whose name a key calls: the caller's own, or that of a program they manage.
    async fn owner(&self, by: &Authority, service_account: Option<UserId>) -> Result<User, AuthError> {
        by.caller.in_person()?;
        let Some(id) = service_account else { return self.me(&by.caller).await };
        by.demand(API_KEYS_MANAGE)?;
        let account = self.store().user(id).await?.filter(User::is_service_account);
        account.ok_or(AuthError::UserNotFound)
    }

    async fn check_scopes(&self, by: &Authority, owner: &User, scopes: &Grants) -> Result<(), AuthError> {
        if scopes.is_empty() {
            return Err(AuthError::Invalid(Faults::one(
                "/scopes",
                "required",
                "must name what the key may do",
            )));
        }
        by.demand_all(scopes)?;
        let held = self.grants_of(&owner.role).await?;
        lacking(&held, scopes).map_or(Ok(()), |grant| Err(AuthError::NotHeld(grant.clone())))
    }

    /// Refuses who would have the secret of a key of a program's account that may do what they may not, now. What comes
    /// back is to be among the changes. Their own does no more than they do, at every request.
    async fn reach(&self, by: &Authority, owner: UserId, scopes: &Grants) -> Result<Vec<Change>, AuthError> {
        if owner == by.caller.user {
            return Ok(Vec::new());
        }
        let wanted = scopes.iter().cloned().chain([API_KEYS_MANAGE.into()]).collect();
        let own = self.covers(by, &wanted).await?;
        Ok(vec![Change::Holds { user: own.id, role: own.role }])
    }

    async fn update(
        &self,
        mut changes: Vec<Change>,
        mut to: ApiKey,
        trail: &crate::store::Trail,
    ) -> Result<ApiKey, AuthError> {
        changes.push(Change::Key(KeyChange::Update { version: to.version, to: Box::new(to.clone()) }));
        self.store().apply(&changes, trail).await?;
        to.version += 1;
        Ok(to)
    }
}

/// A new secret, and how it begins.
fn new_secret() -> (SecretString, String) {
    let token = KEY.generate();
    let hint = token.expose().chars().take(KEY.prefix().len() + 7).collect();
    (SecretString::new(token.expose().to_owned()), hint)
}

fn check_end(end: Option<Timestamp>, now: Timestamp) -> Result<(), AuthError> {
    if end.is_some_and(|end| end <= now) {
        return Err(AuthError::Invalid(Faults::one("/expires_at", "past", "must lie in the future")));
    }
    Ok(())
}

/// A key as the audit log shows it.
fn shown(key: &ApiKey) -> Value {
    json!({
        "id": key.id, "name": key.name, "hint": key.hint, "scopes": key.scopes,
        "per_minute": key.per_minute, "expires_at": key.expires_at,
    })
}

fn gone(refused: Refused) -> AuthError {
    match refused {
        Refused::Stale => AuthError::ApiKeyNotFound,
        refused => refused.into(),
    }
}
