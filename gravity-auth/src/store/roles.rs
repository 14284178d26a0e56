//! Roles: what may happen to them, and how they are read.

use async_trait::async_trait;
use gravity_core::{Error, Timestamp};

use super::Refused;
use crate::domain::{Role, RoleName, UserId};

/// How many roles there are at most.
const MOST: usize = 1_000;

/// Something that happens to a role. Changes of roles come one after the other: of two that together would make
/// roles build on each other in a circle, the second is refused.
#[derive(Debug, Clone)]
pub enum RoleChange {
    /// There is a new role. Nothing must have its name: [`Exists`](Refused::Exists). What it builds on must be there,
    /// and no more than 1,000 in all, for every node keeps them at hand: [`TooMany`](Refused::TooMany).
    Add(Role),
    /// A role grants something else, or builds on another. It must be as it was; what it builds on must be there and
    /// not build on it: [`Circle`](Refused::Circle).
    Update {
        /// The role as it was.
        from: Role,
        /// The role as it is to be. Its name stays.
        to: Role,
    },
    /// A role is gone. Nothing may build on it: [`InUse`](Refused::InUse). Who has it gets another that is there; if
    /// none is named nobody may have it, [`InUse`](Refused::InUse) again.
    Remove {
        /// Which one.
        name: RoleName,
        /// What those get who have it.
        instead: Option<RoleName>,
        /// When.
        at: Timestamp,
    },
}

impl RoleChange {
    /// Makes the change in a list of all roles, or says why not. Who has a role is not looked at.
    pub fn make(&self, roles: &mut Vec<Role>) -> Result<(), Refused> {
        match self {
            Self::Add(role) if roles.iter().any(|other| other.name == role.name) => Err(Refused::Exists),
            Self::Add(_) if roles.len() >= MOST => Err(Refused::TooMany),
            Self::Add(role) => {
                roles.push(role.clone());
                check(role, roles)
            }
            Self::Update { from, to } => {
                let found = roles.iter_mut().find(|role| *role == from && to.name == from.name);
                *found.ok_or(Refused::Stale)? = to.clone();
                check(to, roles)
            }
            Self::Remove { name, instead, .. } => {
                let before = roles.len();
                roles.retain(|role| role.name != *name);
                let is_known = |wanted: &RoleName| roles.iter().any(|role| role.name == *wanted);
                if roles.len() == before || instead.as_ref().is_some_and(|role| !is_known(role)) {
                    return Err(Refused::Stale);
                }
                let is_built_on = roles.iter().any(|role| role.inherits.as_ref() == Some(name));
                if is_built_on { Err(Refused::InUse) } else { Ok(()) }
            }
        }
    }
}

/// Whether what a role builds on is there, down to the ground.
fn check(role: &Role, roles: &[Role]) -> Result<(), Refused> {
    let mut next = role.inherits.as_ref();
    for _ in 0..roles.len() {
        let Some(name) = next else { return Ok(()) };
        next = roles.iter().find(|role| role.name == *name).ok_or(Refused::Stale)?.inherits.as_ref();
    }
    if next.is_some() { Err(Refused::Circle) } else { Ok(()) }
}

/// Reads roles.
#[async_trait]
pub trait RoleStore: Send + Sync + 'static {
    /// All roles, in the order of their names.
    async fn roles(&self) -> Result<Vec<Role>, Error>;

    /// Whose role changed at a time or later, which they have now, and when it last changed; the earliest first, then
    /// by id, at most so many. Of those whose changed at that very time, only who come after a user, if one is named.
    async fn reassigned_since(
        &self,
        since: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, RoleName, Timestamp)>, Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str, inherits: Option<&str>) -> Role {
        let inherits = inherits.map(|name| name.parse().unwrap());
        Role { name: name.parse().unwrap(), grants: "x:y".parse().unwrap(), inherits }
    }

    #[test]
    fn roles_build_on_the_ground() {
        let mut roles = vec![role("a", None), role("b", Some("a"))];
        let update = |from: Role, to: Role| RoleChange::Update { from, to };
        let circle = update(role("a", None), role("a", Some("b")));
        assert!(matches!(circle.make(&mut roles.clone()), Err(Refused::Circle)));
        let itself = update(role("a", None), role("a", Some("a")));
        assert!(matches!(itself.make(&mut roles.clone()), Err(Refused::Circle)));
        let nothing = RoleChange::Add(role("c", Some("d")));
        assert!(matches!(nothing.make(&mut roles.clone()), Err(Refused::Stale)));
        let stale = update(role("b", None), role("b", None));
        assert!(matches!(stale.make(&mut roles.clone()), Err(Refused::Stale)));
        RoleChange::Add(role("c", Some("b"))).make(&mut roles).unwrap();
        assert!(matches!(RoleChange::Add(role("c", None)).make(&mut roles), Err(Refused::Exists)));
        roles.extend((roles.len()..MOST).map(|number| role(&format!("r{number}"), None)));
        assert!(matches!(RoleChange::Add(role("d", None)).make(&mut roles), Err(Refused::TooMany)));
    }
}
