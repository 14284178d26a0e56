//! Profiles, who sees what of them, and who follows whom.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::stage::{Person, Reply, Stage};

pub(super) async fn run(stage: &Stage) {
    a_profile_is_changed(stage).await;
    many_change_a_profile_at_once(stage).await;
    who_sees_what(stage).await;
    many_follow_at_once(stage).await;
    who_is_asked_lets_in(stage).await;
    people_are_searched(stage).await;
    pictures_are_looked_at(stage).await;
    all_is_exported(stage).await;
}

async fn id(stage: &Stage, person: &Person) -> String {
    stage.users("GET", &person.access, "/me", Value::Null).await.body["id"].as_str().unwrap().to_owned()
}

fn ids(reply: &Reply) -> Vec<&str> {
    let items = reply.body["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item["id"].as_str()).collect()
}

async fn set(stage: &Stage, person: &Person, path: &str, body: Value) -> Reply {
    let reply = stage.users("PATCH", &person.access, path, body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply
}

async fn privacy(stage: &Stage, person: &Person, privacy: Value) {
    set(stage, person, "/me/preferences", json!({ "privacy": privacy })).await;
}

async fn a_profile_is_changed(stage: &Stage) {
    let ada = stage.signed_in().await;
    let name = stage.unique();
    let reply = set(
        stage,
        &ada,
        "/me",
        json!({ "user_name": name, "display_name": " Käthe 🦀 ", "website": "https://k.example", "bio": "a\nb" }),
    )
    .await;
    assert_eq!((&reply.body["display_name"], &reply.body["bio"]), (&json!("Käthe 🦀"), &json!("a\nb")));
    let reply = set(stage, &ada, "/account", json!({ "bio": null })).await;
    assert_eq!((reply.body.get("bio"), &reply.body["website"]), (None, &json!("https://k.example")));
    let eve = stage.signed_in().await;
    let taken = stage.users("PATCH", &eve.access, "/me", json!({ "user_name": name.to_uppercase() })).await;
    assert_eq!(taken.refusal(), (409, "auth.user_name_taken"));
    let preferences = stage.users("GET", &ada.access, "/me/preferences", Value::Null).await;
    let defaults = (&preferences.body["language"], &preferences.body["timezone"], &preferences.body["theme"]);
    assert_eq!(defaults, (&json!("en"), &json!("UTC"), &json!("light")));
    let preferences = set(
        stage,
        &ada,
        "/me/preferences",
        json!({ "timezone": "Europe/Berlin", "sms_notifications": true, "privacy": { "show_email": true } }),
    )
    .await;
    assert_eq!(preferences.body["privacy"]["show_email"], true);
    assert_eq!(preferences.body["privacy"]["show_activity"], true, "what is left out stays");
}

async fn many_change_a_profile_at_once(stage: &Stage) {
    let ada = stage.signed_in().await;
    let parts = ["first_name", "last_name", "display_name", "location", "gender", "bio"];
    let racers = parts.map(|part| set(stage, &ada, "/me", json!({ part: part })));
    join_all(racers).await;
    let me = stage.users("GET", &ada.access, "/me", Value::Null).await;
    for part in parts {
        assert_eq!(me.body[part], part, "nobody's change is lost");
    }
}

async fn who_sees_what(stage: &Stage) {
    let (ada, eve, fan) = (stage.signed_in().await, stage.signed_in().await, stage.signed_in().await);
    let admin = stage.of_role("manager").await;
    let all = json!({ "display_name": "Ada", "bio": "secret bio", "birth_date": "1990-02-28", "first_name": "Ada",
                      "location": "London" });
    set(stage, &ada, "/me", all).await;
    let ada_id = id(stage, &ada).await;
    let path = format!("/{ada_id}");
    let follow = stage.users("POST", &fan.access, &format!("{path}/follow"), Value::Null).await;
    assert_eq!((follow.status, &follow.body["state"]), (200, &json!("following")));
    let see = async |token: &str| stage.users("GET", token, &path, Value::Null).await;
    let never = ["email_verified_at", "role", "status", "updated_at", "deleted_at"];
    for token in ["", &eve.access, &fan.access] {
        let seen = see(token).await;
        assert_eq!(
            (seen.status, &seen.body["bio"], &seen.body["location"]),
            (200, &json!("secret bio"), &json!("London"))
        );
        for part in never.into_iter().chain(["email", "birth_date", "first_name"]) {
            assert!(seen.body.get(part).is_none(), "{part}: {seen:?}");
        }
    }
    for token in [&ada.access, &admin.access] {
        let seen = see(token).await;
        assert_eq!(
            (&seen.body["email"], &seen.body["birth_date"]),
            (&json!(ada.email), &json!("1990-02-28"))
        );
    }
    privacy(stage, &ada, json!({ "show_email": true, "show_birth_date": true, "show_location": false }))
        .await;
    assert!(see("").await.body.get("email").is_none(), "never to who is not signed in");
    let seen = see(&eve.access).await;
    assert_eq!((&seen.body["email"], seen.body.get("location")), (&json!(ada.email), None));
    // Only followers.
    privacy(stage, &ada, json!({ "profile": "followers" })).await;
    for token in ["", &eve.access] {
        let seen = see(token).await;
        assert_eq!((&seen.body["protected"], &seen.body["display_name"]), (&json!(true), &json!("Ada")));
        for part in ["bio", "email", "birth_date", "followers", "following", "created_at", "cover"] {
            assert!(seen.body.get(part).is_none(), "{part}: {seen:?}");
        }
        for part in ["/followers", "/following", "/statistics", "/activity"] {
            let reply = stage.users("GET", token, &format!("{path}{part}"), Value::Null).await;
            assert_eq!(reply.refusal(), (403, "http.forbidden"), "{part}");
        }
    }
    assert_eq!(see(&fan.access).await.body["bio"], "secret bio");
    // Nobody: no answer differs from that about a user whom there is not.
    privacy(stage, &ada, json!({ "profile": "private" })).await;
    let nobody = "/user_01h455vb4pex5vsknk084sn02q";
    for token in ["", &eve.access, &fan.access] {
        for part in ["", "/followers", "/following", "/statistics", "/activity", "/avatar", "/cover"] {
            let hidden = stage.users("GET", token, &format!("{path}{part}"), Value::Null).await;
            let absent = stage.users("GET", token, &format!("{nobody}{part}"), Value::Null).await;
            assert_eq!(hidden.status, 404, "{part}: {hidden:?}");
            assert_eq!(hidden.seen(), absent.seen(), "{part}");
        }
    }
    let hidden = stage.users("POST", &eve.access, &format!("{path}/follow"), Value::Null).await;
    let absent = stage.users("POST", &eve.access, &format!("{nobody}/follow"), Value::Null).await;
    assert_eq!((hidden.status, hidden.seen()), (404, absent.seen()));
    let listed = stage.users("GET", &fan.access, "/me/following", Value::Null).await;
    assert!(ids(&listed).is_empty(), "nor is she in a list");
    let activity =
        stage.users("GET", &eve.access, &format!("/{}/activity", id(stage, &fan).await), Value::Null).await;
    assert!(!format!("{activity:?}").contains(&ada_id));
    assert_eq!(see(&admin.access).await.body["bio"], "secret bio");
    assert_eq!(see(&ada.access).await.body["bio"], "secret bio");
    privacy(stage, &ada, json!({ "profile": "public", "show_activity": false, "show_follows": false })).await;
    for part in ["/followers", "/following", "/statistics", "/activity"] {
        let reply = stage.users("GET", &eve.access, &format!("{path}{part}"), Value::Null).await;
        assert_eq!(reply.refusal(), (403, "http.forbidden"), "{part}");
        assert_eq!(stage.users("GET", &ada.access, &format!("{path}{part}"), Value::Null).await.status, 200);
    }
}

async fn many_follow_at_once(stage: &Stage) {
    let (star, fan) = (stage.signed_in().await, stage.signed_in().await);
    let star_id = id(stage, &star).await;
    let path = format!("/{star_id}/follow");
    let all = join_all((0..64).map(|_| stage.users("POST", &fan.access, &path, Value::Null))).await;
    assert!(all.iter().all(|reply| reply.status == 200), "{all:?}");
    let count = async || {
        let reply = stage.users("GET", "", &format!("/{star_id}/statistics"), Value::Null).await;
        reply.body["followers"].as_u64().unwrap()
    };
    assert_eq!(count().await, 1);
    let list = stage.users("GET", "", &format!("/{star_id}/followers"), Value::Null).await;
    let fan_id = id(stage, &fan).await;
    assert_eq!(ids(&list), [fan_id.as_str()]);
    let activity = stage.users("GET", "", &format!("/{fan_id}/activity"), Value::Null).await;
    assert_eq!((&activity.body["items"][0]["kind"], ids(&activity).len()), (&json!("followed"), 1));
    let all = join_all((0..64).map(|_| stage.users("DELETE", &fan.access, &path, Value::Null))).await;
    assert!(all.iter().all(|reply| reply.status == 204), "{all:?}");
    assert_eq!(count().await, 0);
    let own = stage.users("POST", &star.access, "/me/follow", Value::Null).await;
    assert_eq!((own.refusal(), own.pointers()), ((422, "http.invalid"), vec!["/path/id"]));
}

async fn who_is_asked_lets_in(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    set(stage, &ada, "/me", json!({ "bio": "for friends" })).await;
    privacy(stage, &ada, json!({ "profile": "followers" })).await;
    let (ada_id, eve_id) = (id(stage, &ada).await, id(stage, &eve).await);
    let follow = format!("/{ada_id}/follow");
    for _ in 0..2 {
        let asked = stage.users("POST", &eve.access, &follow, Value::Null).await;
        assert_eq!((asked.status, &asked.body["state"]), (200, &json!("requested")));
    }
    let see = async || stage.users("GET", &eve.access, &format!("/{ada_id}"), Value::Null).await;
    assert!(see().await.body.get("bio").is_none(), "who asks sees no more");
    let own = stage.users("POST", &eve.access, &format!("/me/follow-requests/{ada_id}"), Value::Null).await;
    assert_eq!(own.refusal(), (404, "auth.follow_not_found"), "nobody lets themselves in");
    let requests = stage.users("GET", &ada.access, "/me/follow-requests", Value::Null).await;
    assert_eq!(ids(&requests), [eve_id.as_str()]);
    let accept = format!("/me/follow-requests/{eve_id}");
    assert_eq!(stage.users("POST", &ada.access, &accept, Value::Null).await.status, 204);
    assert_eq!(see().await.body["bio"], "for friends");
    let remove = format!("/me/followers/{eve_id}");
    assert_eq!(stage.users("DELETE", &ada.access, &remove, Value::Null).await.status, 204);
    assert!(see().await.body.get("bio").is_none());
}

async fn people_are_searched(stage: &Stage) {
    let (ada, mark) = (stage.signed_in().await, stage.unique());
    set(stage, &ada, "/me", json!({ "display_name": format!("Ørsted {mark}"), "first_name": "Hidden" }))
        .await;
    let ada_id = id(stage, &ada).await;
    let search = async |q: String| stage.users("GET", "", &format!("/search?q={q}"), Value::Null).await;
    let found = search(format!("ORST+{mark}")).await;
    assert_eq!(ids(&found), [ada_id.as_str()]);
    assert!(found.body["items"][0].get("email").is_none());
    assert!(ids(&search(format!("hidden+{mark}")).await).is_empty());
    assert!(ids(&search(ada.email.clone()).await).is_empty(), "nobody is found by their address");
    for visibility in ["followers", "private"] {
        privacy(stage, &ada, json!({ "profile": visibility })).await;
        assert!(ids(&search(mark.clone()).await).is_empty(), "{visibility}");
    }
    let none = stage.users("GET", "", "/search", Value::Null).await;
    assert_eq!((none.status, none.pointers()), (400, vec!["/query/q"]));
}

async fn pictures_are_looked_at(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    let bearer = format!("Bearer {}", ada.access);
    let headers = [("authorization", bearer.as_str()), ("content-type", "multipart/form-data; boundary=x")];
    let send = async |path: &str, name: &str, bytes: &[u8]| {
        let head = format!(
            "--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
        stage.call("POST", &format!("/api/v1/users{path}"), &headers, &body).await
    };
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";
    let bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff";
    for bytes in [b"<svg onload=alert(1)>".as_slice(), b"", b"<html>", &png[..12], bomb] {
        let reply = send("/me/avatar", "file", bytes).await;
        assert_eq!((reply.refusal(), reply.pointers()), ((422, "http.invalid"), vec!["/file"]));
    }
    let reply = send("/me/avatar", "picture", png).await;
    assert_eq!((reply.refusal(), reply.pointers()), ((422, "http.invalid"), vec!["/file"]));
    let large = [png.as_slice(), &vec![0; 3 << 20]].concat();
    assert_eq!(send("/me/avatar", "file", &large).await.status, 413);
    let eve_id = id(stage, &eve).await;
    assert_eq!(send(&format!("/{eve_id}/avatar"), "file", png).await.refusal(), (403, "http.forbidden"));
    for kind in ["avatar", "cover"] {
        let reply = send(&format!("/me/{kind}"), "file", png).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let path = reply.body[kind].as_str().unwrap().to_owned();
        let shown = stage.call("GET", &path, &[], b"").await;
        assert_eq!((shown.status, &shown.headers["content-type"]), (200, &"image/png".parse().unwrap()));
        assert_eq!(shown.headers["x-content-type-options"], "nosniff");
        privacy(stage, &ada, json!({ "profile": "private" })).await;
        assert_eq!(stage.call("GET", &path, &[], b"").await.refusal(), (404, "auth.picture_not_found"));
        privacy(stage, &ada, json!({ "profile": "public" })).await;
        for _ in 0..2 {
            let own = format!("/me/{kind}");
            assert_eq!(stage.users("DELETE", &ada.access, &own, Value::Null).await.status, 204);
        }
        assert_eq!(stage.call("GET", &path, &[], b"").await.refusal(), (404, "auth.picture_not_found"));
    }
}

async fn what_others_have_to_do_with_them_is_exported(stage: &Stage, ada: &Person, eve: &Person) {
    let key = json!({ "name": "build", "scopes": ["orders:read"] });
    let key = stage.api("POST", &ada.access, "/api-keys", key).await.body;
    let own = stage.api("POST", &ada.access, "/organisations", json!({ "name": "Ours" })).await.body;
    let other = stage.api("POST", &eve.access, "/organisations", json!({ "name": "Theirs" })).await.body;
    let invite = json!({ "email": ada.email.to_uppercase(), "role": "admin" });
    let path = format!("/organisations/{}/invitations", other["id"].as_str().unwrap());
    assert_eq!(stage.api("POST", &eve.access, &path, invite).await.status, 201);
    privacy(stage, ada, json!({ "profile": "followers" })).await;
    let path = format!("/{}/follow", id(stage, ada).await);
    stage.users("POST", &eve.access, &path, Value::Null).await;

    let export = stage.users("GET", &ada.access, "/me/export", Value::Null).await.body;
    let exported = &export["api_keys"][0];
    assert_eq!((&exported["id"], &exported["name"]), (&key["key"]["id"], &json!("build")), "{export:?}");
    assert_eq!((&exported["hint"], &exported["scopes"]), (&key["key"]["hint"], &json!(["orders:read"])));
    let secret = key["secret"].as_str().unwrap();
    assert!(exported.get("mac").is_none() && !export.to_string().contains(secret));
    let member = &export["organisations"][0];
    assert_eq!((&member["organisation"], &member["role"]), (&own["id"], &json!("owner")));
    assert_eq!((&member["name"], member["joined_at"].is_string()), (&json!("Ours"), true));
    let invitation = &export["invitations"][0];
    assert_eq!((&invitation["organisation"], &invitation["role"]), (&other["id"], &json!("admin")));
    assert_eq!(export["invitations"].as_array().unwrap().len(), 1);
    assert_eq!(export["follow_requests"][0]["user"], id(stage, eve).await.as_str());
    let theirs = stage.users("GET", &eve.access, "/me/export", Value::Null).await.body;
    assert_eq!((&theirs["invitations"], &theirs["api_keys"]), (&json!([]), &json!([])));
    assert_eq!(theirs["requested"].as_array().unwrap().len(), 1);
}

async fn all_is_exported(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    set(stage, &ada, "/me", json!({ "bio": "mine" })).await;
    let path = format!("/{}/follow", id(stage, &eve).await);
    stage.users("POST", &ada.access, &path, Value::Null).await;
    let export = stage.users("GET", &ada.access, "/me/export", Value::Null).await;
    assert_eq!(export.status, 200, "{export:?}");
    assert_eq!(
        (&export.body["user"]["email"], &export.body["profile"]["bio"]),
        (&json!(ada.email), &json!("mine"))
    );
    assert_eq!(export.body["following"].as_array().unwrap().len(), 1);
    assert_eq!(export.body["sessions"][0]["id"], ada.session.as_str());
    assert_eq!(export.body["complete"], true);
    what_others_have_to_do_with_them_is_exported(stage, &ada, &eve).await;
    let root = stage.of_role("super_admin").await;
    let path = format!("/{}/export", id(stage, &ada).await);
    assert_eq!(stage.users("GET", &root.access, &path, Value::Null).await.status, 200);
}
