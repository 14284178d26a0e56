//! What stands in the document of a route.

use futures_util::future::BoxFuture;
use gravity_core::http::{
    Authenticator, IntoProblem, Json, NoContent, OpenApi, PUBLIC, Path, Problem, ProblemKind, Response,
    Routes, Rule, SIGNED_IN, Scheme, delete, get, method, post, problems,
};
use gravity_core::{Permission, Principal};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ask, document};

async fn nothing() -> NoContent {
    NoContent
}

struct Everyone;

impl Authenticator for Everyone {
    fn authenticate<'a>(
        &'a self,
        _: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn schemes(&self) -> Vec<Scheme> {
        vec![Scheme::Bearer, Scheme::ApiKey("x-api-key"), Scheme::Cookie("session")]
    }

    fn problems(&self) -> &'static [ProblemKind] {
        const EXPIRED: ProblemKind =
            ProblemKind::new(StatusCode::UNAUTHORIZED, "test.expired", "The token has expired.");
        &[EXPIRED]
    }
}

fn statuses(operation: &Value) -> Vec<&str> {
    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
}

fn codes<'d>(document: &'d Value, operation: &Value, status: &str) -> &'d Value {
    let pointer = operation["responses"][status]["$ref"].as_str().unwrap().trim_start_matches('#');
    let response = document.pointer(pointer).unwrap();
    &response["content"]["application/problem+json"]["schema"]["properties"]["code"]["enum"]
}

#[test]
fn access_is_told() {
    let routes: Routes = Routes::new()
        .route(get("/public", "public").allow(PUBLIC).to(nothing))
        .route(get("/perhaps", "perhaps").allow(PUBLIC).to(async |_: Option<Principal>| NoContent))
        .route(get("/anyone", "anyone").allow(SIGNED_IN).to(nothing))
        .route(
            get("/permitted", "permitted")
                .allow(Permission::new("notes:read"))
                .description("Reads.")
                .to(nothing),
        )
        .route(get("/ruled", "ruled").allow(Rule::new("office_hours", |_, _| true)).to(nothing))
        .authenticator(Everyone);
    let all = document(&routes);
    let at = |path: &str| &all["paths"][path]["get"];
    assert_eq!(at("/public")["security"], json!([]));
    assert_eq!(statuses(at("/public")), ["204", "400", "414", "431", "500", "503"]);
    assert_eq!(at("/perhaps")["security"][0], json!({}));
    assert!(statuses(at("/perhaps")).contains(&"401"));
    let everyone = json!([{ "bearer": [] }, { "header.x-api-key": [] }, { "cookie.session": [] }]);
    assert_eq!(at("/anyone")["security"], everyone);
    assert!(!statuses(at("/anyone")).contains(&"403"));
    assert_eq!(at("/permitted")["security"][0], json!({ "bearer": ["notes:read"] }));
    assert_eq!(at("/permitted")["x-permission"], "notes:read");
    assert_eq!(at("/permitted")["description"], "Reads.\n\nNeeds the permission `notes:read`.");
    assert_eq!(codes(&all, at("/permitted"), "401"), &json!(["http.unauthenticated", "test.expired"]));
    assert_eq!(codes(&all, at("/permitted"), "403"), &json!(["http.forbidden"]));
    assert_eq!(at("/ruled")["x-rule"], "office_hours");
    assert_eq!(
        all["components"]["securitySchemes"],
        json!({
            "bearer": { "type": "http", "scheme": "bearer" },
            "header.x-api-key": { "type": "apiKey", "in": "header", "name": "x-api-key" },
            "cookie.session": { "type": "apiKey", "in": "cookie", "name": "session" },
        })
    );
}

#[test]
fn every_parameter_of_the_path_is_described() {
    let routes: Routes =
        Routes::new().route(get("/files/{*path}", "readFile").allow(PUBLIC).to(nothing)).route(
            get("/sum/{left}/{right}", "sum")
                .allow(PUBLIC)
                .to(async |Path((a, b)): Path<(u8, u8)>| Json(a + b)),
        );
    let all = document(&routes);
    let file = &all["paths"]["/files/{path}"]["get"];
    let expected =
        json!([{ "in": "path", "name": "path", "required": true, "schema": { "type": "string" } }]);
    assert_eq!(file["parameters"], expected);
    assert_eq!(codes(&all, file, "404"), &json!(["http.not_found"]));
    let sum = &all["paths"]["/sum/{left}/{right}"]["get"]["parameters"];
    assert_eq!((&sum[0]["name"], &sum[1]["name"]), (&json!("left"), &json!("right")));
    assert_eq!(sum[1]["schema"]["maximum"], 255);
}

#[test]
fn codes_of_one_status_stand_together() {
    const GONE: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "notes.gone", "The note is gone.");
    struct Gone;
    impl IntoProblem for Gone {
        const KINDS: &'static [ProblemKind] = &[GONE];
        fn into_problem(self) -> Problem {
            Problem::new(GONE)
        }
    }
    let routes: Routes = Routes::new().route(
        delete("/notes/{id}", "deleteNote")
            .allow(PUBLIC)
            .problems(&[problems::TOO_MANY_REQUESTS])
            .to(async |_: Path<u32>| Err::<NoContent, _>(Gone)),
    );
    let all = document(&routes);
    let operation = &all["paths"]["/notes/{id}"]["delete"];
    assert_eq!(codes(&all, operation, "404"), &json!(["http.not_found", "notes.gone"]));
    let limited = &all["components"]["responses"]["http.too_many_requests"];
    assert_eq!(limited["headers"]["retry-after"]["schema"]["type"], "integer");
    let example =
        &limited["content"]["application/problem+json"]["examples"]["http.too_many_requests"]["value"];
    assert_eq!(
        (&example["status"], &example["type"]),
        (&json!(429), &json!("urn:gravity:http.too_many_requests"))
    );
}

#[test]
fn an_error_of_services_may_carry_codes_of_its_own() {
    async fn fails() -> Result<NoContent, gravity_core::Error> {
        Ok(NoContent)
    }
    let routes: Routes = Routes::new().route(get("/a", "a").allow(PUBLIC).to(fails));
    let all = document(&routes);
    let conflict = &all["components"]["responses"]["conflict-more"]["content"]["application/problem+json"];
    assert_eq!(conflict["schema"]["properties"]["code"], json!({ "examples": ["conflict"] }));
    assert_eq!(codes(&all, &all["paths"]["/a"]["get"], "414"), &json!(["http.uri_too_long"]));
}

#[test]
fn what_types_do_not_tell_the_route_can() {
    async fn by_hand() -> Response {
        Response::default()
    }
    let routes: Routes = Routes::new().route(get("/silent", "silent").allow(PUBLIC).to(by_hand)).route(
        post("/told", "told")
            .allow(PUBLIC)
            .describe(|operation| {
                operation.response(StatusCode::CONFLICT, "Taken.", Some(("application/json", json!({}))));
                operation.response_example(StatusCode::CONFLICT, "taken", json!(7));
                operation.response_header(StatusCode::CONFLICT, "x-other", "Who has it.");
                operation.request_example("small", json!(1));
            })
            .problems(&[ProblemKind::new(StatusCode::CONFLICT, "test.taken", "Taken.")])
            .to(async |Json(number): Json<u8>| Json(number)),
    );
    let all = document(&routes);
    assert!(all["paths"]["/silent"]["get"]["responses"]["default"].is_object());
    let told = &all["paths"]["/told"]["post"];
    let conflict = &told["responses"]["409"];
    assert_eq!(conflict["content"]["application/json"]["examples"]["taken"]["value"], 7);
    assert!(conflict["content"]["application/problem+json"].is_object());
    assert!(conflict["headers"]["x-other"].is_object());
    assert_eq!(told["requestBody"]["content"]["application/json"]["examples"]["small"]["value"], 1);
}

#[test]
fn some_routes_are_not_listed() {
    let routes: Routes = Routes::new()
        .route(get("/health", "health").allow(PUBLIC).unlisted().to(nothing))
        .route(method(Method::HEAD, "/notes", "headNotes").allow(PUBLIC).to(nothing))
        .route(method(Method::from_bytes(b"PURGE").unwrap(), "/notes", "purge").allow(PUBLIC).to(nothing));
    assert_eq!(document(&routes)["paths"], json!({}));
}

#[test]
#[should_panic(expected = "two operations are named `notes`: GET /a and POST /b")]
fn operation_ids_are_unique() {
    let routes: Routes = Routes::new()
        .route(get("/a", "notes").allow(PUBLIC).to(nothing))
        .route(post("/b", "notes").allow(PUBLIC).to(nothing));
    document(&routes);
}

#[test]
#[should_panic(expected = "the problem code `notes.gone` has two meanings")]
fn a_code_means_one_thing() {
    let gone = |status| ProblemKind::new(status, "notes.gone", "Gone.");
    let routes: Routes = Routes::new()
        .route(get("/a", "a").allow(PUBLIC).problems(&[gone(StatusCode::GONE)]).to(nothing))
        .route(get("/b", "b").allow(PUBLIC).problems(&[gone(StatusCode::NOT_FOUND)]).to(nothing));
    document(&routes);
}

#[test]
fn the_service_speaks_for_itself() {
    let routes: Routes = Routes::new().route(get("/a", "a").allow(PUBLIC).tag("second").to(nothing));
    let document = OpenApi::new("Notes", "2.1.0")
        .with_description("Keeps notes.")
        .with_contact("The team", "https://example.com/")
        .with_licence("MIT", "MIT")
        .with_server("https://api.example.com", "the real one")
        .with_tag("first", "Comes first.")
        .document(&routes);
    let value = document.as_value();
    assert_eq!(
        (&value["openapi"], &value["info"]["license"]["identifier"]),
        (&json!("3.1.0"), &json!("MIT"))
    );
    assert_eq!(
        value["tags"],
        json!([{ "name": "first", "description": "Comes first." }, { "name": "second" }])
    );
    assert_eq!(value["servers"][0]["url"], "https://api.example.com");
    assert!(document.to_json_pretty().starts_with("{\n  \"components\""));
}

#[tokio::test]
async fn the_served_document_names_its_place_and_can_be_kept() {
    let notes =
        || Routes::new().route(get("/a", "a").allow(PUBLIC).to(nothing)).openapi(OpenApi::new("Notes", "1"));
    let api: Routes = Routes::new().nest("/one", notes()).nest("/two/deep", notes());
    for prefix in ["/one", "/two/deep"] {
        let (status, headers, text) = ask(&api, &format!("{prefix}/openapi.json"), &[]).await;
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (status, &headers["content-type"]),
            (StatusCode::OK, &"application/json".parse().unwrap())
        );
        assert_eq!(document["servers"], json!([{ "url": prefix }]));
        let tag = headers["etag"].to_str().unwrap();
        let others = format!("\"other\", W/{tag}");
        let (status, _, text) =
            ask(&api, &format!("{prefix}/openapi.json"), &[("if-none-match", &others)]).await;
        assert_eq!((status, text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    }
    let set: Routes =
        Routes::new().openapi(OpenApi::new("Notes", "1").with_server("https://a.example/", "a"));
    let (_, _, text) = ask(&set, "/openapi.json", &[]).await;
    assert!(text.contains("https://a.example/"));
}
