//! What each step tells whoever subscribes, and what it writes to the audit log.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use gravity_auth::jwt::MemoryKeyStore;
use gravity_auth::testing::Stage;
use gravity_auth::testing::http::{PASSWORD, clock, config};
use gravity_auth::{Auth, DevMailbox, MemoryStore};
use gravity_core::audit::AuditFilter;
use gravity_core::events::{EventStore as _, Search};
use gravity_core::security::{Key, KeyRing};
use gravity_core::testing::http::Kind;
use serde_json::{Value, json};

/// Hears everything.
struct Listener {
    stage: Stage,
    store: MemoryStore,
    heard: HashSet<String>,
}

impl Listener {
    async fn new() -> Self {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let store = MemoryStore::new(&KeyRing::new(Key::generate("test").unwrap()), time.clock());
        let jobs = store.jobs().clone();
        let config = config(&mailbox, &time);
        let auth = Auth::with_store(store.clone(), jobs, MemoryKeyStore::default(), config).await.unwrap();
        let stage = Stage::new(Kind::Hyper, auth, mailbox, time);
        Self { stage, store, heard: HashSet::new() }
    }

    async fn events(&mut self) -> Vec<(String, Value)> {
        self.store.events().advance().await.unwrap();
        let all = self.store.events().search(&Search::default(), usize::MAX).await.unwrap();
        let events = all.into_iter().map(|found| found.event.unwrap());
        let new = events.filter(|event| self.heard.insert(event.id.to_string()));
        let mut new: Vec<_> = new.map(|event| (event.name, event.data)).collect();
        new.sort_by(|one, other| one.0.cmp(&other.0));
        new
    }

    async fn records(&mut self) -> Vec<String> {
        let all = self.store.audit().list(&AuditFilter::default(), None, 10_000).await.unwrap().items;
        let new = all.into_iter().filter(|record| self.heard.insert(record.id.to_string()));
        let mut new: Vec<_> = new.map(|record| record.action).collect();
        new.sort();
        new
    }

    /// Whatever was told before does not matter.
    async fn forget(&mut self) {
        self.events().await;
        self.records().await;
    }

    /// Since it was asked last, these events were told and no others, and these entries written and no others, each in
    /// the order of their names.
    async fn has_heard(&mut self, events: &[(&str, Value)], records: &[&str]) {
        let told = self.events().await;
        let names =
            |events: &[(String, Value)]| events.iter().map(|event| event.0.clone()).collect::<Vec<_>>();
        let expected: Vec<_> = events.iter().map(|(name, data)| ((*name).to_owned(), data.clone())).collect();
        assert_eq!(names(&told), names(&expected), "{told:?}");
        for ((name, data), (_, expected)) in told.iter().zip(&expected) {
            for (member, value) in expected.as_object().unwrap() {
                assert_eq!(data[member], *value, "{name}: {data}");
            }
        }
        assert_eq!(self.records().await, records, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_up_and_in_and_goes() {
    let mut all = Listener::new().await;
    let email = all.stage.registered().await;
    let token = all.stage.token(&email, "verify_email").await;
    all.has_heard(
        &[("user.registered", json!({ "email": email, "role": "customer" }))],
        &["user.registered"],
    )
    .await;

    all.stage.post("/verify-email", json!({ "token": token })).await;
    all.has_heard(&[("auth.email_verified", json!({ "email": email }))], &["auth.email_verified"]).await;

    let ada = all.stage.sign_in(&email).await;
    let id = all.stage.id_of(&ada).await;
    let told = json!({ "id": id, "session": ada.session, "methods": ["pwd"] });
    all.has_heard(&[("auth.signed_in", told)], &["auth.sign_in"]).await;

    assert_eq!(all.stage.login(&email, "wrong horse battery").await.status, 401);
    all.has_heard(&[], &["auth.sign_in"]).await;

    let edited = all.stage.users("PATCH", &ada.access, "/me", json!({ "first_name": "Ada" })).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    let told = json!({ "id": id, "changes": ["first_name"] });
    all.has_heard(&[("user.updated", told)], &["user.updated"]).await;

    let edited = all.stage.users("PATCH", &ada.access, "/me", json!({ "bio": "Counts." })).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    let told = json!({ "id": id, "changes": ["bio"] });
    all.has_heard(&[("user.profile_updated", told)], &["user.profile_updated"]).await;

    let new = "a gnu sleeps in the garden";
    let change = json!({ "current_password": PASSWORD, "password": new });
    assert_eq!(all.stage.post_as(&ada.access, "/change-password", change).await.status, 204);
    let told = json!({ "id": id, "reset": false });
    all.has_heard(&[("auth.password_changed", told)], &["auth.password_changed"]).await;

    let gone = all.stage.users("DELETE", &ada.access, "/me", json!({ "password": new })).await;
    assert_eq!(gone.status, 204, "{gone:?}");
    all.has_heard(&[("user.deleted", json!({ "id": id }))], &["user.deleted"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_see_to_somebody() {
    let mut all = Listener::new().await;
    let (admin, ada) = (all.stage.admin().await, all.stage.signed_in().await);
    let id = all.stage.id_of(&ada).await;
    all.forget().await;
    let by = admin.access.clone();

    let email = all.stage.email();
    let made = all.stage.users("POST", &by, "", json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(made.status, 201, "{made:?}");
    let told = json!({ "id": made.body["id"], "email": email, "role": "customer" });
    all.has_heard(&[("user.created", told)], &["user.created"]).await;

    for (method, path, body, event, data) in [
        (
            "PUT",
            "role",
            json!({ "role": "manager" }),
            "user.role_changed",
            json!({ "from": "customer", "to": "manager" }),
        ),
        ("POST", "suspend", Value::Null, "user.suspended", json!({})),
        ("POST", "unsuspend", Value::Null, "user.unsuspended", json!({})),
        ("POST", "require-password-change", Value::Null, "user.password_demanded", json!({})),
    ] {
        let done = all.stage.users(method, &by, &format!("/{id}/{path}"), body).await;
        assert!(done.status < 300, "{path}: {done:?}");
        let mut data = data;
        data["id"] = json!(id);
        all.has_heard(&[(event, data)], &[event]).await;
    }
    assert_eq!(all.stage.users("DELETE", &by, &format!("/{id}"), Value::Null).await.status, 204);
    all.has_heard(&[("user.deleted", json!({ "id": id }))], &["user.deleted"]).await;
    assert!(all.stage.users("POST", &by, &format!("/{id}/restore"), Value::Null).await.status < 300);
    all.has_heard(&[("user.restored", json!({ "id": id }))], &["user.restored"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_follow_and_leave_each_other() {
    let mut all = Listener::new().await;
    let (ada, bob) = (all.stage.signed_in().await, all.stage.signed_in().await);
    let (id, followee) = (all.stage.id_of(&ada).await, all.stage.id_of(&bob).await);
    all.forget().await;
    let path = format!("/{followee}/follow");
    let both = json!({ "id": id, "followee": followee });
    assert!(all.stage.users("POST", &ada.access, &path, Value::Null).await.status < 300);
    all.has_heard(&[("user.followed", both.clone())], &["user.followed"]).await;
    assert!(all.stage.users("DELETE", &ada.access, &path, Value::Null).await.status < 300);
    all.has_heard(&[("user.unfollowed", both)], &["user.unfollowed"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_roles_and_organisations_come_and_go() {
    let mut all = Listener::new().await;
    let admin = all.stage.admin().await;
    let (by, user) = (admin.access.clone(), all.stage.id_of(&admin).await);
    all.forget().await;

    let key = json!({ "name": "build", "scopes": ["orders:read"] });
    let key =
        all.stage.api("POST", &by, "/api-keys", key).await.body["key"]["id"].as_str().unwrap().to_owned();
    let told = json!({ "id": key, "user": user, "scopes": ["orders:read"] });
    all.has_heard(&[("auth.api_key_created", told)], &["api_key.created"]).await;
    let path = format!("/api-keys/{key}");
    for (method, path, body, name) in [
        ("PATCH", path.clone(), json!({ "name": "deploy" }), "changed"),
        ("POST", format!("{path}/rotate"), Value::Null, "rotated"),
        ("DELETE", path, Value::Null, "deleted"),
    ] {
        let done = all.stage.api(method, &by, &path, body).await;
        assert!(done.status < 300, "{path}: {done:?}");
        let (event, record) = (format!("auth.api_key_{name}"), format!("api_key.{name}"));
        all.has_heard(&[(&event, json!({ "id": key, "user": user }))], &[&record]).await;
    }

    for (method, path, body, name) in [
        ("POST", "/roles", json!({ "name": "packer", "grants": ["orders:read"] }), "created"),
        ("PATCH", "/roles/packer", json!({ "grants": ["orders:read", "stock:read"] }), "changed"),
        ("DELETE", "/roles/packer", Value::Null, "deleted"),
    ] {
        let done = all.stage.api(method, &by, path, body).await;
        assert!(done.status < 300, "{path}: {done:?}");
        let (event, record) = (format!("auth.role_{name}"), format!("role.{name}"));
        all.has_heard(&[(&event, json!({ "name": "packer" }))], &[&record]).await;
    }

    let made = all.stage.api("POST", &by, "/organisations", json!({ "name": "Acme" })).await;
    let org = made.body["id"].as_str().unwrap().to_owned();
    all.has_heard(&[("auth.org_created", json!({ "id": org, "owner": user }))], &["org.created"]).await;
    let bob = all.stage.signed_in().await;
    all.forget().await;
    let wanted = json!({ "email": bob.email, "role": "member" });
    let path = format!("/organisations/{org}");
    let invited = all.stage.api("POST", &by, &format!("{path}/invitations"), wanted).await;
    assert_eq!(invited.status, 201, "{invited:?}");
    let told = json!({ "org": org, "invitation": invited.body["id"], "role": "member" });
    all.has_heard(&[("auth.org_member_invited", told)], &["org.invited"]).await;
    let token = all.stage.token(&bob.email, "invitation").await;
    let joined = all.stage.api("POST", &bob.access, "/invitations/accept", json!({ "token": token })).await;
    assert!(joined.status < 300, "{joined:?}");
    let bob = all.stage.id_of(&bob).await;
    let told = json!({ "org": org, "user": bob, "role": "member" });
    all.has_heard(&[("auth.org_member_joined", told)], &["org.member_joined"]).await;
    let member = format!("{path}/members/{bob}");
    assert!(all.stage.api("PATCH", &by, &member, json!({ "role": "admin" })).await.status < 300);
    let told = json!({ "org": org, "user": bob, "from": "member", "to": "admin" });
    all.has_heard(&[("auth.org_member_changed", told)], &["org.member_changed"]).await;
    assert!(all.stage.api("DELETE", &by, &member, Value::Null).await.status < 300);
    let told = json!({ "org": org, "user": bob });
    all.has_heard(&[("auth.org_member_left", told)], &["org.member_left"]).await;
    assert!(all.stage.api("DELETE", &by, &path, Value::Null).await.status < 300);
    all.has_heard(&[("auth.org_deleted", json!({ "id": org }))], &["org.deleted"]).await;
}
