//! Cookie mode: for pages in a browser.

use serde_json::{Value, json};

use super::stage::{ISSUER, PASSWORD, Reply, Stage};

const JSON: (&str, &str) = ("content-type", "application/json");

pub(super) async fn run(stage: &Stage) {
    cookies_are_what_they_must_be(stage).await;
    a_page_of_elsewhere_does_nothing(stage).await;
    a_page_of_ours_stays_signed_in(stage).await;
    who_proves_once_more_keeps_the_refresh_token(stage).await;
    who_signs_in_again_leaves_no_session_behind(stage).await;
}

/// What a browser would send back.
fn jar(reply: &Reply) -> String {
    let pairs = reply.cookies().into_iter().map(|(name, rest)| {
        let value = rest.split(';').next().unwrap_or_default();
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("; ")
}

async fn login(stage: &Stage, origin: &str) -> Reply {
    let email = stage.verified().await;
    let body = json!({ "email": email, "password": PASSWORD, "cookies": true }).to_string();
    stage.call("POST", "/api/v1/auth/login", &[JSON, ("origin", origin)], body.as_bytes()).await
}

async fn cookies_are_what_they_must_be(stage: &Stage) {
    let reply = login(stage, ISSUER).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!((reply.body.get("access_token"), reply.body.get("refresh_token")), (None, None));
    assert_eq!(reply.headers["cache-control"], "no-store");
    let cookies = reply.cookies();
    let names: Vec<_> = cookies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["__Host-access", "__Host-refresh", "__Host-csrf"]);
    for (name, rest) in &cookies {
        assert!(
            rest.contains("; Secure") && rest.contains("; Path=/") && !rest.contains("Domain"),
            "{name}={rest}"
        );
        assert_eq!(rest.contains("; HttpOnly"), name != "__Host-csrf", "{name}={rest}");
    }
    assert!(cookies[0].1.contains("Max-Age=900") && cookies[0].1.ends_with("SameSite=Lax"), "{cookies:?}");
    assert!(
        cookies[1].1.contains("Max-Age=604800") && cookies[1].1.ends_with("SameSite=Strict"),
        "{cookies:?}"
    );
}

async fn a_page_of_elsewhere_does_nothing(stage: &Stage) {
    assert_eq!(login(stage, "https://evil.example").await.refusal(), (403, "auth.forged_request"));
    let reply = login(stage, ISSUER).await;
    let (jar, csrf) = (jar(&reply), reply.body["csrf_token"].as_str().unwrap().to_owned());
    let other = login(stage, ISSUER).await.body["csrf_token"].as_str().unwrap().to_owned();
    let cookie = ("cookie", jar.as_str());
    let ours = ("origin", ISSUER);
    for (path, method) in [
        ("/api/v1/auth/sessions", "DELETE"),
        ("/api/v1/auth/refresh", "POST"),
        ("/api/v1/auth/logout", "POST"),
    ] {
        for headers in [
            vec![cookie],
            vec![cookie, ours],
            vec![cookie, ("x-csrf-token", csrf.as_str())]
                .into_iter()
                .chain([("origin", "https://evil.example")])
                .collect(),
            vec![cookie, ours, ("x-csrf-token", other.as_str())],
            vec![cookie, ours, ("x-csrf-token", "nonsense")],
            vec![cookie, ("x-csrf-token", csrf.as_str()), ("origin", "null")],
            vec![cookie, ("x-csrf-token", csrf.as_str()), ("sec-fetch-site", "cross-site")],
        ] {
            let refused = stage.call(method, path, &headers, b"").await;
            assert_eq!(refused.refusal(), (403, "auth.forged_request"), "{method} {path} {headers:?}");
        }
    }
    let me = stage.call("GET", "/api/v1/auth/me", &[cookie], b"").await;
    assert_eq!(me.status, 200, "to read is not to change: {me:?}");
}

async fn a_page_of_ours_stays_signed_in(stage: &Stage) {
    let reply = login(stage, ISSUER).await;
    let (first, csrf) = (jar(&reply), reply.body["csrf_token"].as_str().unwrap().to_owned());
    let sent = |jar: &str| {
        [("cookie", jar.to_owned()), ("origin", ISSUER.to_owned()), ("x-csrf-token", csrf.clone())]
    };
    let ask = async |method: &str, path: &str, jar: &str| {
        let headers = sent(jar);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        stage.call(method, path, &headers, b"").await
    };
    let refreshed = ask("POST", "/api/v1/auth/refresh", &first).await;
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let second = jar(&refreshed);
    assert_ne!(first, second);
    assert_eq!(ask("DELETE", "/api/v1/auth/sessions", &second).await.status, 204);
    let out = ask("POST", "/api/v1/auth/logout", &second).await;
    assert_eq!(out.status, 204);
    assert!(
        out.cookies().iter().all(|(_, rest)| rest.starts_with(';') && rest.contains("Max-Age=0")),
        "{out:?}"
    );
    let me = ask("GET", "/api/v1/auth/me", &second).await;
    assert_eq!((me.refusal(), me.body.is_object()), ((401, "http.unauthenticated"), true));
    assert_eq!(stage.ask("GET", "", "/me", Value::Null).await.status, 401);
}

/// A proof takes its time, and the browser may have a newer refresh token by then.
async fn who_proves_once_more_keeps_the_refresh_token(stage: &Stage) {
    let reply = login(stage, ISSUER).await;
    let (first, csrf) = (jar(&reply), reply.body["csrf_token"].as_str().unwrap().to_owned());
    let path = "/api/v1/auth/step-up";
    let body = json!({ "password": PASSWORD, "cookies": true }).to_string();
    let headers = [JSON, ("cookie", first.as_str()), ("origin", ISSUER), ("x-csrf-token", csrf.as_str())];
    let proved = stage.call("POST", path, &headers, body.as_bytes()).await;
    assert_eq!((proved.status, proved.body.get("access_token")), (200, None), "{proved:?}");
    let cookies = proved.cookies();
    let names: Vec<_> = cookies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["__Host-access", "__Host-csrf"]);
    assert!(cookies[0].1.contains("HttpOnly") && cookies[0].1.contains("Secure"), "{cookies:?}");
    let me = stage.call("GET", "/api/v1/auth/me", &[("cookie", &jar(&proved))], b"").await;
    assert_eq!(me.status, 200, "{me:?}");
    assert_eq!(proved.body["csrf_token"], csrf);
    // Who came by a header is no page, whatever they ask for: no token that lasts comes of an access token.
    let ada = stage.signed_in().await;
    let bearer =
        stage.post_as(&ada.access, "/step-up", json!({ "password": PASSWORD, "cookies": true })).await;
    assert_eq!((bearer.status, bearer.cookies().len()), (200, 0), "{bearer:?}");
    assert!(bearer.body["access_token"].is_string() && bearer.body.get("refresh_token").is_none());
}

async fn who_signs_in_again_leaves_no_session_behind(stage: &Stage) {
    let email = stage.verified().await;
    let login = async |jar: &str, cookies: bool| {
        let body = json!({ "email": email, "password": PASSWORD, "cookies": cookies }).to_string();
        let headers = [JSON, ("origin", ISSUER), ("cookie", jar)];
        let reply = stage.call("POST", "/api/v1/auth/login", &headers, body.as_bytes()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply
    };
    let me = async |jar: &str| stage.call("GET", "/api/v1/auth/me", &[("cookie", jar)], b"").await.status;
    let first = jar(&login("", true).await);
    let second = jar(&login(&first, true).await);
    assert_eq!((me(&first).await, me(&second).await), (401, 200));
    // Tokens in the answer are for somebody else than the browser's pages.
    login(&second, false).await;
    assert_eq!(me(&second).await, 200);
    // What is no token of ours, or twice there, is in nobody's way.
    login("__Host-refresh=nonsense", true).await;
    login(&format!("{second}; __Host-refresh=twice"), true).await;
    assert_eq!(me(&second).await, 200);
    // A sign-in that fails ends nothing, and neither does a page of elsewhere.
    for (password, origin, status) in
        [("wrong horse battery", ISSUER, 401), (PASSWORD, "https://evil.example", 403)]
    {
        let body = json!({ "email": email, "password": password, "cookies": true }).to_string();
        let headers = [JSON, ("origin", origin), ("cookie", second.as_str())];
        assert_eq!(stage.call("POST", "/api/v1/auth/login", &headers, body.as_bytes()).await.status, status);
    }
    assert_eq!(me(&second).await, 200);
}
