//! The sample's document, pinned: a change of it is a change of every service's contract.

#[path = "../../examples/sample/service.rs"]
mod service;

use std::path::Path;

use super::ask;

#[test]
fn the_document_of_the_sample_is_the_one_that_is_kept() {
    let document = service::about().document(&service::routes(&service::Notes::default())).to_json_pretty();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi/sample.json");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&file, &document).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(
        document == kept,
        "the document has changed; look at the difference after UPDATE_SNAPSHOTS=1 cargo test -p gravity-core --test openapi"
    );
}

#[test]
fn the_same_routes_make_the_same_bytes() {
    let make = || service::about().document(&service::routes(&service::Notes::default())).to_json_pretty();
    assert_eq!(make(), make());
}

#[tokio::test]
async fn what_is_served_is_the_document_with_its_place() {
    let (_, _, text) = ask(&service::service(), "/openapi.json", &[]).await;
    let mut served: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(served["servers"], serde_json::json!([{ "url": "/" }]));
    served.as_object_mut().unwrap().remove("servers");
    let document = service::about().document(&service::routes(&service::Notes::default()));
    assert_eq!(&served, document.as_value());
}
