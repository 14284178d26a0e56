//! What those try who pry: members that are not theirs to set, people who hide or are gone, pages without end.

use serde_json::{Value, json};

use super::stage::{PASSWORD, Person, Reply, Stage};

const NOBODY: &str = "/user_01h455vb4pex5vsknk084sn02q";
/// What is asked of a user by whoever likes.
const PARTS: [&str; 7] = ["", "/followers", "/following", "/statistics", "/activity", "/avatar", "/cover"];

pub(super) async fn run(stage: &Stage) {
    nobody_sets_what_is_not_theirs(stage).await;
    who_is_gone_is_not_there(stage).await;
    who_is_gone_sees_nothing(stage).await;
    who_is_asked_and_opens_up_is_followed(stage).await;
    pages_have_bounds(stage).await;
    a_cursor_is_of_one_list(stage).await;
    every_script_is_searched(stage).await;
    an_export_holds_no_secrets(stage).await;
    no_cache_keeps_people(stage).await;
}

async fn me(stage: &Stage, person: &Person) -> Value {
    let reply = stage.users("GET", &person.access, "/me", Value::Null).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body
}

async fn id(stage: &Stage, person: &Person) -> String {
    me(stage, person).await["id"].as_str().unwrap().to_owned()
}

fn ids(reply: &Reply) -> Vec<&str> {
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

async fn done(stage: &Stage, method: &str, token: &str, path: &str, body: Value) -> Reply {
    let reply = stage.users(method, token, path, body).await;
    assert!((200..300).contains(&reply.status), "{method} {path}: {reply:?}");
    reply
}

/// What only others may set, or nobody: as members of any document.
fn smuggled(of: &str) -> Value {
    json!({
        "id": of, "role": "super_admin", "roles": ["super_admin"], "permissions": ["*"], "status": "suspended",
        "email_verified_at": "2020-01-01T00:00:00Z", "created_at": "2020-01-01T00:00:00Z",
        "deleted_at": "2020-01-01T00:00:00Z", "avatar": "x-avatar-1", "cover": "x-cover-1", "followers": 1000,
        "following": 1000, "version": 7, "user": of, "user_id": of, "password_hash": "$argon2id$",
    })
}

fn with(mut document: Value, more: &Value) -> Value {
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

async fn nobody_sets_what_is_not_theirs(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    let eves = id(stage, &eve).await;
    let before = me(stage, &ada).await;
    let edit = with(json!({ "bio": "mine", "email": stage.email(), "password": "x" }), &smuggled(&eves));
    for (method, path) in [("PATCH", "/me"), ("PUT", "/me"), ("PATCH", "/profile"), ("PUT", "/account")] {
        let reply = done(stage, method, &ada.access, path, edit.clone()).await;
        let own = |member: &&String| !["bio", "updated_at"].contains(&member.as_str());
        let members = reply.body.as_object().unwrap();
        for member in members.keys().filter(own) {
            assert_eq!(members[member], before[member], "{method} {path}: {member}");
        }
    }
    let likes = with(json!({ "theme": "dark" }), &smuggled(&eves));
    done(stage, "PATCH", &ada.access, "/me/preferences", likes).await;
    assert!(me(stage, &eve).await.get("bio").is_none());
    let preferences = done(stage, "GET", &eve.access, "/me/preferences", Value::Null).await;
    assert_eq!(preferences.body["theme"], "light");
    assert_eq!(stage.login(&ada.email, PASSWORD).await.status, 200, "nor the password");

    let admin = stage.of_role("admin").await;
    let mut new = with(json!({ "email": stage.email() }), &smuggled(&eves));
    new["role"] = json!("manager");
    let made = done(stage, "POST", &admin.access, "", new).await;
    let user = &made.body;
    assert_ne!(user["id"], json!(eves));
    assert_eq!(
        (&user["role"], &user["status"], &user["followers"]),
        (&json!("manager"), &json!("active"), &json!(0))
    );
    for member in ["email_verified_at", "avatar", "deleted_at"] {
        assert!(user.get(member).is_none(), "{member}: {made:?}");
    }
    assert_ne!(user["created_at"], "2020-01-01T00:00:00Z");

    let email = stage.email();
    let new = with(json!({ "email": email, "password": PASSWORD }), &smuggled(&eves));
    assert_eq!(stage.post("/register", new).await.status, 202);
    let token = stage.token(&email, "verify_email").await;
    stage.post("/verify-email", json!({ "token": token })).await;
    let mallory = stage.sign_in(&email).await;
    assert_eq!(me(stage, &mallory).await["role"], "customer");
}

/// Of who is suspended, deleted or private nobody learns more than of whom there is not.
async fn who_is_gone_is_not_there(stage: &Stage) {
    let admin = stage.of_role("admin").await;
    let (eve, fan) = (stage.signed_in().await, stage.signed_in().await);
    let (fans, bystander) = (id(stage, &fan).await, stage.signed_in().await);
    let bystanders = id(stage, &bystander).await;
    for how in ["suspended", "deleted", "private"] {
        let ada = stage.signed_in().await;
        let (adas, name) = (id(stage, &ada).await, stage.unique());
        done(stage, "PATCH", &ada.access, "/me", json!({ "user_name": name, "bio": "bio" })).await;
        let path = format!("/{adas}");
        done(stage, "POST", &fan.access, &format!("{path}/follow"), Value::Null).await;
        done(stage, "POST", &ada.access, &format!("/{bystanders}/follow"), Value::Null).await;
        match how {
            "suspended" => done(stage, "POST", &admin.access, &format!("{path}/suspend"), Value::Null).await,
            "deleted" => done(stage, "DELETE", &admin.access, &path, Value::Null).await,
            _ => {
                let hide = json!({ "privacy": { "profile": "private" } });
                done(stage, "PATCH", &ada.access, "/me/preferences", hide).await
            }
        };
        for token in ["", &eve.access, &fan.access] {
            for part in PARTS {
                let hidden = stage.users("GET", token, &format!("{path}{part}"), Value::Null).await;
                let absent = stage.users("GET", token, &format!("{NOBODY}{part}"), Value::Null).await;
                assert_eq!((hidden.status, hidden.seen()), (404, absent.seen()), "{how}{part}");
            }
            let found = stage.users("GET", token, &format!("/search?q={name}"), Value::Null).await;
            assert!(ids(&found).is_empty(), "{how}");
            for list in [format!("/{fans}/following"), format!("/{bystanders}/followers")] {
                let listed = stage.users("GET", token, &list, Value::Null).await;
                assert!(!ids(&listed).contains(&adas.as_str()), "{how}: {list}");
            }
            let activity = stage.users("GET", token, &format!("/{fans}/activity"), Value::Null).await;
            assert_eq!(activity.status, 200);
            assert!(!format!("{activity:?}").contains(&adas), "{how}");
        }
        for (method, part) in [
            ("POST", "/follow"),
            ("GET", "/sessions"),
            ("GET", "/preferences"),
            ("GET", "/export"),
            ("PATCH", ""),
            ("PATCH", "/preferences"),
            ("DELETE", "/avatar"),
            ("DELETE", "/follow"),
        ] {
            let body = if method == "PATCH" { json!({}) } else { Value::Null };
            let hidden = stage.users(method, &eve.access, &format!("{path}{part}"), body.clone()).await;
            let absent = stage.users(method, &eve.access, &format!("{NOBODY}{part}"), body).await;
            assert_eq!(hidden.seen(), absent.seen(), "{how}: {method} {part}");
        }
        let seen = done(stage, "GET", &admin.access, &path, Value::Null).await;
        assert_eq!(seen.body["bio"], "bio", "{how}");
    }
}

/// The token of who is suspended or deleted is not even good for what everybody sees.
async fn who_is_gone_sees_nothing(stage: &Stage) {
    let (admin, ada) = (stage.of_role("admin").await, stage.signed_in().await);
    let adas = id(stage, &ada).await;
    for (method, path) in [("POST", "/suspend"), ("DELETE", "")] {
        let gone = stage.signed_in().await;
        let path = format!("/{}{path}", id(stage, &gone).await);
        done(stage, method, &admin.access, &path, Value::Null).await;
        for part in PARTS {
            let reply = stage.users("GET", &gone.access, &format!("/{adas}{part}"), Value::Null).await;
            assert_eq!(reply.status, 401, "{method} {part}: {reply:?}");
        }
    }
    // Who was suspended before being deleted comes back suspended.
    let bob = stage.signed_in().await;
    let path = format!("/{}", id(stage, &bob).await);
    done(stage, "POST", &admin.access, &format!("{path}/suspend"), Value::Null).await;
    done(stage, "DELETE", &admin.access, &path, Value::Null).await;
    done(stage, "POST", &admin.access, &format!("{path}/restore"), Value::Null).await;
    let back = done(stage, "GET", &admin.access, &path, Value::Null).await;
    assert_eq!(back.body["status"], "suspended");
    assert_eq!(stage.login(&bob.email, PASSWORD).await.status, 401);
}

async fn who_is_asked_and_opens_up_is_followed(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    let follow = format!("/{}/follow", id(stage, &ada).await);
    let open = async |profile: &str| {
        let body = json!({ "privacy": { "profile": profile } });
        done(stage, "PATCH", &ada.access, "/me/preferences", body).await;
        done(stage, "POST", &eve.access, &follow, Value::Null).await.body["state"].clone()
    };
    assert_eq!(open("followers").await, "requested");
    let export = done(stage, "GET", &eve.access, "/me/export", Value::Null).await;
    assert_eq!(export.body["requested"].as_array().unwrap().len(), 1);
    assert_eq!(open("public").await, "following");
    assert_eq!(open("followers").await, "following", "who was let in stays");
    let own = me(stage, &ada).await;
    assert_eq!(own["followers"], 1);
}

async fn pages_have_bounds(stage: &Stage) {
    let admin = stage.of_role("admin").await;
    let lists = ["", "/search?q=a", "/me/followers", "/me/following", "/me/activity", "/me/follow-requests"];
    for list in lists {
        let sep = if list.contains('?') { '&' } else { '?' };
        let ask = async |query: &str| {
            stage.users("GET", &admin.access, &format!("{list}{sep}{query}"), Value::Null).await
        };
        for limit in ["0", "-1", "1.5", "x", "4294967296", "99999999999999999999"] {
            let reply = ask(&format!("limit={limit}")).await;
            assert_eq!((reply.status, reply.pointers()), (400, vec!["/query/limit"]), "{list} {limit}");
        }
        let most = ask("limit=4294967295").await;
        assert!(most.status == 200 && most.body["items"].as_array().unwrap().len() <= 200, "{list}");
        for cursor in ["x", "%00", "AAAA", &"A".repeat(4000)] {
            let reply = ask(&format!("cursor={cursor}")).await;
            assert_eq!(reply.status, 400, "{list} {cursor}: {reply:?}");
        }
    }
    for query in [
        "q=%00".to_owned(),
        "q=%ED%A0%80".to_owned(),
        format!("q={}", "a".repeat(201)),
        "created_since=-009999-01-01T00:00:00Z".to_owned(),
        "created_until=9999-12-31T23:59:59Z".to_owned(),
        "created_since=yesterday".to_owned(),
        "verified=maybe".to_owned(),
        "status=gone".to_owned(),
        "role=%27%20OR%201%3D1".to_owned(),
    ] {
        let reply = stage.users("GET", &admin.access, &format!("?{query}"), Value::Null).await;
        assert!([200, 400].contains(&reply.status), "{query}: {reply:?}");
    }
}

async fn a_cursor_is_of_one_list(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    let (adas, eves) = (id(stage, &ada).await, id(stage, &eve).await);
    for _ in 0..2 {
        let fan = stage.signed_in().await;
        for star in [&adas, &eves] {
            done(stage, "POST", &fan.access, &format!("/{star}/follow"), Value::Null).await;
        }
    }
    let first = done(stage, "GET", "", &format!("/{adas}/followers?limit=1"), Value::Null).await;
    let next = first.body["next"].as_str().unwrap();
    let second =
        done(stage, "GET", &eve.access, &format!("/{adas}/followers?limit=1&cursor={next}"), Value::Null)
            .await;
    assert_ne!(ids(&first), ids(&second));
    assert!(second.body.get("next").is_none());
    let back = second.body["previous"].as_str().unwrap();
    let back = done(stage, "GET", "", &format!("/{adas}/followers?limit=1&cursor={back}"), Value::Null).await;
    assert_eq!(ids(&back), ids(&first));
    for list in [format!("/{eves}/followers?"), format!("/{adas}/following?"), "/search?q=a&".to_owned()] {
        let reply = stage.users("GET", "", &format!("{list}cursor={next}"), Value::Null).await;
        assert_eq!(reply.refusal(), (400, "invalid_cursor"), "{list}");
    }
}

async fn every_script_is_searched(stage: &Stage) {
    let mark = stage.unique();
    for (name, texts) in [
        ("Ὀδυσσεύς", ["οδυσσευς", "ΟΔΥΣΣΕΥΣ", "ὀδυσ"]),
        ("Łucja Ørsted", ["LUCJA", "ørsted", "orst lu"]),
        ("Straße", ["STRASSE", "strasse", "straß"]),
        ("Фёдор", ["федор", "ФЁДОР", "фед"]),
        ("İstanbul ılık", ["istanbul", "ILIK", "ıl"]),
        ("Zoe\u{308}", ["zoë", "ZOË", "zo"]),
        ("张伟", ["张", "张伟", "\u{5f20}\u{4f1f}"]),
        ("ＡＤＡ ﬁne", ["ada", "FINE", "ａ fi"]),
    ] {
        let ada = stage.signed_in().await;
        let own = id(stage, &ada).await;
        let shown = json!({ "display_name": format!("{name} {mark}") });
        done(stage, "PATCH", &ada.access, "/me", shown).await;
        for text in texts {
            let text = format!("{text} {mark}");
            let q: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let q = q.concat();
            let found = done(stage, "GET", "", &format!("/search?q={q}"), Value::Null).await;
            assert_eq!(ids(&found), [own.as_str()], "{text:?}");
        }
    }
}

async fn an_export_holds_no_secrets(stage: &Stage) {
    let ada = stage.signed_in().await;
    stage.post("/forgot-password", json!({ "email": ada.email })).await;
    stage.mail(&ada.email, "reset_password").await;
    let export = done(stage, "GET", &ada.access, "/me/export", Value::Null).await;
    let mut members: Vec<_> = export.body.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(
        members,
        [
            "accounts",
            "activity",
            "api_keys",
            "authenticator_app",
            "complete",
            "devices",
            "exported_at",
            "follow_requests",
            "followers",
            "following",
            "invitations",
            "organisations",
            "passkeys",
            "preferences",
            "profile",
            "requested",
            "sessions",
            "user",
        ]
    );
    let mut session: Vec<_> =
        export.body["sessions"][0].as_object().unwrap().keys().map(String::as_str).collect();
    session.sort_unstable();
    assert_eq!(
        session,
        ["address", "created_at", "id", "last_active_at", "methods", "name", "user_agent"],
        "nothing that a token is made of"
    );
    let text = export.body.to_string();
    for secret in [PASSWORD, "argon2", "password", "seed", "generation", "\"mac\"", "gvr_", "gvl_"] {
        assert!(!text.contains(secret), "{secret}");
    }
    for token in [&ada.access, &ada.refresh] {
        assert!(!text.contains(token.as_str()));
    }
}

/// What is shown depends on who asks, and so no cache keeps it for somebody else.
async fn no_cache_keeps_people(stage: &Stage) {
    let admin = stage.of_role("super_admin").await;
    let own = id(stage, &admin).await;
    for path in [
        "",
        "/me",
        "/profile",
        "/account",
        "/me/sessions",
        "/me/preferences",
        "/me/export",
        "/me/followers",
        "/me/statistics",
        "/me/activity",
        "/me/follow-requests",
        "/search?q=a",
        &format!("/{own}"),
        NOBODY,
    ] {
        let reply = stage.users("GET", &admin.access, path, Value::Null).await;
        assert_eq!(reply.headers["cache-control"], "no-store", "{path}");
    }
}
