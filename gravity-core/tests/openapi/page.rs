//! The documentation page: what can be told of it without a browser.

use gravity_core::http::{OpenApi, Routes};
use http::StatusCode;

use super::ask;

fn routes() -> Routes {
    Routes::new().nest("/api/v1", Routes::new().openapi(OpenApi::new("Notes", "1")).docs())
}

#[tokio::test]
async fn the_page_finds_its_files_beside_itself() {
    let (status, headers, page) = ask(&routes(), "/api/v1/docs", &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!(
        (status, &headers["content-type"]),
        (StatusCode::OK, &"text/html; charset=utf-8".parse().unwrap())
    );
    for file in ["docs/page.js", "docs/page.css"] {
        assert!(page.contains(&format!("\"{file}\"")));
        let (status, headers, text) = ask(&routes(), &format!("/api/v1/{file}"), &[]).await;
        assert_eq!(
            (status, &headers["x-content-type-options"]),
            (StatusCode::OK, &"nosniff".parse().unwrap())
        );
        assert!(!text.is_empty());
        let tag = headers["etag"].to_str().unwrap();
        let (status, _, _) = ask(&routes(), &format!("/api/v1/{file}"), &[("if-none-match", tag)]).await;
        assert_eq!(status, StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn nothing_foreign_runs_on_the_page() {
    let (_, headers, page) = ask(&routes(), "/api/v1/docs", &[]).await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    assert!(!policy.contains("unsafe"));
    let (_, _, script) = ask(&routes(), "/api/v1/docs/page.js", &[]).await;
    for foreign in ["https://", "http://", "style=", "onclick=", "<style"] {
        assert!(!page.contains(foreign), "the page says {foreign}");
    }
    for unsafe_call in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
    {
        assert!(!script.contains(unsafe_call), "the script says {unsafe_call}");
    }
}

#[test]
#[should_panic(expected = "call `openapi` before `docs`")]
fn a_page_without_a_document_is_refused() {
    let _: Routes = Routes::new().docs();
}
