//! Paths: the same to the routes whatever they are mounted under.

use super::Probe;
use crate::testing::http::{Host, Raw};

/// The prefixes that the suite is worth running under.
pub const PREFIXES: &[&str] = &["", "/api", "/a/b/c"];

/// Routes are found under the prefix, and know it where they have to.
pub async fn prefixes(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    assert_eq!(raw.ask("GET", &host.path("/"), "").await.text(), "root");
    assert_eq!(raw.ask("GET", &host.path("/hello"), "").await.text(), "hello");
    let (whole, inner) = (host.path("/where"), "/where");
    let seen = raw.ask("GET", &whole, "").await;
    // A host that mounts by nesting the tables has cut nothing off.
    assert!(
        seen.text() == format!("{whole} {inner}") || seen.text() == format!("{whole} {whole}"),
        "{}",
        seen.text()
    );
    let body = r#"{"name":"x"}"#;
    let path = host.path("/things");
    raw.send(format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
    .await;
    let answer = raw.answer().await;
    assert_eq!((answer.status.as_u16(), answer.text()), (201, body));
    assert_eq!(answer.headers["location"], format!("{path}/7"));
    let peer = raw.ask("GET", &host.path("/peer"), "").await;
    assert!(peer.text().starts_with("127.0.0.1:"), "{}", peer.text());
}

/// Parameters are decoded once, an encoded slash is no slash, and what is not UTF-8 is refused.
pub async fn percent_encoding(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    for (path, expected) in [
        ("/hello/J%C3%BCrgen", "hello Jürgen"),
        ("/hello/a%2Fb", "hello a/b"),
        ("/hello/a%2fb%20c", "hello a/b c"),
        ("/hello/a+b", "hello a+b"),
        ("/hello/100%2525", "hello 100%25"),
        ("/hello/%7Euser", "hello ~user"),
        ("/hello/..%2F..", "hello ../.."),
        ("/hello/a:b@c;d=e,f", "hello a:b@c;d=e,f"),
        ("/query?q=a+b%26c", "a b&c"),
        ("/query?q=%E2%82%AC", "€"),
    ] {
        let answer = raw.ask("GET", &host.path(path), "").await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, expected), "{path}");
    }
    for path in ["/hello/%FF", "/hello/%C3", "/hello/a%00b", "/things/x", "/query?q=%FF"] {
        let answer = raw.ask("GET", &host.path(path), "").await;
        assert_eq!((answer.status.as_u16(), &*answer.problem()), (400, "http.bad_parameter"), "{path}");
    }
}

/// A path is taken as it is: no slash is added or removed, no segment resolved.
pub async fn strict(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    for path in [
        "/hello/",
        "//hello",
        "/hello//x",
        "/./hello",
        "/x/../hello",
        "/hello/a/b",
        "/Hello",
        "/%68ello/",
        "/hello%2Fname",
        "/nowhere",
        "/things",
    ] {
        let answer = raw.ask("GET", &host.path(path), "").await;
        let expected = if path == "/things" { 405 } else { 404 };
        assert_eq!(answer.status, expected, "{path}");
        answer.problem();
    }
    if host.path("/") != "/" {
        assert_eq!(raw.ask("GET", &format!("{}/", host.path("/")), "").await.status, 404, "prefix and slash");
        assert_eq!(
            raw.ask("GET", &format!("{}x", host.path("/")), "").await.status,
            404,
            "beside the prefix"
        );
    }
}

/// HEAD is GET without its body; OPTIONS and 405 say which methods there are.
pub async fn methods(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    let answer = raw.ask("HEAD", &host.path("/hello"), "").await;
    assert_eq!((answer.status.as_u16(), &answer.headers["content-length"]), (200, &"5".parse().unwrap()));
    assert_eq!(raw.ask("HEAD", &host.path("/bytes/1000000000000"), "").await.status, 200);
    assert_eq!(raw.ask("HEAD", &host.path("/nowhere"), "").await.status, 404);
    let answer = raw.ask("OPTIONS", &host.path("/things/1"), "").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["allow"]),
        (204, &"DELETE, GET, HEAD, OPTIONS".parse().unwrap())
    );
    for method in ["PUT", "PATCH", "BREW"] {
        let answer = raw.ask(method, &host.path("/things/1"), "").await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.problem()),
            (405, "http.method_not_allowed"),
            "{method}"
        );
        assert_eq!(answer.headers["allow"], "DELETE, GET, HEAD, OPTIONS");
    }
}
