//! Signing in with a password, and beginning a session.

use gravity_core::audit::{Origin, Outcome};
use gravity_core::{Id, SecretString};

use super::outbox::{Asked, What, link_token};
use super::record::{Record, on_user};
use super::tokens::{SignedIn, is_active};
use crate::domain::{Client, EmailAddress, Method, Session, User, UserName};
use crate::events;
use crate::hooks::Hooks as _;
use crate::jwt::RefreshTokens;
use crate::settings::SignUp;
use crate::store::{Change, Refused};
use crate::{Auth, AuthError};

/// Who somebody says they are, and the password that shows it.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Who.
    pub identifier: Identifier,
    /// The password.
    pub password: SecretString,
}

/// An address or a user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// The address.
    Email(EmailAddress),
    /// The user name.
    UserName(UserName),
    /// What can be neither, and so is nobody's.
    Nobody(String),
}

impl Identifier {
    /// What a text can be: an address if it has an `@`, which no user name has.
    pub fn of(text: &str) -> Self {
        let nobody = || Self::Nobody(text.trim().chars().take(EmailAddress::MAX_BYTES).collect());
        if text.contains('@') {
            text.parse().map_or_else(|_| nobody(), Self::Email)
        } else {
            text.parse().map_or_else(|_| nobody(), Self::UserName)
        }
    }

    /// What attempts are counted by.
    fn key(&self) -> &str {
        match self {
            Self::Email(email) => email.key(),
            Self::UserName(name) => name.key(),
            Self::Nobody(text) => text,
        }
    }
}

impl Auth {
    /// Signs somebody in by a password.
    ///
    /// Somebody who is not there, who may not sign in, and a wrong password are all
    /// [`InvalidCredentials`](AuthError::InvalidCredentials), after the same work.
    /// Who has a second factor gets [`SecondFactorRequired`](AuthError::SecondFactorRequired), which says how to go on.
    pub async fn sign_in(&self, credentials: Credentials, origin: &Origin) -> Result<SignedIn, AuthError> {
        self.sign_in_on(credentials, None, origin).await
    }

    /// The same, on a device that may be remembered: by its token the second factor is passed over.
    pub async fn sign_in_on(
        &self,
        credentials: Credentials,
        device: Option<&str>,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        let Credentials { identifier, password } = credentials;
        self.attempt(identifier.key(), origin).await?;
        let found = match &identifier {
            Identifier::Email(email) => self.store().by_email(email).await?,
            Identifier::UserName(name) => self.store().by_user_name(name).await?,
            Identifier::Nobody(_) => None,
        };
        let known = found.as_ref().map(|(user, _)| user.id);
        self.attempt_from_anywhere(identifier.key(), known, origin).await?;
        let Some((user, hash)) = self.verified(found, &password, origin).await? else {
            return Err(AuthError::InvalidCredentials);
        };
        if !user.is_let_in(self.0.config.settings.sign_up) {
            self.refuse(Some(&user), true, origin).await?;
            return Err(AuthError::InvalidCredentials);
        }
        let begun = self.begin_on(device, user, vec![Method::Pwd], Some(hash), Vec::new(), origin).await;
        if matches!(begun, Ok(_) | Err(AuthError::SecondFactorRequired(_))) {
            self.succeeded(identifier.key(), origin).await;
        }
        begun
    }

    /// The user, if the password is theirs and they may sign in, with the hash that they have now.
    async fn verified(
        &self,
        found: Option<(User, Option<SecretString>)>,
        password: &SecretString,
        origin: &Origin,
    ) -> Result<Option<(User, SecretString)>, AuthError> {
        let hash = found.as_ref().and_then(|(_, hash)| hash.clone());
        let verdict = self.compare(password, hash.as_ref()).await?;
        let user = found.map(|(user, _)| user);
        let is_right = verdict.matches && user.as_ref().is_some_and(is_active);
        let (Some(user), Some(hash), true) = (user.clone(), hash, is_right) else {
            self.refuse(user.as_ref(), false, origin).await?;
            return Ok(None);
        };
        let hash = self.renewed(user.id, hash, password, verdict).await?;
        Ok(Some((user, hash)))
    }

    /// Writes down that somebody was not let in.
    pub(crate) async fn deny(&self, user: Option<&User>, origin: &Origin) -> Result<(), AuthError> {
        Ok(self.store().record(&self.denial(user, origin).trail()).await?)
    }

    /// The same of a sign-in by a password, whose user is reminded, where it was the right one, that an address is
    /// verified first. A worker decides whether there is anything to be done: who has made an account for the address
    /// of somebody else would learn by the time, and by what the limits of mail have left, whether there was one.
    async fn refuse(&self, user: Option<&User>, is_right: bool, origin: &Origin) -> Result<(), AuthError> {
        let email = user.map_or_else(EmailAddress::nobodys, |user| user.email.clone());
        let asked = Asked::new(self, email, link_token(), What::Refused { is_right });
        let record = self.denial(user, origin).job(self.sealed_request(&asked).await?)?;
        Ok(self.store().record(&record.trail()).await?)
    }

    /// That somebody was not let in.
    pub(crate) fn denial(&self, user: Option<&User>, origin: &Origin) -> Record<'_> {
        let entry = gravity_core::audit::AuditEntry::new("auth.sign_in").outcome(Outcome::Denied);
        let entry = match user {
            Some(user) => entry.on("user", user.id),
            None => entry,
        };
        self.record(origin).audit(entry)
    }

    /// Begins a session of somebody who has shown who they are, together with other changes: every sign-in comes
    /// through here. Who has a second factor, and has not shown it, is asked for it.
    pub(crate) async fn begin(
        &self,
        user: User,
        methods: Vec<Method>,
        password: Option<SecretString>,
        changes: Vec<Change>,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        self.begin_on(None, user, methods, password, changes, origin).await
    }

    pub(crate) async fn begin_on(
        &self,
        device: Option<&str>,
        user: User,
        methods: Vec<Method>,
        password: Option<SecretString>,
        changes: Vec<Change>,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        let open = self.open_factors(user.id).await?;
        if open.is_empty() || methods.contains(&Method::Mfa) || self.is_remembered(user.id, device).await? {
            return self.start(user, methods, password, changes, self.record(origin), origin).await;
        }
        let pending = self.wait(&user, &methods, password, changes, open, origin).await?;
        Err(AuthError::SecondFactorRequired(Box::new(pending)))
    }

    /// Begins a session of somebody who has shown everything that is asked of them.
    pub(crate) async fn start(
        &self,
        mut user: User,
        methods: Vec<Method>,
        password: Option<SecretString>,
        mut changes: Vec<Change>,
        record: Record<'_>,
        origin: &Origin,
    ) -> Result<SignedIn, AuthError> {
        if let Err(refusal) = self.hooks().before_sign_in(&user, &methods, origin).await {
            self.deny(Some(&user), origin).await?;
            return Err(refusal.into());
        }
        let session = self.new_session(&user, methods, origin);
        if changes.iter().any(|change| matches!(change, Change::VerifyEmail { .. })) {
            user.email_verified_at.get_or_insert(session.created_at);
        }
        let signed_in =
            events::SignedIn { id: user.id, session: session.id, methods: session.methods.clone() };
        let trail = record
            .by(user.id)
            .event(user.id, signed_in)?
            .audit(on_user("auth.sign_in", user.id).extra("session", session.id.to_string()))
            .trail();
        let most = self.0.config.settings.sessions.most;
        changes.push(Change::StartSession { session: session.clone(), password, most });
        match self.store().apply(&changes, &trail).await {
            Ok(()) => {}
            // Suspended, or given another password, while the old one was checked.
            Err(Refused::Stale) => return Err(AuthError::InvalidCredentials),
            Err(error) => return Err(error.into()),
        }
        self.hooks().after_sign_in(&user, &session).await;
        self.tokens(user, session).await
    }

    pub(crate) fn new_session(&self, user: &User, methods: Vec<Method>, origin: &Origin) -> Session {
        let (config, now) = (&self.0.config, self.now());
        let expires_at = now.saturating_add(config.absolute());
        Session {
            id: Id::new(self.clock()),
            user: user.id,
            seed: RefreshTokens::seed(),
            generation: 0,
            refreshed_at: now,
            methods,
            client: client_of(origin),
            proved_at: now,
            created_at: now,
            idle_until: now.saturating_add(config.idle()).min(expires_at),
            expires_at,
            bound_to: None,
            ended: None,
        }
    }
}

impl User {
    /// Whether they may sign in by a password or a passkey: they are active and, unless they were let in at once, have shown
    /// that their address is theirs.
    pub(crate) fn is_let_in(&self, sign_up: SignUp) -> bool {
        is_active(self) && (sign_up == SignUp::Immediate || self.email_verified_at.is_some())
    }
}

/// What a request tells of the device.
pub(crate) fn client_of(origin: &Origin) -> Client {
    Client {
        name: None,
        address: origin.address.map(|address| address.to_canonical().to_string()),
        user_agent: origin.user_agent.clone(),
    }
}
