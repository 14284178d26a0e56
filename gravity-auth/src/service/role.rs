//! Roles: made, changed, and taken away. Nobody makes what they do not hold.

use gravity_core::audit::{AuditEntry, Origin};
use gravity_core::validate::Faults;
use gravity_core::{Grants, Permission};
use serde_json::{Value, json};

use super::authority::Authority;
use crate::domain::{Role, RoleName};
use crate::events::{RoleChanged, RoleCreated, RoleDeleted};
use crate::store::{Change, Refused, RoleChange};
use crate::{Auth, AuthError};

/// To see roles.
pub const ROLES_READ: Permission = Permission::new("roles:read");
/// To make, change and delete roles.
pub const ROLES_WRITE: Permission = Permission::new("roles:write");

impl Auth {
    /// A role.
    pub async fn role(&self, name: &RoleName) -> Result<Role, AuthError> {
        let roles = self.store().roles().await?;
        roles.into_iter().find(|role| role.name == *name).ok_or(AuthError::RoleNotFound)
    }

    /// Makes a role. All that it grants, by itself and by what it builds on, the caller must hold.
    pub async fn create_role(&self, by: &Authority, role: Role, origin: &Origin) -> Result<Role, AuthError> {
        by.caller.in_person()?;
        by.demand(ROLES_WRITE)?;
        let mut roles = self.store().roles().await?;
        check_parent(&role, &roles)?;
        roles.push(role.clone());
        let acts = self.gives(by, [Role::grants_of(&role.name, &roles)]).await?;
        let entry = on_role("role.created", &role.name).made(shown(&role));
        let told = RoleCreated { name: role.name.clone(), grants: role.grants.clone() };
        let trail = self.record(origin).event(by.caller.user, told)?.audit(entry).trail();
        self.change_roles(acts, RoleChange::Add(role.clone()), &trail).await?;
        Ok(role)
    }

    /// Changes what a role grants, and what it builds on. All that it granted and will grant the caller must hold. Super
    /// admins stay what they are.
    pub async fn change_role(
        &self,
        by: &Authority,
        name: &RoleName,
        grants: Option<Grants>,
        inherits: Option<Option<RoleName>>,
        origin: &Origin,
    ) -> Result<Role, AuthError> {
        by.caller.in_person()?;
        by.demand(ROLES_WRITE)?;
        let mut roles = self.store().roles().await?;
        let from = roles.iter().find(|role| role.name == *name).cloned().ok_or(AuthError::RoleNotFound)?;
        if *name == RoleName::SUPER_ADMIN {
            return Err(AuthError::RoleProtected);
        }
        let had = Role::grants_of(name, &roles);
        by.demand_all(&had)?;
        let to = Role {
            name: name.clone(),
            grants: grants.unwrap_or_else(|| from.grants.clone()),
            inherits: inherits.unwrap_or_else(|| from.inherits.clone()),
        };
        check_parent(&to, &roles)?;
        roles.retain(|role| role.name != *name);
        roles.push(to.clone());
        let acts = self.gives(by, [had, Role::grants_of(name, &roles)]).await?;
        let entry = on_role("role.changed", name).change(shown(&from), shown(&to));
        let told = RoleChanged { name: name.clone(), grants: to.grants.clone() };
        let trail = self.record(origin).event(by.caller.user, told)?.audit(entry).trail();
        self.change_roles(acts, RoleChange::Update { from, to: to.clone() }, &trail).await?;
        Ok(to)
    }

    /// Deletes a role that nothing builds on. Who has it gets another; if none is named, nobody may have it.
    pub async fn delete_role(
        &self,
        by: &Authority,
        name: &RoleName,
        instead: Option<RoleName>,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        by.caller.in_person()?;
        by.demand(ROLES_WRITE)?;
        let roles = self.store().roles().await?;
        let role = roles.iter().find(|role| role.name == *name).ok_or(AuthError::RoleNotFound)?;
        if Role::is_built_in(name) {
            return Err(AuthError::RoleProtected);
        }
        let had = Role::grants_of(name, &roles);
        let mut given = Grants::none();
        if let Some(instead) = &instead {
            if !roles.iter().any(|role| role.name == *instead) || instead == name {
                return Err(AuthError::Invalid(Faults::one("/instead", "unknown", "is no other role")));
            }
            given = Role::grants_of(instead, &roles);
        }
        let acts = self.gives(by, [had, given]).await?;
        let entry = on_role("role.deleted", name).removed(shown(role));
        let told = RoleDeleted { name: name.clone(), instead: instead.clone() };
        let trail = self.record(origin).event(by.caller.user, told)?.audit(entry).trail();
        let remove = RoleChange::Remove { name: name.clone(), instead, at: self.now() };
        self.change_roles(acts, remove, &trail).await?;
        self.catch_up().await
    }

    /// Refuses who does not hold all of this and [`ROLES_WRITE`], now. What comes back is to be among the changes: a role
    /// outlives the token of who has made it.
    async fn gives<const N: usize>(&self, by: &Authority, grants: [Grants; N]) -> Result<Change, AuthError> {
        let wanted = grants.iter().flat_map(Grants::iter).cloned().chain([ROLES_WRITE.into()]).collect();
        let own = self.covers(by, &wanted).await?;
        Ok(Change::Holds { user: own.id, role: own.role })
    }

    async fn change_roles(
        &self,
        acts: Change,
        change: RoleChange,
        trail: &crate::store::Trail,
    ) -> Result<(), AuthError> {
        let changed = self.store().apply(&[acts, Change::Role(change)], trail).await;
        // Here they are read again at once, whoever was faster.
        self.0.roles.forget();
        changed.map_err(|refused| match refused {
            Refused::Exists => AuthError::RoleTaken,
            Refused::InUse => AuthError::RoleInUse,
            Refused::Circle => {
                AuthError::Invalid(Faults::one("/inherits", "circle", "builds on this role itself"))
            }
            refused => refused.into(),
        })
    }
}

fn check_parent(role: &Role, roles: &[Role]) -> Result<(), AuthError> {
    let Some(parent) = &role.inherits else { return Ok(()) };
    if roles.iter().any(|role| role.name == *parent) {
        return Ok(());
    }
    Err(AuthError::Invalid(Faults::one("/inherits", "unknown", "is no role")))
}

fn on_role(action: &str, name: &RoleName) -> AuditEntry {
    AuditEntry::new(action).on("role", name)
}

fn shown(role: &Role) -> Value {
    json!({ "name": role.name, "grants": role.grants, "inherits": role.inherits })
}
