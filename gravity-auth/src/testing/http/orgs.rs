//! Organisations.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::audit::Origin;
use gravity_core::http::client::{Client, ClientError};
use gravity_core::http::{Routes, get};
use serde_json::{Value, json};

use super::api_keys::authority;
use super::stage::{Person, Reply, Stage};
use crate::AuthError;
use crate::domain::{EmailAddress, OrgId, OrgRole, UserStatus};

pub(super) async fn run(stage: &Stage) {
    one_is_made_used_and_deleted(stage).await;
    strangers_see_nothing(stage).await;
    an_invitation_is_for_who_has_the_address(stage).await;
    an_invitation_is_taken_back_and_runs_out(stage).await;
    nobody_gives_more_than_they_have(stage).await;
    the_last_owner_cannot_leave(stage).await;
    who_may_no_more_leaves_nothing_behind(stage).await;
    keys_and_who_acts_for_others_stay_out(stage).await;
    routes_of_an_application_are_for_members(stage).await;
    what_is_wrong_is_named(stage).await;
}

async fn made(stage: &Stage, by: &Person) -> String {
    let reply = stage.api("POST", &by.access, "/organisations", json!({ "name": "Žuki & Söhne" })).await;
    assert_eq!((reply.status, &reply.body["role"]), (201, &"owner".into()), "{reply:?}");
    format!("/organisations/{}", reply.body["id"].as_str().unwrap())
}

async fn invite(stage: &Stage, by: &Person, org: &str, email: &str, role: &str) -> Reply {
    let body = json!({ "email": email, "role": role });
    stage.api("POST", &by.access, &format!("{org}/invitations"), body).await
}

async fn accept(stage: &Stage, by: &Person, token: &str) -> Reply {
    stage.api("POST", &by.access, "/invitations/accept", json!({ "token": token })).await
}

async fn joined(stage: &Stage, by: &Person, org: &str, role: &str) -> Person {
    let person = stage.signed_in().await;
    let reply = invite(stage, by, org, &person.email, role).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let token = stage.token(&person.email, "invitation").await;
    let reply = accept(stage, &person, &token).await;
    assert_eq!((reply.status, &reply.body["role"]), (200, &role.into()), "{reply:?}");
    person
}

async fn one_is_made_used_and_deleted(stage: &Stage) {
    let ada = stage.signed_in().await;
    let org = made(stage, &ada).await;
    let bob = joined(stage, &ada, &org, "member").await;
    let seen = stage.api("GET", &bob.access, &org, Value::Null).await;
    assert_eq!((&seen.body["name"], &seen.body["role"]), (&"Žuki & Söhne".into(), &"member".into()));
    let list = stage.api("GET", &bob.access, "/organisations", Value::Null).await;
    assert_eq!(list.body["items"], json!([seen.body]));
    let members = stage.api("GET", &bob.access, &format!("{org}/members?limit=1"), Value::Null).await;
    assert_eq!(members.body["items"][0]["user"], stage.id_of(&bob).await, "{members:?}");
    for (method, path, body) in [
        ("PATCH", org.clone(), json!({ "name": "mine" })),
        ("DELETE", org.clone(), Value::Null),
        ("GET", format!("{org}/invitations"), Value::Null),
    ] {
        let reply = stage.api(method, &bob.access, &path, body).await;
        assert_eq!(reply.refusal(), (403, "auth.org_forbidden"), "{method} {path}");
    }
    let renamed = stage.api("PATCH", &ada.access, &org, json!({ "name": "Other" })).await;
    assert_eq!(renamed.body["name"], "Other", "{renamed:?}");
    let me = format!("{org}/members/{}", stage.id_of(&bob).await);
    assert_eq!(stage.api("DELETE", &bob.access, &me, Value::Null).await.status, 204, "who wants to may go");
    assert_eq!(stage.api("GET", &bob.access, &org, Value::Null).await.status, 404);
    assert_eq!(
        stage.api("DELETE", &ada.access, &me, Value::Null).await.refusal(),
        (404, "auth.member_not_found")
    );
    assert_eq!(stage.api("DELETE", &ada.access, &org, Value::Null).await.status, 204);
    assert_eq!(
        stage.api("DELETE", &ada.access, &org, Value::Null).await.refusal(),
        (404, "auth.org_not_found")
    );
}

async fn strangers_see_nothing(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    let org = made(stage, &ada).await;
    let member = format!("{org}/members/{}", stage.id_of(&ada).await);
    let open = invite(stage, &ada, &org, &stage.email(), "member").await;
    let open = format!("{org}/invitations/{}", open.body["id"].as_str().unwrap());
    for (method, path, body) in [
        ("GET", org.clone(), Value::Null),
        ("PATCH", org.clone(), json!({ "name": "x" })),
        ("DELETE", org.clone(), Value::Null),
        ("GET", format!("{org}/members"), Value::Null),
        ("PATCH", member.clone(), json!({ "role": "member" })),
        ("DELETE", member, Value::Null),
        ("GET", format!("{org}/invitations"), Value::Null),
        ("POST", format!("{org}/invitations"), json!({ "email": eve.email, "role": "owner" })),
        ("DELETE", open, Value::Null),
    ] {
        let reply = stage.api(method, &eve.access, &path, body.clone()).await;
        assert_eq!(reply.refusal(), (404, "auth.org_not_found"), "{method} {path}");
        assert_eq!(stage.api(method, "", &path, body).await.status, 401, "{method} {path}");
    }
    // Who runs the application looks after all.
    let admin = stage.admin().await;
    assert_eq!(stage.api("GET", &admin.access, &org, Value::Null).await.body["role"], "owner");
    assert_eq!(stage.api("GET", &admin.access, "/organisations", Value::Null).await.body["items"], json!([]));
}

/// Others have let anybody in who was signed in and had the link.
async fn an_invitation_is_for_who_has_the_address(stage: &Stage) {
    let (ada, bob, eve) = (stage.signed_in().await, stage.signed_in().await, stage.signed_in().await);
    let org = made(stage, &ada).await;
    // The same address, written otherwise.
    let reply = invite(stage, &ada, &org, &bob.email.to_uppercase(), "admin").await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let token = stage.token(&bob.email, "invitation").await;
    assert!(!reply.body.to_string().contains(&token), "who invites does not see it");
    assert_eq!(accept(stage, &eve, &token).await.refusal(), (400, "auth.invalid_ticket"));
    assert_eq!(stage.api("GET", &eve.access, &org, Value::Null).await.status, 404);
    let replies = join_all((0..16).map(|_| accept(stage, &bob, &token))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(
        replies.iter().all(|reply| reply.status == 200 || reply.refusal() == (400, "auth.invalid_ticket"))
    );
    assert_eq!(accept(stage, &bob, &token).await.refusal(), (400, "auth.invalid_ticket"), "good once");
    let again = invite(stage, &ada, &org, &bob.email, "owner").await;
    assert_eq!(again.refusal(), (409, "auth.already_member"));
    // A link for another purpose is none.
    assert_eq!(stage.post("/magic-link", json!({ "email": eve.email })).await.status, 202);
    let other = stage.token(&eve.email, "magic_link").await;
    assert_eq!(accept(stage, &eve, &other).await.refusal(), (400, "auth.invalid_ticket"));
    // Whether somebody has an account is not told.
    let mut known = invite(stage, &ada, &org, &eve.email, "member").await;
    let mut nobody = invite(stage, &ada, &org, &stage.email(), "member").await;
    for reply in [&mut known, &mut nobody] {
        let members = reply.body.as_object_mut().unwrap();
        assert!(members.remove("id").is_some() && members.remove("email").is_some());
    }
    assert_eq!(known.body, nobody.body);
}

async fn an_invitation_is_taken_back_and_runs_out(stage: &Stage) {
    let (ada, bob) = (stage.signed_in().await, stage.signed_in().await);
    let org = made(stage, &ada).await;
    let first = invite(stage, &ada, &org, &bob.email, "member").await;
    let token = stage.token(&bob.email, "invitation").await;
    let path = format!("{org}/invitations/{}", first.body["id"].as_str().unwrap());
    assert_eq!(stage.api("DELETE", &ada.access, &path, Value::Null).await.status, 204);
    assert_eq!(
        stage.api("DELETE", &ada.access, &path, Value::Null).await.refusal(),
        (404, "auth.invitation_not_found")
    );
    assert_eq!(accept(stage, &bob, &token).await.refusal(), (400, "auth.invalid_ticket"));
    // A newer one voids the one before.
    invite(stage, &ada, &org, &bob.email, "member").await;
    let second = stage.token_after(&bob.email, "invitation", &token).await;
    invite(stage, &ada, &org, &bob.email, "member").await;
    let third = stage.token_after(&bob.email, "invitation", &second).await;
    assert_eq!(accept(stage, &bob, &second).await.refusal(), (400, "auth.invalid_ticket"));
    let list = stage.api("GET", &ada.access, &format!("{org}/invitations"), Value::Null).await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
    assert!(!list.body.to_string().contains(&third));
    stage.time.advance(Duration::from_hours(7 * 24));
    let bob = stage.sign_in(&bob.email).await;
    assert_eq!(accept(stage, &bob, &third).await.refusal(), (400, "auth.invalid_ticket"), "it has run out");
}

async fn nobody_gives_more_than_they_have(stage: &Stage) {
    let ada = stage.signed_in().await;
    let org = made(stage, &ada).await;
    let (bob, carol) = (joined(stage, &ada, &org, "admin").await, joined(stage, &ada, &org, "member").await);
    let member = async |person: &Person| format!("{org}/members/{}", stage.id_of(person).await);
    let (owner, admin, plain) = (member(&ada).await, member(&bob).await, member(&carol).await);
    let forbidden = (403, "auth.org_forbidden");
    assert_eq!(invite(stage, &bob, &org, &stage.email(), "owner").await.refusal(), forbidden);
    assert_eq!(invite(stage, &carol, &org, &stage.email(), "member").await.refusal(), forbidden);
    for path in [&plain, &admin] {
        let reply = stage.api("PATCH", &bob.access, path, json!({ "role": "owner" })).await;
        assert_eq!(reply.refusal(), forbidden, "not to oneself either");
    }
    assert_eq!(
        stage.api("PATCH", &bob.access, &owner, json!({ "role": "member" })).await.refusal(),
        forbidden
    );
    assert_eq!(stage.api("DELETE", &bob.access, &owner, Value::Null).await.refusal(), forbidden);
    assert_eq!(
        stage.api("PATCH", &carol.access, &plain, json!({ "role": "admin" })).await.refusal(),
        forbidden
    );
    let reply = stage.api("PATCH", &bob.access, &plain, json!({ "role": "admin" })).await;
    assert_eq!((reply.status, &reply.body["role"]), (200, &"admin".into()), "{reply:?}");
    // What somebody has invited to while they could goes with their role.
    let dan = stage.signed_in().await;
    assert_eq!(invite(stage, &bob, &org, &dan.email, "admin").await.status, 201);
    let token = stage.token(&dan.email, "invitation").await;
    assert_eq!(stage.api("DELETE", &ada.access, &admin, Value::Null).await.status, 204);
    assert_eq!(accept(stage, &dan, &token).await.refusal(), (400, "auth.invalid_ticket"));
}

async fn the_last_owner_cannot_leave(stage: &Stage) {
    let ada = stage.signed_in().await;
    let org = made(stage, &ada).await;
    let me = format!("{org}/members/{}", stage.id_of(&ada).await);
    let last = (409, "auth.last_owner");
    assert_eq!(stage.api("DELETE", &ada.access, &me, Value::Null).await.refusal(), last);
    let reply = stage.api("PATCH", &ada.access, &me, json!({ "role": "member" })).await;
    assert_eq!(reply.refusal(), last);
    let bob = joined(stage, &ada, &org, "owner").await;
    let other = format!("{org}/members/{}", stage.id_of(&bob).await);
    let both = [(&ada, &me), (&bob, &other)];
    let leave = both.map(|(person, path)| stage.api("DELETE", &person.access, path, Value::Null));
    let replies = join_all(leave).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 204).count(), 1, "{replies:?}");
    assert_eq!(replies.iter().filter(|reply| reply.refusal() == last).count(), 1, "{replies:?}");
}

/// Their token is taken for a while where it is not heard yet that they are suspended, or have another role.
async fn who_may_no_more_leaves_nothing_behind(stage: &Stage) {
    let (ada, origin) = (stage.signed_in().await, Origin::default());
    let org = made(stage, &ada).await;
    let id: OrgId = org.rsplit('/').next().unwrap().parse().unwrap();
    let bob = joined(stage, &ada, &org, "owner").await;
    let second: EmailAddress = stage.email().parse().unwrap();
    let suspended = authority(stage, &bob.email, "orders:read").await;
    stage.set_status(&bob, UserStatus::Suspended).await;
    let put_down = authority(stage, &stage.verified().await, "orgs:manage").await;
    let mut members = stage.auth.store().members(id, None, 10).await.unwrap().items;
    members.retain(|member| member.user != suspended.caller.user);
    for by in [suspended, put_down] {
        let owner = OrgRole::Owner;
        let outcomes = [
            stage.auth.invite(&by, id, second.clone(), owner, &origin).await.map(drop),
            stage.auth.rename_org(&by, id, "Mine".parse().unwrap(), &origin).await.map(drop),
            stage.auth.set_member(&by, id, members[0].user, OrgRole::Member, &origin).await.map(drop),
            stage.auth.remove_member(&by, id, members[0].user, &origin).await,
            stage.auth.delete_org(&by, id, &origin).await,
        ];
        for outcome in outcomes {
            assert!(matches!(outcome, Err(AuthError::OrgNotFound | AuthError::Conflict)), "{outcome:?}");
        }
    }
    let list = stage.api("GET", &ada.access, &format!("{org}/invitations"), Value::Null).await;
    assert_eq!(list.body["items"], json!([]), "{list:?}");
    assert_eq!(stage.api("GET", &ada.access, &org, Value::Null).await.body["role"], "owner");
}

async fn keys_and_who_acts_for_others_stay_out(stage: &Stage) {
    let (admin, ada) = (stage.admin().await, stage.signed_in().await);
    let org = made(stage, &ada).await;
    let body = json!({ "name": "key", "scopes": ["orders:read"] });
    let key = stage.api("POST", &ada.access, "/api-keys", body).await;
    let key = key.body["secret"].as_str().unwrap();
    let path = format!("/users/{}/impersonate", stage.id_of(&ada).await);
    let acting = stage.api("POST", &admin.access, &path, json!({ "reason": "ticket 7" })).await;
    let acting = acting.body["access_token"].as_str().unwrap();
    assert_eq!(stage.api("GET", key, &org, Value::Null).await.refusal(), (403, "auth.not_in_person"));
    assert_eq!(stage.api("GET", acting, &org, Value::Null).await.status, 200, "they see what the user sees");
    for token in [key, acting] {
        for (method, path, body) in [
            ("POST", "/organisations".to_owned(), json!({ "name": "x" })),
            ("DELETE", org.clone(), Value::Null),
            ("POST", format!("{org}/invitations"), json!({ "email": stage.email(), "role": "owner" })),
        ] {
            let reply = stage.api(method, token, &path, body).await;
            assert_eq!(reply.refusal(), (403, "auth.not_in_person"), "{method} {path}");
        }
    }
}

async fn routes_of_an_application_are_for_members(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    let org = made(stage, &ada).await;
    let bob = joined(stage, &ada, &org, "member").await;
    let id = org.rsplit('/').next().unwrap();
    let routes: Routes = Routes::new()
        .route(get("/{org}/bills", "bills").allow(stage.auth.in_org(OrgRole::Admin)).to(async || "bills"))
        .route(get("/{org}/notes", "notes").allow(stage.auth.in_org(OrgRole::Member)).to(async || "notes"))
        .authenticator(stage.auth.authenticator());
    let client = Client::in_process(routes);
    let status = async |person: &Person, org: &str, what: &'static str| {
        let client = client.with_bearer(&person.access).unwrap();
        match client.get("/").segment(org).segment(what).send_raw().await {
            Ok(answer) => answer.status().as_u16(),
            Err(ClientError::Problem(problem)) => problem.status().as_u16(),
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((status(&ada, id, "bills").await, status(&ada, id, "notes").await), (200, 200));
    assert_eq!((status(&bob, id, "bills").await, status(&bob, id, "notes").await), (403, 200));
    assert_eq!((status(&eve, id, "bills").await, status(&eve, id, "notes").await), (403, 403));
    assert_eq!(
        (status(&ada, "org_x", "notes").await, status(&stage.admin().await, id, "bills").await),
        (403, 200)
    );
    let me = format!("{org}/members/{}", stage.id_of(&bob).await);
    assert_eq!(stage.api("DELETE", &ada.access, &me, Value::Null).await.status, 204);
    assert_eq!(status(&bob, id, "notes").await, 403, "at once");
}

async fn what_is_wrong_is_named(stage: &Stage) {
    let ada = stage.signed_in().await;
    let post = async |path: &str, body: Value| stage.api("POST", &ada.access, path, body).await;
    for name in ["", " \t", &"x".repeat(101)] {
        let reply = post("/organisations", json!({ "name": name })).await;
        assert_eq!((reply.status, reply.pointers()), (422, vec!["/name"]), "{name}");
    }
    let org = made(stage, &ada).await;
    let reply = post(&format!("{org}/invitations"), json!({ "email": "x", "role": "king", "org": 1 })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/email", "/org", "/role"]), "{reply:?}");
    assert_eq!(
        post("/invitations/accept", json!({ "token": "x" })).await.refusal(),
        (400, "auth.invalid_ticket")
    );
    assert_eq!(stage.api("GET", &ada.access, "/organisations/x", Value::Null).await.status, 400);
}
