//! [`SigningUp`].

use gravity_core::audit::Origin;

use crate::domain::{EmailAddress, PersonName, RoleName, User, UserName};

/// Somebody who signs up: what they have said of themselves, which a hook may change, all but the address.
#[derive(Debug)]
pub struct SigningUp<'a> {
    user: &'a mut User,
    /// Where the request comes from.
    pub origin: &'a Origin,
}

impl<'a> SigningUp<'a> {
    pub(crate) fn new(user: &'a mut User, origin: &'a Origin) -> Self {
        Self { user, origin }
    }

    /// Their address. Nobody knows yet whether it is theirs.
    pub fn email(&self) -> &EmailAddress {
        &self.user.email
    }

    /// The name by which others shall know them.
    pub fn user_name(&mut self) -> &mut Option<UserName> {
        &mut self.user.user_name
    }

    /// Their first name.
    pub fn first_name(&mut self) -> &mut Option<PersonName> {
        &mut self.user.first_name
    }

    /// Their last name.
    pub fn last_name(&mut self) -> &mut Option<PersonName> {
        &mut self.user.last_name
    }

    /// What they may do: `customer` unless a hook says otherwise. It must be a role that there is. Whoever decides by the
    /// address gives away what it decides before the address is shown to be theirs: they sign in only afterwards, unless
    /// people are let in [at once](crate::SignUp::Immediate).
    pub fn role(&mut self) -> &mut RoleName {
        &mut self.user.role
    }
}
