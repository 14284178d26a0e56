//! Somebody comes back from a provider.

use gravity_core::audit::Origin;
use gravity_core::{Error, Id, SecretString};

use super::journey::{Journey, Way};
use super::providers::told;
use crate::domain::{EmailAddress, LinkedAccount, Method, PersonName, RoleName, SERVICE_HOST, User};
use crate::events::AccountLinked;
use crate::hooks::Hooks as _;
use crate::oauth::{Answer, Identity, Provider};
use crate::service::record::{Record, on_user};
use crate::service::tokens::is_active;
use crate::service::verify::claimed;
use crate::service::{Letter, SignedIn};
use crate::settings::SignUp;
use crate::store::{AccountChange, Change};
use crate::{Auth, AuthError};

/// How often it is looked again who somebody is, when somebody else was faster.
const TRIES: u32 = 3;

/// Somebody who has come back from a provider.
#[derive(Debug)]
pub struct Returned {
    /// Where they go on.
    pub to: String,
    /// What has become of it.
    pub outcome: Result<Arrived, AuthError>,
}

/// What has become of a sign-in at a provider.
#[derive(Debug, Clone)]
pub enum Arrived {
    /// They are signed in, in cookies.
    SignedIn(Box<SignedIn>),
    /// They are signed in by whoever shows this code with the secret of the challenge, once, within a minute.
    Code(SecretString),
    /// The account there is linked to theirs here.
    Linked,
}

impl Auth {
    /// Ends what was [begun](Self::begin_elsewhere) by what the browser has brought back: the cookie and the provider's
    /// answer. Fails where they do not belong together, so that nothing is known of who it is and where they wanted to go;
    /// whatever else goes wrong stands in the outcome. An answer is good once: of many who bring the same one, one is
    /// let in.
    pub async fn return_from_elsewhere(
        &self,
        provider: &str,
        cookie: &str,
        answer: &Answer,
        origin: &Origin,
    ) -> Result<Returned, AuthError> {
        let client = self.0.providers.get(provider)?;
        self.take_network(origin).await?;
        let checked = client.check(cookie, answer).map_err(|error| told(provider, &error))?;
        let Journey { to, by } = serde_json::from_str(&checked.context).map_err(Error::internal)?;
        let arriving = async {
            if !self.store().spend(&checked.mark, checked.until).await? {
                return Err(AuthError::InvalidProviderAnswer);
            }
            let finished = client.finish(cookie, answer).await.map_err(|error| told(provider, &error))?;
            self.arrive(client.provider(), finished.identity, by, origin).await
        };
        let outcome = arriving.await;
        match &outcome {
            Ok(_) | Err(AuthError::SecondFactorRequired(_) | AuthError::ProviderDenied) => {
                self.refund_network(origin).await;
            }
            Err(AuthError::InvalidProviderAnswer | AuthError::InvalidCredentials) => {
                self.deny(None, origin).await?;
            }
            Err(_) => {}
        }
        Ok(Returned { to, outcome })
    }

    async fn arrive(
        &self,
        provider: &Provider,
        identity: Identity,
        by: Way,
        origin: &Origin,
    ) -> Result<Arrived, AuthError> {
        let challenge = match by {
            Way::Link(user, session) => {
                return self.link(user, session, &identity, origin).await.map(|()| Arrived::Linked);
            }
            Way::Code(challenge) => Some(challenge),
            Way::Cookies => None,
        };
        let email = identity.email.clone();
        let (user, account) = self.whose(provider, &identity, origin).await?;
        if let Some(challenge) = challenge {
            return self.give_code(&user, &account, email, challenge, origin).await.map(Arrived::Code);
        }
        let used = AccountChange::Use { user: user.id, account: account.id, email, at: self.now() };
        let begun = self.begin(user, vec![Method::Fed], None, vec![Change::Account(used)], origin).await;
        begun.map(|signed_in| Arrived::SignedIn(Box::new(signed_in)))
    }

    /// Whom an account at a provider lets in: who was linked, or who comes for the first time.
    async fn whose(
        &self,
        provider: &Provider,
        identity: &Identity,
        origin: &Origin,
    ) -> Result<(User, LinkedAccount), AuthError> {
        let look =
            async || self.store().account(&identity.provider, &identity.issuer, &identity.subject).await;
        for _ in 0..TRIES {
            if let Some(account) = look().await? {
                let user = self.store().user(account.user).await?.filter(is_active);
                return Ok((user.ok_or(AuthError::InvalidCredentials)?, account));
            }
            match self.first_time(provider, identity, origin).await {
                // The same person in another tab, perhaps: then they are known by now.
                Err(AuthError::AccountTaken | AuthError::EmailTaken | AuthError::Conflict) => {}
                Err(AuthError::LinkRequired) if look().await?.is_some() => {}
                outcome => return outcome,
            }
        }
        Err(AuthError::Conflict)
    }

    async fn first_time(
        &self,
        provider: &Provider,
        identity: &Identity,
        origin: &Origin,
    ) -> Result<(User, LinkedAccount), AuthError> {
        let email = identity.email.clone().filter(|_| identity.email_verified);
        // Addresses of programs reach nobody, whatever a provider says.
        let email = email.filter(|email| !email.key().ends_with(SERVICE_HOST));
        let email = email.ok_or(AuthError::NoVouchedAddress)?;
        match self.store().by_email(&email).await? {
            None => self.sign_up_from(identity, email, origin).await,
            Some((user, _)) if !is_active(&user) => Err(AuthError::InvalidCredentials),
            Some((user, _)) if provider.has_authority_for(&email) => self.join(user, identity, origin).await,
            Some(_) => Err(AuthError::LinkRequired),
        }
    }

    /// There is nobody with this address yet.
    async fn sign_up_from(
        &self,
        identity: &Identity,
        email: EmailAddress,
        origin: &Origin,
    ) -> Result<(User, LinkedAccount), AuthError> {
        if self.0.config.settings.sign_up == SignUp::Closed {
            return Err(AuthError::SignUpClosed);
        }
        let now = self.now();
        let (first_name, last_name) = names(identity.name.as_deref().unwrap_or_default());
        let mut user = User {
            email_verified_at: Some(now),
            first_name,
            last_name,
            ..User::new(Id::new(self.clock()), email, RoleName::CUSTOMER, now)
        };
        self.before_sign_up(&mut user, origin).await?;
        let account = self.new_account(&user, identity);
        let trail = linked(self.registered(&user, origin)?, &account)?.trail();
        let link = Change::Account(AccountChange::Link(account.clone()));
        let add = Change::AddUser { user: user.clone(), password: None };
        self.store().apply(&[add, link], &trail).await?;
        self.hooks().after_sign_up(&user).await;
        Ok((user, account))
    }

    /// Links an account to the one here that has its address, by the word of a provider that decides about the address.
    ///
    /// An account whose address nobody has verified before is [claimed](claimed) by that, as it is by mail.
    async fn join(
        &self,
        mut user: User,
        identity: &Identity,
        origin: &Origin,
    ) -> Result<(User, LinkedAccount), AuthError> {
        if self.has_account_of(user.id, &identity.provider).await? {
            // The address has changed hands there: it is not the account that was linked.
            return Err(AuthError::LinkRequired);
        }
        let (account, now) = (self.new_account(&user, identity), self.now());
        let (mut changes, mut record) = (Vec::new(), self.record(origin));
        let is_claimed = user.email_verified_at.is_none();
        if is_claimed {
            changes.extend(claimed(&user, now));
            record = self.verification(&user, origin)?;
            user.email_verified_at = Some(now);
        }
        changes.push(Change::Account(AccountChange::Link(account.clone())));
        let provider = identity.provider.clone();
        let letter = Letter::AccountLinked { provider };
        let letter = self.letter(account.id.to_string(), &user.email, letter).await?;
        let trail = linked(record.by(user.id), &account)?.job(letter)?.trail();
        self.store().apply(&changes, &trail).await?;
        if is_claimed {
            self.catch_up().await?;
        }
        Ok((user, account))
    }

    pub(super) fn new_account(&self, user: &User, identity: &Identity) -> LinkedAccount {
        let now = self.now();
        LinkedAccount {
            id: Id::new(self.clock()),
            user: user.id,
            provider: identity.provider.clone(),
            issuer: identity.issuer.clone(),
            subject: identity.subject.clone(),
            email: identity.email.clone(),
            created_at: now,
            used_at: now,
        }
    }
}

/// What is told of an account that lets somebody in from now on.
pub(super) fn linked<'a>(record: Record<'a>, account: &LinkedAccount) -> Result<Record<'a>, AuthError> {
    let (id, provider) = (account.user, account.provider.clone());
    let entry = on_user("auth.account_linked", id).extra("provider", &*provider);
    Ok(record.event(id, AccountLinked { id, account: account.id, provider })?.audit(entry))
}

/// A name as a first and a last one, as far as they are such.
fn names(name: &str) -> (Option<PersonName>, Option<PersonName>) {
    let (first, last) = name.trim().split_once(char::is_whitespace).unwrap_or((name, ""));
    (first.trim().parse().ok(), last.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_name_is_taken_as_far_as_it_is_one() {
        let taken = |name: &str| {
            let (first, last) = names(name);
            let text = |name: Option<crate::domain::PersonName>| name.map(|name| name.as_str().to_owned());
            (text(first), text(last))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(taken("Ada Lovelace"), (some("Ada"), some("Lovelace")));
        assert_eq!(taken(" Ana  María Ñandú "), (some("Ana"), some("María Ñandú")));
        assert_eq!(taken("小明"), (some("小明"), None));
        assert_eq!(taken(""), (None, None));
    }
}
