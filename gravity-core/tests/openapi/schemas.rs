//! The names and the forms of schemas.

use gravity_core::http::{Json, PUBLIC, Query, Routes, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Same {
    size: u16,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Leaf {
    #[serde(default)]
    size: u8,
}

/// Differs only in what it refers to, and refers to itself.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Tree {
    leaves: Vec<Leaf>,
    branches: Vec<Tree>,
    same: Same,
}

async fn grow(Json(tree): Json<Tree>) -> Json<Tree> {
    Json(tree)
}

#[test]
fn a_type_has_two_schemas_where_reading_and_writing_differ() {
    let routes: Routes = Routes::new().route(post("/grow", "grow").allow(PUBLIC).to(grow));
    let all = document(&routes);
    let schemas = all["components"]["schemas"].as_object().unwrap();
    let names: Vec<&str> = schemas.keys().map(String::as_str).collect();
    assert_eq!(names, ["Leaf", "LeafInput", "Problem", "Same", "Tree", "TreeInput"]);
    let reference = |name: &str| json!(format!("#/components/schemas/{name}"));
    assert_eq!(schemas["TreeInput"]["properties"]["leaves"]["items"]["$ref"], reference("LeafInput"));
    assert_eq!(schemas["TreeInput"]["properties"]["branches"]["items"]["$ref"], reference("TreeInput"));
    assert_eq!(schemas["TreeInput"]["properties"]["same"]["$ref"], reference("Same"));
    assert_eq!(schemas["Tree"]["properties"]["leaves"]["items"]["$ref"], reference("Leaf"));
    assert_eq!(
        (schemas["Leaf"].get("required"), schemas["LeafInput"].get("required")),
        (Some(&json!(["size"])), None)
    );
    let operation = &all["paths"]["/grow"]["post"];
    assert_eq!(
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        reference("TreeInput")
    );
    assert_eq!(
        operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"],
        reference("Tree")
    );
    assert!(!all.to_string().contains("$defs"));
    every_reference_leads_somewhere(&all, &all);
}

fn every_reference_leads_somewhere(all: &Value, part: &Value) {
    if let Some(reference) = part["$ref"].as_str() {
        assert!(all.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let parts: Vec<&Value> = match part {
        Value::Object(object) => object.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    for part in parts {
        every_reference_leads_somewhere(all, part);
    }
}

#[test]
fn integers_have_the_bounds_of_their_type() {
    #[derive(Serialize, JsonSchema)]
    struct Numbers {
        small: i8,
        port: u16,
        large: u64,
        #[schemars(range(min = 3, max = 9))]
        few: u32,
    }
    let routes: Routes = Routes::new().route(
        post("/n", "n").allow(PUBLIC).to(async || Json(Numbers { small: 1, port: 1, large: 1, few: 3 })),
    );
    let all = document(&routes);
    let bounds = |name: &str| {
        let schema = &all["components"]["schemas"]["Numbers"]["properties"][name];
        (schema["minimum"].clone(), schema["maximum"].clone())
    };
    assert_eq!(bounds("small"), (json!(-128), json!(127)));
    assert_eq!(bounds("port"), (json!(0), json!(65535)));
    assert_eq!(bounds("large"), (json!(0), json!(u64::MAX)));
    assert_eq!(bounds("few"), (json!(3), json!(9)));
}

#[test]
fn a_parameter_that_may_be_missing_is_not_null() {
    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Order {
        Up,
        Down,
    }
    #[derive(Deserialize, JsonSchema)]
    struct Search {
        /// What to look for.
        text: Option<String>,
        order: Option<Order>,
        #[serde(default)]
        tag: Vec<String>,
    }
    async fn search(Query(search): Query<Search>) -> Json<usize> {
        let order = match search.order {
            Some(Order::Up) => 1,
            Some(Order::Down) => 2,
            None => 0,
        };
        Json(search.text.map_or(0, |text| text.len()) + search.tag.len() + order)
    }
    let routes: Routes = Routes::new().route(post("/s", "s").allow(PUBLIC).to(search));
    let all = document(&routes);
    let parameters = all["paths"]["/s"]["post"]["parameters"].as_array().unwrap();
    let named = |name: &str| parameters.iter().find(|parameter| parameter["name"] == name).unwrap();
    assert_eq!(
        named("text"),
        &json!({ "in": "query", "name": "text", "required": false, "description": "What to look for.", "schema": { "type": "string" } })
    );
    assert_eq!(named("order")["schema"], json!({ "$ref": "#/components/schemas/Order" }));
    assert_eq!(named("tag")["schema"]["type"], "array");
}

#[test]
fn an_example_of_a_part_is_no_example_of_the_whole() {
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[schemars(example = Part { size: 7 })]
    struct Part {
        size: u8,
    }
    #[derive(Serialize, JsonSchema)]
    struct Whole {
        name: String,
        #[serde(flatten)]
        part: Part,
    }
    let routes: Routes = Routes::new().route(
        post("/p", "p")
            .allow(PUBLIC)
            .to(async |Json(part): Json<Part>| Json(Whole { name: String::new(), part })),
    );
    let all = document(&routes);
    assert_eq!(all["components"]["schemas"]["Part"]["examples"], json!([{ "size": 7 }]));
    assert_eq!(all["components"]["schemas"]["Whole"].get("examples"), None);
}

mod elsewhere {
    use super::{Deserialize, JsonSchema, Serialize};

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(super) struct Same {
        pub(super) weight: f32,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(super) struct Same2 {
        pub(super) weight: f32,
    }
}

#[test]
#[should_panic(expected = "two types have the schema name `Same`")]
fn two_types_of_one_name_are_refused_when_both_are_written() {
    let routes: Routes = Routes::new()
        .route(post("/a", "a").allow(PUBLIC).to(async || Json(Same { size: 1 })))
        .route(post("/b", "b").allow(PUBLIC).to(async || Json(elsewhere::Same { weight: 1.0 })));
    document(&routes);
}

#[test]
#[should_panic(expected = "openapi::schemas::elsewhere::Same and openapi::schemas::Same; rename one")]
fn two_types_of_one_name_are_refused_when_one_is_read_and_one_is_written() {
    async fn weigh(Json(same): Json<elsewhere::Same>) -> Json<Same> {
        Json(Same { size: if same.weight > 1.0 { 2 } else { 1 } })
    }
    let routes: Routes = Routes::new().route(post("/a", "a").allow(PUBLIC).to(weigh));
    document(&routes);
}

#[test]
#[should_panic(expected = "two types have the schema name `Pair`")]
fn two_generic_types_of_one_name_are_refused() {
    mod other {
        use super::{JsonSchema, Serialize};

        #[derive(Serialize, JsonSchema)]
        pub(super) struct Pair<T>(pub(super) T, pub(super) T, pub(super) T);
    }
    #[derive(Serialize, JsonSchema)]
    struct Pair<T>(T, T);
    const fn same() -> Same {
        Same { size: 1 }
    }
    let routes: Routes = Routes::new()
        .route(post("/a", "a").allow(PUBLIC).to(async || Json(Pair(same(), same()))))
        .route(post("/b", "b").allow(PUBLIC).to(async || Json(other::Pair(same(), same(), same()))));
    document(&routes);
}

#[test]
fn a_name_that_ends_with_a_number_is_a_name() {
    let routes: Routes = Routes::new()
        .route(post("/a", "a").allow(PUBLIC).to(async || Json(Same { size: 1 })))
        .route(post("/b", "b").allow(PUBLIC).to(async || Json(elsewhere::Same2 { weight: 1.0 })));
    assert!(document(&routes)["components"]["schemas"]["Same2"].is_object());
}

#[test]
#[should_panic(expected = "cannot be named `Problem`")]
fn the_name_of_problems_is_taken() {
    #[derive(Serialize, JsonSchema)]
    struct Problem {
        size: u8,
    }
    let routes: Routes =
        Routes::new().route(post("/a", "a").allow(PUBLIC).to(async || Json(Problem { size: 1 })));
    document(&routes);
}
