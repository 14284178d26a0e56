//! The routes below `/api/v1/users`.

use gravity_core::http::{PUBLIC, Routes, SIGNED_IN, delete, get, patch, post, put};

use super::{follows, people};
use crate::Auth;
use crate::ports::Picture;
use crate::service::{USERS_DELETE, USERS_READ, USERS_WRITE};

/// What a form has beside the picture.
const FORM: u64 = 16 * 1024;

/// In `{id}` stands an id, or `me`. Routes for whoever is signed in check whom they are about by themselves:
/// oneself, or somebody for whom the caller has the permission.
#[rustfmt::skip]
pub(super) fn people() -> Routes<Auth> {
    let picture = Picture::MAX_BYTES as u64 + FORM;
    let mut routes = Routes::new()
        .route(get("/", "listUsers").allow(USERS_READ).tag("users").about("Lists and finds users").to(people::list))
        .route(post("/", "createUser").allow(USERS_WRITE).tag("users").about("Makes a user, who gets mail").to(people::create))
        .route(get("/search", "searchUsers").allow(PUBLIC).tag("users").about("Finds people who show themselves").to(follows::search))
        .route(get("/me", "showMe").allow(SIGNED_IN).tag("users").about("Shows oneself").to(people::me))
        .route(patch("/me", "editMe").allow(SIGNED_IN).tag("users").about("Changes one's names and profile").to(people::edit_me))
        .route(put("/me", "putMe").allow(SIGNED_IN).tag("users").about("Changes one's names and profile, as `PATCH` does").to(people::edit_me))
        .route(delete("/me", "deleteMe").allow(SIGNED_IN).tag("users").about("Deletes one's account, by the password or a sign-in just now").to(people::delete_me))
        .route(get("/me/follow-requests", "listFollowRequests").allow(SIGNED_IN).tag("users").about("Lists who asks to follow").to(follows::requests))
        .route(post("/me/follow-requests/{follower}", "acceptFollower").allow(SIGNED_IN).tag("users").about("Lets somebody follow").to(follows::accept))
        .route(delete("/me/followers/{follower}", "removeFollower").allow(SIGNED_IN).tag("users").about("Lets somebody follow no more").to(follows::remove))
        .route(get("/{id}", "showUser").allow(PUBLIC).tag("users").about("Shows a user, as far as they show themselves").to(people::show))
        .route(patch("/{id}", "editUser").allow(SIGNED_IN).tag("users").about("Changes names and profile").to(people::edit))
        .route(put("/{id}", "putUser").allow(SIGNED_IN).tag("users").about("Changes names and profile, as `PATCH` does").to(people::edit))
        .route(delete("/{id}", "deleteUser").allow(USERS_DELETE).tag("users").about("Deletes a user, who can be restored for a while").to(people::delete))
        .route(post("/{id}/restore", "restoreUser").allow(USERS_DELETE).tag("users").about("Restores a deleted user").to(people::restore))
        .route(post("/{id}/suspend", "suspendUser").allow(USERS_WRITE).tag("users").about("Suspends a user").to(people::suspend))
        .route(post("/{id}/unsuspend", "unsuspendUser").allow(USERS_WRITE).tag("users").about("Lets a suspended user in again").to(people::unsuspend))
        .route(post("/{id}/require-password-change", "requirePasswordChange").allow(USERS_WRITE).tag("users").about("Has a user set a new password").to(people::demand_password))
        .route(delete("/{id}/second-factors", "resetSecondFactors").allow(USERS_WRITE).tag("users").about("Takes the second factors of somebody away who has lost them").to(people::reset_second_factors))
        .route(put("/{id}/role", "setRole").allow(USERS_WRITE).tag("users").about("Gives a user another role").to(people::set_role))
        .route(get("/{id}/sessions", "listUserSessions").allow(SIGNED_IN).tag("users").about("Lists a user's sessions").to(people::sessions))
        .route(delete("/{id}/sessions/{session}", "endUserSession").allow(SIGNED_IN).tag("users").about("Ends a user's session").to(people::end_session))
        .route(get("/{id}/preferences", "showPreferences").allow(SIGNED_IN).tag("users").about("Shows what a user likes").to(people::preferences))
        .route(patch("/{id}/preferences", "editPreferences").allow(SIGNED_IN).tag("users").about("Changes what a user likes, and who sees them").to(people::edit_preferences))
        .route(get("/{id}/export", "exportUser").allow(SIGNED_IN).tag("users").about("Exports what is kept of a user").to(people::export))
        .route(get("/{id}/avatar", "showAvatar").allow(PUBLIC).tag("users").about("Shows a user's picture").to(follows::avatar))
        .route(post("/{id}/avatar", "setAvatar").allow(SIGNED_IN).tag("users").about("Gives a user a picture").limit_body(picture).to(follows::set_avatar))
        .route(delete("/{id}/avatar", "removeAvatar").allow(SIGNED_IN).tag("users").about("Takes a user's picture away").to(follows::remove_avatar))
        .route(get("/{id}/cover", "showCover").allow(PUBLIC).tag("users").about("Shows the picture above a profile").to(follows::cover))
        .route(post("/{id}/cover", "setCover").allow(SIGNED_IN).tag("users").about("Gives a profile a picture above").limit_body(picture).to(follows::set_cover))
        .route(delete("/{id}/cover", "removeCover").allow(SIGNED_IN).tag("users").about("Takes the picture above a profile away").to(follows::remove_cover))
        .route(post("/{id}/follow", "followUser").allow(SIGNED_IN).tag("users").about("Follows a user, or asks to").to(follows::follow))
        .route(delete("/{id}/follow", "unfollowUser").allow(SIGNED_IN).tag("users").about("Follows a user no more").to(follows::unfollow))
        .route(get("/{id}/followers", "listFollowers").allow(PUBLIC).tag("users").about("Lists who follows a user").to(follows::followers))
        .route(get("/{id}/following", "listFollowing").allow(PUBLIC).tag("users").about("Lists whom a user follows").to(follows::following))
        .route(get("/{id}/statistics", "showStatistics").allow(PUBLIC).tag("users").about("Counts what there is of a user").to(follows::statistics))
        .route(get("/{id}/activity", "listActivity").allow(PUBLIC).tag("users").about("Lists what a user does").to(follows::activity));
    for (path, [show, edit, replace, remove]) in [
        ("/profile", ["showProfile", "editProfile", "putProfile", "deleteProfile"]),
        ("/account", ["showAccount", "editAccount", "putAccount", "deleteAccount"]),
    ] {
        routes = routes
            .route(get(path, show).allow(SIGNED_IN).unlisted().to(people::me))
            .route(patch(path, edit).allow(SIGNED_IN).unlisted().to(people::edit_me))
            .route(put(path, replace).allow(SIGNED_IN).unlisted().to(people::edit_me))
            .route(delete(path, remove).allow(SIGNED_IN).unlisted().to(people::delete_me));
    }
    routes
}
