//! [`Principal`]: who calls, and what they may do.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::permission::{Grants, Permission, covers};
use crate::subject::Subject;

/// Who calls: found out at the edge, and handed to whoever decides.
///
/// ```
/// use gravity_core::{Grants, Permission, Principal, Subject};
///
/// let admin = Principal::new(Subject::from(1)).with_permissions(Grants::all());
/// assert!(admin.allows(Permission::new("notes:write")));
///
/// // The same person with a token that may only read.
/// let token = admin.with_scopes(["notes:read"]);
/// assert!(token.allows(Permission::new("notes:read")));
/// assert!(!token.allows(Permission::new("notes:write")));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    subject: Subject,
    roles: BTreeSet<String>,
    permissions: Grants,
    scopes: Option<BTreeSet<String>>,
    credential: Option<String>,
    claims: Map<String, Value>,
}

impl Principal {
    /// A caller of whom nothing but the name is known, and who may do nothing that asks for a
    /// permission.
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            roles: BTreeSet::new(),
            permissions: Grants::none(),
            scopes: None,
            credential: None,
            claims: Map::new(),
        }
    }

    /// The roles the caller has, instead of those set before. A role by itself permits nothing.
    pub fn with_roles(mut self, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// What the caller may do, instead of what was set before.
    pub fn with_permissions(mut self, permissions: Grants) -> Self {
        self.permissions = permissions;
        self
    }

    /// Limits the caller to these scopes, instead of those set before. An empty list permits nothing.
    ///
    /// A scope has the text of a grant, and then permits what it covers as far as the caller's
    /// permissions do; or any other text, such as `openid`, and then permits nothing by itself.
    pub fn with_scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// The id of the session, token or key that the caller showed.
    pub fn with_credential(mut self, id: impl Into<String>) -> Self {
        self.credential = Some(id.into());
        self
    }

    /// Anything else that is known of the caller, by name.
    pub fn with_claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Whether the caller may do this: the permissions cover it and the scopes, if any are set, do so
    /// too.
    pub fn allows(&self, permission: Permission) -> bool {
        self.permissions.covers(permission)
            && self
                .scopes
                .as_ref()
                .is_none_or(|scopes| scopes.iter().any(|scope| covers(scope, permission.as_str())))
    }

    /// Who the caller is.
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Whether the caller has the role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.contains(role)
    }

    /// The roles the caller has, in the order of their text.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(String::as_str)
    }

    /// What the caller may do, before scopes narrow it. To decide, ask [`allows`](Self::allows).
    pub const fn permissions(&self) -> &Grants {
        &self.permissions
    }

    /// The scopes the caller is limited to; `None` for no limit.
    pub fn scopes(&self) -> Option<impl Iterator<Item = &str>> {
        Some(self.scopes.as_ref()?.iter().map(String::as_str))
    }

    /// The id of the session, token or key that the caller showed.
    pub fn credential(&self) -> Option<&str> {
        self.credential.as_deref()
    }

    /// Something else that is known of the caller.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Permission = Permission::new("notes:read");
    const WRITE: Permission = Permission::new("notes:write");

    fn caller(grants: &str) -> Principal {
        Principal::new(Subject::from(1)).with_permissions(grants.parse().unwrap())
    }

    #[test]
    fn scopes_narrow_and_never_widen() {
        assert!(caller("notes:read").allows(READ));
        assert!(!caller("notes:read").allows(WRITE));
        assert!(!caller("notes:read").with_scopes(["*"]).allows(WRITE));
        assert!(caller("*").with_scopes(["notes:*"]).allows(WRITE));
        assert!(!caller("*").with_scopes(["notes:*"]).allows(Permission::ALL));
        assert!(!caller("*").with_scopes(["openid", "profile"]).allows(READ));
        assert!(!caller("*").with_scopes(Vec::<String>::new()).allows(READ));
        assert!(!caller("*").with_scopes([":*", "", "notes"]).allows(READ));
    }

    #[test]
    fn a_role_by_itself_permits_nothing() {
        let caller = Principal::new(Subject::from(1)).with_roles(["admin"]);
        assert!(caller.has_role("admin"));
        assert!(!caller.allows(READ));
    }

    #[test]
    fn keeps_what_else_is_known() {
        let caller = caller("*").with_credential("session_1").with_claim("tenant", "acme");
        assert_eq!(caller.credential(), Some("session_1"));
        assert_eq!(caller.claim("tenant"), Some(&Value::from("acme")));
        assert_eq!(caller.claim("other"), None);
        assert!(caller.scopes().is_none());
    }
}
