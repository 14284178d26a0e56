//! JSON bodies: what JSON is gets in, unless it is too deep; a type takes what its schema takes.
#![no_main]

use gravity_core::http::{Body, Json, PUBLIC, Routes, post};
use gravity_core::validate::Schema;
use gravity_core::{Money, Timestamp};
use gravity_core_fuzz::{Answer, ask, depth, leads_somewhere};
use http::Request;
use libfuzzer_sys::fuzz_target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const DEPTH: usize = 64;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    #[schemars(length(min = 1, max = 5))]
    title: String,
    #[schemars(range(max = 9))]
    count: u8,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    tags: Vec<String>,
    at: Option<Timestamp>,
    price: Option<Money>,
    parent: Option<Box<Order>>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Kind {
    #[default]
    Plain,
    Weighed {
        grams: f64,
    },
}

async fn any(Json(value): Json<Value>) -> Json<Value> {
    Json(value)
}

async fn order(Json(order): Json<Order>) -> Json<Order> {
    Json(order)
}

thread_local! {
    static ROUTES: Routes = Routes::new()
        .route(post("/any", "any").allow(PUBLIC).to(any))
        .route(post("/order", "order").allow(PUBLIC).to(order));
    static SCHEMA: Schema = Schema::of::<Order>().unwrap();
}

fn send(path: &str, body: &[u8]) -> Answer {
    let request = Request::post(path).header("content-type", "application/json");
    ROUTES.with(|routes| ask(routes, request.body(Body::from(body.to_vec())).unwrap()))
}

fuzz_target!(|body: &[u8]| {
    let document = serde_json::from_slice::<Value>(body).ok();
    let openings = body.iter().filter(|byte| b"[{".contains(byte)).count();
    let (any, typed) = (send("/any", body), send("/order", body));
    match document {
        None => assert_eq!([any.status.as_u16(), typed.status.as_u16()], [400, 400]),
        Some(document) if depth(&document) > DEPTH => {
            assert_eq!([any.status.as_u16(), typed.status.as_u16()], [400, 400])
        }
        Some(document) => {
            if openings <= DEPTH {
                assert_eq!(any.status, 200, "{document}");
                assert_eq!(any.body, serde_json::to_vec(&document).unwrap());
            }
            order_of(&document, &typed);
        }
    }
});

fn order_of(document: &Value, answer: &Answer) {
    if answer.status.is_success() {
        SCHEMA.with(|schema| schema.validate(document)).expect("nothing invalid gets in");
        // What was taken is taken again, and is the same.
        let again = send("/order", &answer.body);
        assert_eq!(again.body, answer.body);
    } else if answer.status == 422 {
        for error in answer.json()["errors"].as_array().unwrap() {
            let pointer = error["pointer"].as_str().unwrap();
            assert!(leads_somewhere(document, pointer), "{pointer:?} in {document}");
        }
    }
}
