//! [`Counted`]: a store around another, which counts what is asked of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use gravity_auth::domain::{
    Activity, ApiKey, ApiKeyId, Challenge, ChallengeKind, Device, EmailAddress, Follow, FollowState,
    Invitation, LinkedAccount, Member, Org, OrgId, OrgRole, Person, Purpose, Role, RoleName, Session,
    SessionId, Ticket, TotpFactor, User, UserId, UserName, UserPasskey,
};
use gravity_auth::passkey::CredentialId;
use gravity_auth::store::{
    AccountStore, ApiKeyStore, AuthStore, Change, FactorStore, OrgStore, PasskeyStore, PeopleFilter,
    PeopleStore, Refused, RoleStore, Rotate, Rotation, Side, Trail,
};
use gravity_core::page::{PageRows, Position};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, SecretString, Timestamp};

/// A store around another. A store of one's own may as well keep everything itself: these traits are all that sign-in
/// asks of it.
#[derive(Debug, Clone)]
pub(crate) struct Counted<S> {
    inner: S,
    calls: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl<S> Counted<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, calls: Arc::default() }
    }

    /// What was asked since this was last called, and how often.
    pub(crate) fn calls(&self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, verb: &'static str) {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(verb).or_default() += 1;
    }
}

#[async_trait]
impl<S: AuthStore> AuthStore for Counted<S> {
    async fn apply(&self, changes: &[Change], trail: &Trail) -> Result<(), Refused> {
        self.count("apply");
        self.inner.apply(changes, trail).await
    }

    async fn rotate(&self, rotate: &Rotate, done: &Trail, reused: &Trail) -> Result<Rotation, Error> {
        self.count("rotate");
        self.inner.rotate(rotate, done, reused).await
    }

    async fn record(&self, trail: &Trail) -> Result<(), Refused> {
        self.count("record");
        self.inner.record(trail).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, Error> {
        self.count("user");
        self.inner.user(id).await
    }

    async fn by_email(&self, email: &EmailAddress) -> Result<Option<(User, Option<SecretString>)>, Error> {
        self.count("by_email");
        self.inner.by_email(email).await
    }

    async fn by_user_name(&self, name: &UserName) -> Result<Option<(User, Option<SecretString>)>, Error> {
        self.count("by_user_name");
        self.inner.by_user_name(name).await
    }

    async fn password(&self, user: UserId) -> Result<Option<SecretString>, Error> {
        self.count("password");
        self.inner.password(user).await
    }

    async fn has_super_admin(&self) -> Result<bool, Error> {
        self.count("has_super_admin");
        self.inner.has_super_admin().await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        self.count("session");
        self.inner.session(id).await
    }

    async fn sessions(
        &self,
        user: UserId,
        now: Timestamp,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Session>, Error> {
        self.count("sessions");
        self.inner.sessions(user, now, from, limit).await
    }

    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<(SessionId, Timestamp)>, Error> {
        self.count("ended_since");
        self.inner.ended_since(since, limit).await
    }

    async fn ticket(&self, purpose: Purpose, macs: &[Mac], now: Timestamp) -> Result<Option<Ticket>, Error> {
        self.count("ticket");
        self.inner.ticket(purpose, macs, now).await
    }

    async fn guess(
        &self,
        purpose: Purpose,
        user: UserId,
        macs: &[Mac],
        now: Timestamp,
        wrong: &Trail,
    ) -> Result<Option<Ticket>, Error> {
        self.count("guess");
        self.inner.guess(purpose, user, macs, now, wrong).await
    }

    async fn sweep(&self, now: Timestamp, ended_before: Timestamp, limit: u32) -> Result<u64, Error> {
        self.count("sweep");
        self.inner.sweep(now, ended_before, limit).await
    }
}

#[async_trait]
impl<S: AuthStore> AccountStore for Counted<S> {
    async fn account(
        &self,
        provider: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<LinkedAccount>, Error> {
        self.count("account");
        self.inner.account(provider, issuer, subject).await
    }

    async fn accounts(&self, user: UserId) -> Result<Vec<LinkedAccount>, Error> {
        self.count("accounts");
        self.inner.accounts(user).await
    }

    async fn spend(&self, mark: &str, until: Timestamp) -> Result<bool, Error> {
        self.count("spend");
        self.inner.spend(mark, until).await
    }
}

#[async_trait]
impl<S: AuthStore> ApiKeyStore for Counted<S> {
    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
        self.count("api_key");
        self.inner.api_key(id).await
    }

    async fn api_keys(
        &self,
        user: UserId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<ApiKey>, Error> {
        self.count("api_keys");
        self.inner.api_keys(user, from, limit).await
    }

    async fn api_key_by(&self, macs: &[Mac], now: Timestamp) -> Result<Option<(ApiKey, User)>, Error> {
        self.count("api_key_by");
        self.inner.api_key_by(macs, now).await
    }

    async fn api_key_used(&self, id: ApiKeyId, now: Timestamp, before: Timestamp) -> Result<bool, Error> {
        self.count("api_key_used");
        self.inner.api_key_used(id, now, before).await
    }

    async fn service_accounts(&self, from: Option<&Position>, limit: u32) -> Result<PageRows<User>, Error> {
        self.count("service_accounts");
        self.inner.service_accounts(from, limit).await
    }
}

#[async_trait]
impl<S: AuthStore> FactorStore for Counted<S> {
    async fn totp(&self, user: UserId) -> Result<Option<TotpFactor>, Error> {
        self.count("totp");
        self.inner.totp(user).await
    }

    async fn recovery_codes(&self, user: UserId) -> Result<u32, Error> {
        self.count("recovery_codes");
        self.inner.recovery_codes(user).await
    }

    async fn challenge(
        &self,
        kind: ChallengeKind,
        macs: &[Mac],
        now: Timestamp,
    ) -> Result<Option<Challenge>, Error> {
        self.count("challenge");
        self.inner.challenge(kind, macs, now).await
    }

    async fn devices(&self, user: UserId, now: Timestamp) -> Result<Vec<Device>, Error> {
        self.count("devices");
        self.inner.devices(user, now).await
    }

    async fn is_remembered(&self, user: UserId, macs: &[Mac], now: Timestamp) -> Result<bool, Error> {
        self.count("is_remembered");
        self.inner.is_remembered(user, macs, now).await
    }
}

#[async_trait]
impl<S: AuthStore> OrgStore for Counted<S> {
    async fn org(&self, id: OrgId) -> Result<Option<Org>, Error> {
        self.count("org");
        self.inner.org(id).await
    }

    async fn orgs_of(&self, user: UserId) -> Result<Vec<(Org, OrgRole)>, Error> {
        self.count("orgs_of");
        self.inner.orgs_of(user).await
    }

    async fn member(&self, org: OrgId, user: UserId) -> Result<Option<Member>, Error> {
        self.count("member");
        self.inner.member(org, user).await
    }

    async fn members(
        &self,
        org: OrgId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Member>, Error> {
        self.count("members");
        self.inner.members(org, from, limit).await
    }

    async fn invitations(&self, org: OrgId, now: Timestamp) -> Result<Vec<Invitation>, Error> {
        self.count("invitations");
        self.inner.invitations(org, now).await
    }

    async fn invitations_to(
        &self,
        email: &EmailAddress,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Invitation>, Error> {
        self.count("invitations_to");
        self.inner.invitations_to(email, now, limit).await
    }

    async fn invitation_by(&self, macs: &[Mac], now: Timestamp) -> Result<Option<Invitation>, Error> {
        self.count("invitation_by");
        self.inner.invitation_by(macs, now).await
    }
}

#[async_trait]
impl<S: AuthStore> PasskeyStore for Counted<S> {
    async fn passkeys(&self, user: UserId) -> Result<Vec<UserPasskey>, Error> {
        self.count("passkeys");
        self.inner.passkeys(user).await
    }

    async fn passkey(&self, credential: &CredentialId) -> Result<Option<UserPasskey>, Error> {
        self.count("passkey");
        self.inner.passkey(credential).await
    }
}

#[async_trait]
impl<S: AuthStore> PeopleStore for Counted<S> {
    async fn person(&self, id: UserId) -> Result<Option<Person>, Error> {
        self.count("person");
        self.inner.person(id).await
    }

    async fn persons(&self, ids: &[UserId]) -> Result<Vec<Person>, Error> {
        self.count("persons");
        self.inner.persons(ids).await
    }

    async fn people(
        &self,
        filter: &PeopleFilter,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Person>, Error> {
        self.count("people");
        self.inner.people(filter, from, limit).await
    }

    async fn follow(&self, follower: UserId, followee: UserId) -> Result<Option<Follow>, Error> {
        self.count("follow");
        self.inner.follow(follower, followee).await
    }

    async fn follows(
        &self,
        user: UserId,
        side: Side,
        state: FollowState,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Follow>, Error> {
        self.count("follows");
        self.inner.follows(user, side, state, from, limit).await
    }

    async fn activities(
        &self,
        user: UserId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Activity>, Error> {
        self.count("activities");
        self.inner.activities(user, from, limit).await
    }

    async fn purgeable(&self, deleted_until: Timestamp, limit: u32) -> Result<Vec<UserId>, Error> {
        self.count("purgeable");
        self.inner.purgeable(deleted_until, limit).await
    }

    async fn forget(&self, user: UserId) -> Result<(), Error> {
        self.count("forget");
        self.inner.forget(user).await
    }
}

#[async_trait]
impl<S: AuthStore> RoleStore for Counted<S> {
    async fn roles(&self) -> Result<Vec<Role>, Error> {
        self.count("roles");
        self.inner.roles().await
    }

    async fn reassigned_since(
        &self,
        since: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, RoleName, Timestamp)>, Error> {
        self.count("reassigned_since");
        self.inner.reassigned_since(since, after, limit).await
    }
}
