//! [`Role`]: what those may do who have it.

use std::collections::BTreeSet;

use gravity_core::Grants;

use super::RoleName;

/// What those may do who have it: what it grants, and what the role grants that it builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What it is called.
    pub name: RoleName,
    /// What it grants by itself.
    pub grants: Grants,
    /// The role whose grants it has too.
    pub inherits: Option<RoleName>,
}

impl Role {
    /// Whether it is there from the start: it can be changed, and not taken away.
    pub fn is_built_in(name: &RoleName) -> bool {
        [RoleName::SUPER_ADMIN, RoleName::ADMIN, RoleName::MANAGER, RoleName::CUSTOMER].contains(name)
    }

    /// The roles that are there from the start.
    pub fn built_in() -> Vec<Self> {
        let role = |name: RoleName, grants: &str, inherits: Option<RoleName>| {
            // The texts are constants, and read by a test.
            Self { name, grants: grants.parse().unwrap_or_default(), inherits }
        };
        vec![
            role(RoleName::SUPER_ADMIN, "*", None),
            role(
                RoleName::ADMIN,
                "users:read/write/delete orders:read/write products:read/write",
                Some(RoleName::MANAGER),
            ),
            role(RoleName::MANAGER, "users:read orders:read/write products:read", Some(RoleName::CUSTOMER)),
            role(RoleName::CUSTOMER, "profile:read/write orders:read", None),
        ]
    }

    /// All that a role grants, by these roles; nothing if it is not among them. Roles that build on each other in a
    /// circle grant what they grant together.
    pub fn grants_of(name: &RoleName, roles: &[Self]) -> Grants {
        let (mut grants, mut seen, mut next) = (Grants::none(), BTreeSet::new(), Some(name));
        while let Some(name) = next
            && seen.insert(name)
            && let Some(role) = roles.iter().find(|role| role.name == *name)
        {
            grants.extend(role.grants.iter().cloned());
            next = role.inherits.as_ref();
        }
        grants
    }
}

#[cfg(test)]
mod tests {
    use gravity_core::Permission;

    use super::*;

    fn allows(role: &RoleName, permission: &'static str) -> bool {
        Role::grants_of(role, &Role::built_in()).covers(Permission::new(permission))
    }

    #[test]
    fn each_role_may_what_it_shall() {
        assert!(allows(&RoleName::SUPER_ADMIN, "anything:else"));
        assert!(allows(&RoleName::ADMIN, "users:delete") && !allows(&RoleName::MANAGER, "users:write"));
        assert!(allows(&RoleName::MANAGER, "profile:write"), "it builds on what everybody may");
        assert!(!allows(&RoleName::CUSTOMER, "orders:write") && allows(&RoleName::CUSTOMER, "orders:read"));
        assert!(Role::grants_of(&"nobody".parse().unwrap(), &Role::built_in()).is_empty());
    }

    /// What the platform promises to its services, letter by letter.
    #[test]
    fn the_built_in_roles_are_these() {
        let all: Vec<_> = Role::built_in()
            .into_iter()
            .map(|role| (role.name.to_string(), role.grants, role.inherits.map(|name| name.to_string())))
            .collect();
        let row = |name: &str, grants: &str, inherits: Option<&str>| {
            (name.to_owned(), grants.parse().unwrap(), inherits.map(str::to_owned))
        };
        let admin =
            "users:read users:write users:delete orders:read orders:write products:read products:write";
        assert_eq!(
            all,
            [
                row("super_admin", "*", None),
                row("admin", admin, Some("manager")),
                row("manager", "users:read orders:read orders:write products:read", Some("customer")),
                row("customer", "profile:read profile:write orders:read", None),
            ]
        );
        assert!(Role::built_in().iter().all(|role| Role::is_built_in(&role.name)));
    }

    #[test]
    fn a_circle_ends() {
        let role = |name: &str, grants: &str, inherits: &str| Role {
            name: name.parse().unwrap(),
            grants: grants.parse().unwrap(),
            inherits: Some(inherits.parse().unwrap()),
        };
        let roles = [role("a", "x:y", "b"), role("b", "y:z", "a")];
        assert_eq!(Role::grants_of(&roles[0].name, &roles), "x:y y:z".parse().unwrap());
    }
}
