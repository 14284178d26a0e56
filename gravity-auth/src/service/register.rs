//! Signing up.

use gravity_core::audit::Origin;
use gravity_core::{Error, Id, SecretString};

use super::address::check_reach;
use super::outbox::{Asked, Letter, What, link_token};
use super::record::on_user;
use super::tokens::SignedIn;
use crate::domain::{EmailAddress, Method, PersonName, RoleName, User, UserName};
use crate::events::UserRegistered;
use crate::hooks::{Hooks as _, SigningUp};
use crate::settings::SignUp;
use crate::store::Change;
use crate::{Auth, AuthError};

/// Somebody who wants an account.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Where mail reaches them.
    pub email: EmailAddress,
    /// The password that they want.
    pub password: SecretString,
    /// The name by which others shall know them.
    pub user_name: Option<UserName>,
    /// Their first name.
    pub first_name: Option<PersonName>,
    /// Their last name.
    pub last_name: Option<PersonName>,
}

/// What became of it.
#[derive(Debug, Clone)]
pub enum Registered {
    /// They get mail, and sign in after having followed its link. That is all that can be told.
    MailComes,
    /// They are signed in.
    SignedIn(Box<SignedIn>),
}

impl Auth {
    /// Signs somebody up, in the way that the settings say.
    pub async fn register(&self, new: Registration, origin: &Origin) -> Result<Registered, AuthError> {
        let sign_up = self.0.config.settings.sign_up;
        if sign_up == SignUp::Closed {
            return Err(AuthError::SignUpClosed);
        }
        check_reach(&new.email)?;
        self.request(new.email.key(), origin).await?;
        // User names are seen by everybody, so that it is no secret which are taken.
        if let Some(name) = &new.user_name
            && self.store().by_user_name(name).await?.is_some()
        {
            return Err(AuthError::UserNameTaken);
        }
        self.check_password(&new.password, &new.about()).await?;
        let hash = SecretString::new(self.0.hasher.hash(new.password.clone()).await?);
        let mut user = self.new_user(new);
        self.before_sign_up(&mut user, origin).await?;
        if sign_up == SignUp::Immediate {
            return self.register_at_once(user, hash, origin).await;
        }
        let what = What::Register { user: Box::new(user.clone()), password: hash.expose().clone() };
        self.ask(Asked::new(self, user.email, link_token(), what), origin).await?;
        Ok(Registered::MailComes)
    }

    /// What the application says of somebody who signs up.
    pub(crate) async fn before_sign_up(&self, user: &mut User, origin: &Origin) -> Result<(), AuthError> {
        self.hooks().before_sign_up(&mut SigningUp::new(user, origin)).await?;
        if user.role != RoleName::CUSTOMER {
            self.check_role(&user.role)
                .await
                .map_err(|_| Error::internal("a hook gives a role that there is not"))?;
        }
        Ok(())
    }

    async fn register_at_once(
        &self,
        user: User,
        hash: SecretString,
        origin: &Origin,
    ) -> Result<Registered, AuthError> {
        let token = link_token();
        let ticket = self.ticket(Id::new(self.clock()), &user, crate::domain::Purpose::VerifyEmail, &token);
        let letter = Letter::VerifyEmail { token };
        let trail = self
            .registered(&user, origin)?
            .job(self.letter(ticket.id.to_string(), &user.email, letter).await?)?
            .trail();
        let add = Change::AddUser { user: user.clone(), password: Some(hash.clone()) };
        self.store().apply(&[add, Change::IssueTicket(ticket)], &trail).await?;
        self.hooks().after_sign_up(&user).await;
        let signed_in = self.begin(user, vec![Method::Pwd], Some(hash), Vec::new(), origin).await?;
        Ok(Registered::SignedIn(Box::new(signed_in)))
    }

    /// What is told of a new user.
    pub(crate) fn registered(
        &self,
        user: &User,
        origin: &Origin,
    ) -> Result<super::record::Record<'_>, AuthError> {
        let User { id, email, role, .. } = user.clone();
        let record = self.record(origin).by(id).event(id, UserRegistered { id, email, role })?;
        Ok(record.audit(on_user("user.registered", id).made(user)))
    }

    pub(crate) fn new_user(&self, new: Registration) -> User {
        User {
            user_name: new.user_name,
            first_name: new.first_name,
            last_name: new.last_name,
            ..User::new(Id::new(self.clock()), new.email, RoleName::CUSTOMER, self.now())
        }
    }
}

impl Registration {
    /// What everybody knows of them, which makes no password.
    pub(crate) fn about(&self) -> Vec<&str> {
        let names = [&self.first_name, &self.last_name].into_iter().flatten().map(PersonName::as_str);
        let user_name = self.user_name.iter().map(UserName::as_str);
        std::iter::once(self.email.as_str()).chain(user_name).chain(names).collect()
    }
}
