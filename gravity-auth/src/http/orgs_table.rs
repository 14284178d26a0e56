//! The routes of API keys, accounts of programs, roles and organisations, below `/api/v1`.

use gravity_core::http::{Routes, SIGNED_IN, delete, get, patch, post};

use super::{api_keys, impersonate, orgs, roles};
use crate::Auth;
use crate::service::{API_KEYS_MANAGE, ROLES_READ, ROLES_WRITE, USERS_IMPERSONATE};

#[rustfmt::skip]
pub(super) fn group() -> Routes<Auth> {
    Routes::new()
        .route(post("/api-keys", "createApiKey").allow(SIGNED_IN).tag("API keys").about("Makes an API key").to(api_keys::create))
        .route(get("/api-keys", "listApiKeys").allow(SIGNED_IN).tag("API keys").about("Lists API keys").to(api_keys::list))
        .route(get("/api-keys/{key}", "getApiKey").allow(SIGNED_IN).tag("API keys").about("Shows an API key").to(api_keys::show))
        .route(patch("/api-keys/{key}", "changeApiKey").allow(SIGNED_IN).tag("API keys").about("Changes an API key").to(api_keys::change))
        .route(delete("/api-keys/{key}", "deleteApiKey").allow(SIGNED_IN).tag("API keys").about("Takes an API key back").to(api_keys::delete))
        .route(post("/api-keys/{key}/rotate", "rotateApiKey").allow(SIGNED_IN).tag("API keys").about("Gives an API key another secret").to(api_keys::rotate))
        .route(post("/service-accounts", "createServiceAccount").allow(API_KEYS_MANAGE).tag("API keys").about("Makes a program's account").to(api_keys::create_account))
        .route(get("/service-accounts", "listServiceAccounts").allow(API_KEYS_MANAGE).tag("API keys").about("Lists the accounts of programs").to(api_keys::list_accounts))
        .route(delete("/service-accounts/{user}", "deleteServiceAccount").allow(API_KEYS_MANAGE).tag("API keys").about("Deletes a program's account and its keys").to(api_keys::delete_account))
        .route(get("/roles", "listRoles").allow(ROLES_READ).tag("roles").about("Lists roles").to(roles::list))
        .route(post("/roles", "createRole").allow(ROLES_WRITE).tag("roles").about("Makes a role").to(roles::create))
        .route(get("/roles/{role}", "getRole").allow(ROLES_READ).tag("roles").about("Shows a role").to(roles::show))
        .route(patch("/roles/{role}", "changeRole").allow(ROLES_WRITE).tag("roles").about("Changes a role").to(roles::change))
        .route(delete("/roles/{role}", "deleteRole").allow(ROLES_WRITE).tag("roles").about("Deletes a role").to(roles::delete))
        .route(post("/users/{user}/impersonate", "impersonate").allow(USERS_IMPERSONATE).tag("users").about("Begins to act in the name of a user").to(impersonate::begin))
        .route(post("/organisations", "createOrganisation").allow(SIGNED_IN).tag("organisations").about("Makes an organisation").to(orgs::create))
        .route(get("/organisations", "listOrganisations").allow(SIGNED_IN).tag("organisations").about("Lists the caller's organisations").to(orgs::list))
        .route(get("/organisations/{org}", "getOrganisation").allow(SIGNED_IN).tag("organisations").about("Shows an organisation").to(orgs::show))
        .route(patch("/organisations/{org}", "renameOrganisation").allow(SIGNED_IN).tag("organisations").about("Renames an organisation").to(orgs::rename))
        .route(delete("/organisations/{org}", "deleteOrganisation").allow(SIGNED_IN).tag("organisations").about("Deletes an organisation").to(orgs::delete))
        .route(get("/organisations/{org}/members", "listMembers").allow(SIGNED_IN).tag("organisations").about("Lists the members of an organisation").to(orgs::members))
        .route(patch("/organisations/{org}/members/{user}", "changeMember").allow(SIGNED_IN).tag("organisations").about("Gives a member another role").to(orgs::set_member))
        .route(delete("/organisations/{org}/members/{user}", "removeMember").allow(SIGNED_IN).tag("organisations").about("Takes a member out, or leaves").to(orgs::remove_member))
        .route(post("/organisations/{org}/invitations", "invite").allow(SIGNED_IN).tag("organisations").about("Invites whoever has an address").to(orgs::invite))
        .route(get("/organisations/{org}/invitations", "listInvitations").allow(SIGNED_IN).tag("organisations").about("Lists open invitations").to(orgs::invitations))
        .route(delete("/organisations/{org}/invitations/{invitation}", "withdrawInvitation").allow(SIGNED_IN).tag("organisations").about("Takes an invitation back").to(orgs::withdraw))
        .route(post("/invitations/accept", "acceptInvitation").allow(SIGNED_IN).tag("organisations").about("Joins an organisation by an invitation").to(orgs::accept))
}
