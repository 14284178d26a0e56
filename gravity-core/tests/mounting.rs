//! Routes beside an application's own, in axum and in actix-web.
#![cfg(all(feature = "axum", feature = "actix"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use gravity_core::http::{Body, FromParts, PUBLIC, Parts, Problem, Routes, get};
use tower::ServiceExt;

struct Original(String);

impl<S> FromParts<S> for Original {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(format!("{} of {}", parts.uri().path(), parts.original_path())))
    }

    fn describe(_: &mut gravity_core::http::openapi::Operation<'_>) {}
}

fn notes() -> Routes {
    Routes::new()
        .route(get("/", "root").allow(PUBLIC).to(async |Original(path): Original| path))
        .route(get("/notes/{id}", "note").allow(PUBLIC).to(async |Original(path): Original| path))
}

async fn ask(app: &Router, method: &str, path: &str) -> (u16, String) {
    let request = axum::extract::Request::builder().method(method).uri(path).header("host", "test");
    let response = app.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let bytes = Body::new(response.into_body()).into_bytes(1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn merged_into_axum_the_applications_fallback_stays() {
    let app: Router =
        Router::new().route("/home", axum::routing::get("home")).fallback(|| async { "lost" }).merge(notes());
    assert_eq!(ask(&app, "GET", "/home").await, (200, "home".into()));
    assert_eq!(ask(&app, "GET", "/notes/1").await, (200, "/notes/1 of /notes/1".into()));
    assert_eq!(ask(&app, "GET", "/nowhere").await, (200, "lost".into()));
    let (status, body) = ask(&app, "PUT", "/notes/1").await;
    assert!(status == 405 && body.contains("http.method_not_allowed"), "{body}");
    assert_eq!(ask(&app, "OPTIONS", "/notes/1").await.0, 204);
}

#[tokio::test]
async fn nested_in_axum_everything_under_the_prefix_is_ours() {
    let inner: Router = Router::new().nest("/{tenant}", notes().into_axum());
    let app = Router::new().fallback(|| async { "lost" }).nest("/api", inner);
    assert_eq!(ask(&app, "GET", "/api/a%20b/notes/1").await, (200, "/notes/1 of /api/a%20b/notes/1".into()));
    assert_eq!(ask(&app, "GET", "/api/x").await, (200, "/ of /api/x".into()));
    let (status, body) = ask(&app, "GET", "/api/x/nowhere").await;
    assert!(status == 404 && body.contains("http.not_found"), "{status} {body}");
    assert_eq!(ask(&app, "GET", "/nowhere").await, (200, "lost".into()));
}

async fn in_actix() {
    use actix_web::{App, HttpResponse, test, web};
    use gravity_core::http::host::actix::mount;

    let app = test::init_service(
        App::new()
            .route("/home", web::get().to(async || "home"))
            .service(web::scope("/api/{tenant}").service(mount("/v1", notes())))
            .service(web::scope("/bare").service(mount("", notes())))
            .default_service(web::to(async || HttpResponse::Ok().body("lost"))),
    )
    .await;
    for (method, path, status, expected) in [
        ("GET", "/home", 200, "home"),
        ("GET", "/api/a%20b/v1/notes/1", 200, "/notes/1 of /api/a%20b/v1/notes/1"),
        ("GET", "/api/%C3%BC%2F/v1/notes/1?q", 200, "/notes/1 of /api/%C3%BC%2F/v1/notes/1"),
        ("GET", "/api/x/v1", 200, "/ of /api/x/v1"),
        ("GET", "/bare/notes/2", 200, "/notes/2 of /bare/notes/2"),
        ("GET", "/bare", 200, "/ of /bare"),
        ("GET", "/api/x/v1/", 404, "http.not_found"),
        ("GET", "/api/x/v1/nowhere", 404, "http.not_found"),
        ("PUT", "/api/x/v1/notes/1", 405, "http.method_not_allowed"),
        ("GET", "/nowhere", 200, "lost"),
        ("GET", "/api/x/v1x", 200, "lost"),
    ] {
        let method = actix_web::http::Method::from_bytes(method.as_bytes()).unwrap();
        let request = test::TestRequest::with_uri(path).method(method).insert_header(("host", "test"));
        let response = test::call_service(&app, request.to_request()).await;
        let got = response.status().as_u16();
        let body = test::read_body(response).await;
        let body = String::from_utf8_lossy(&body);
        assert!(got == status && body.contains(expected), "{path}: {got} {body}");
    }
}

#[test]
fn mounted_in_actix_it_knows_the_whole_path() {
    actix_web::rt::System::new().block_on(in_actix());
}
