//! `Schema`: what it accepts, what it reports, and that nothing makes it panic.

#![expect(clippy::unwrap_used, reason = "these helpers are part of the tests, which may")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use gravity_core::validate::Schema;
use gravity_core::{Entity, Id, Timestamp};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is wrong, as `pointer code`.
fn faults(schema: &Schema, value: &Value) -> Vec<String> {
    match schema.validate(value) {
        Ok(()) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect(),
    }
}

fn of<T: JsonSchema>() -> Schema {
    Schema::of::<T>().unwrap()
}

struct Note;
impl Entity for Note {
    const PREFIX: &'static str = "note";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payment {
    /// By card.
    Card {
        #[schemars(length(min = 4, max = 4))]
        last_digits: String,
    },
    Transfer {
        iban: String,
        reference: Option<String>,
    },
    Cash,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Level {
    Low,
    /// Neither.
    Middle,
    High,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Shape {
    Dot,
    Circle(u8),
    Square { side: u8 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Address {
    #[schemars(length(min = 1))]
    street: String,
    #[schemars(regex(pattern = r"^\d{5}$"))]
    postcode: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Item {
    #[schemars(length(min = 1, max = 5))]
    name: String,
    #[schemars(range(min = 1, max = 9))]
    count: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    id: Id<Note>,
    at: Timestamp,
    #[schemars(length(min = 1, max = 3))]
    items: Vec<Item>,
    payment: Payment,
    level: Option<Level>,
    shape: Shape,
    address: Option<Address>,
    labels: BTreeMap<String, i32>,
    tags: BTreeSet<String>,
    pair: (u8, String),
    parent: Option<Box<Order>>,
}

fn order() -> Value {
    json!({
        "id": "note_01h455vb4pex5vsknk084sn02q",
        "at": "2026-01-01T00:00:00.000000Z",
        "items": [{"name": "Milk", "count": 1}],
        "payment": {"kind": "cash"},
        "level": null,
        "shape": "Dot",
        "address": null,
        "labels": {},
        "tags": [],
        "pair": [1, "a"],
        "parent": null
    })
}

fn order_with(pointer: &str, value: Value) -> Value {
    let mut order = order();
    *order.pointer_mut(pointer).unwrap() = value;
    order
}

#[test]
fn reports_every_fault_where_it_is() {
    let schema = of::<Order>();
    assert_eq!(faults(&schema, &order()), [""; 0]);
    let value = json!({
        "id": "user_01h455vb4pex5vsknk084sn02q",
        "at": "yesterday",
        "items": [{"name": "", "count": 10}, {"count": "2"}, 7, {"name": "Butter", "count": -1}],
        "payment": {"kind": "card", "last_digits": "12345"},
        "shape": {"Circle": 256},
        "labels": {"a/b": "x"},
        "tags": ["a", "a"],
        "pair": [1, "a", 2],
        "extra": 1
    });
    let mut found = faults(&schema, &value);
    found.sort();
    let mut expected = [
        "/id wrong_pattern",
        "/at wrong_format",
        "/items too_many",
        "/items/0/name too_short",
        "/items/0/count too_large",
        "/items/1/name missing",
        "/items/1/count wrong_type",
        "/items/2 wrong_type",
        "/items/3/name too_long",
        "/items/3/count too_small",
        "/payment/last_digits too_long",
        "/shape/Circle too_large",
        "/labels/a~1b wrong_type",
        "/tags/1 duplicate",
        "/pair too_many",
        "/extra unknown",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn alternatives_report_what_was_meant() {
    let schema = of::<Order>();
    for (pointer, value, expected) in [
        ("/payment", json!({"kind": "transfer"}), vec!["/payment/iban missing"]),
        (
            "/payment",
            json!({"kind": "transfer", "iban": 1, "reference": 2}),
            vec!["/payment/iban wrong_type", "/payment/reference wrong_type"],
        ),
        ("/payment", json!({"kind": "cheque", "iban": "x"}), vec!["/payment/kind wrong_value"]),
        ("/payment", json!({}), vec!["/payment/kind wrong_value"]),
        ("/payment", json!("cash"), vec!["/payment wrong_type"]),
        ("/level", json!("Medium"), vec!["/level wrong_value"]),
        ("/level", json!(3), vec!["/level wrong_type"]),
        ("/shape", json!({"Square": {"side": "x"}}), vec!["/shape/Square/side wrong_type"]),
        ("/shape", json!({"Square": {}}), vec!["/shape/Square/side missing"]),
        ("/shape", json!("Oval"), vec!["/shape wrong_value"]),
        (
            "/address",
            json!({"street": "", "postcode": "1"}),
            vec!["/address/postcode wrong_pattern", "/address/street too_short"],
        ),
        ("/address", json!(1), vec!["/address wrong_type"]),
    ] {
        let mut found = faults(&schema, &order_with(pointer, value.clone()));
        found.sort();
        assert_eq!(found, expected, "{pointer} {value}");
    }
    let report = schema.validate(&order_with("/payment", json!({"kind": "cheque"}))).unwrap_err();
    assert_eq!(report.iter().next().unwrap().detail, r#"must be one of `"card"`, `"transfer"`, `"cash"`"#);
}

#[test]
fn types_that_contain_themselves_are_walked_to_their_end() {
    let schema = of::<Order>();
    let mut value = order_with("/items/0/count", json!(0));
    for _ in 0..3 {
        value = order_with("/parent", value);
    }
    assert_eq!(faults(&schema, &value), ["/parent/parent/parent/items/0/count too_small"]);
    // As deep as serde_json reads.
    let mut value = order();
    for _ in 0..125 {
        value = order_with("/parent", value);
    }
    assert_eq!(faults(&schema, &value), [""; 0]);
}

#[test]
fn what_is_too_deep_or_too_complex_is_refused_and_soon() {
    let looping = Schema::compile(&json!({"$ref": "#"})).unwrap();
    assert_eq!(faults(&looping, &json!(1)), [" too_deep"]);

    // Every level doubles the ways to try, were nobody to stop it.
    let doubling = Schema::compile(&json!({
        "anyOf": [
            {"properties": {"a": {"$ref": "#"}}, "required": ["a", "x"]},
            {"properties": {"a": {"$ref": "#"}}, "required": ["a", "y"]},
        ]
    }))
    .unwrap();
    let mut value = json!(1);
    for _ in 0..100 {
        value = json!({ "a": value });
    }
    assert!(doubling.validate(&value).is_err());

    let negated = Schema::compile(&json!({"not": {"$ref": "#"}})).unwrap();
    assert!(negated.validate(&json!(1)).is_err());

    let mut value = json!([]);
    for _ in 0..5_000 {
        value = Value::Array(vec![value]);
    }
    let nested = Schema::compile(&json!({"items": {"$ref": "#"}})).unwrap();
    assert!(nested.validate(&value).is_err());
    // Its own drop would recurse.
    while let Value::Array(items) = &mut value {
        value = items.pop().unwrap_or(Value::Null);
    }
}

#[test]
fn many_faults_are_cut_and_many_items_are_not() {
    let schema = of::<Vec<u8>>();
    let report = schema.validate(&json!(vec!["x"; 100_000])).unwrap_err();
    assert_eq!(report.len(), 100);
    assert!(schema.validate(&json!(vec![7; 100_000])).is_ok());
}

#[test]
fn tells_whether_serde_alone_would_do() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Plain {
        name: String,
        count: Option<i32>,
        small: u8,
        list: Vec<BTreeMap<String, f64>>,
        parent: Option<Box<Plain>>,
    }
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Ranged {
        #[schemars(range(max = 9))]
        small: u8,
    }

    assert!(!of::<Plain>().has_constraints());
    assert!(of::<Ranged>().has_constraints());
    assert!(of::<Address>().has_constraints());
    assert!(of::<Order>().has_constraints());
    assert!(of::<Timestamp>().has_constraints());
}

fn from_pairs(schema: &Schema, pairs: &[(&str, &str)]) -> Result<Value, Vec<String>> {
    schema
        .from_pairs(pairs.iter().map(|(name, text)| (Cow::from(*name), Cow::from(*text))))
        .map_err(|faults| faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect())
}

#[test]
fn pairs_take_the_types_of_the_schema() {
    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Paging {
        limit: Option<u32>,
    }
    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Search {
        text: String,
        #[serde(default)]
        tag: Vec<String>,
        #[serde(default)]
        number: BTreeSet<i64>,
        exact: Option<bool>,
        ratio: Option<f64>,
        level: Option<Level>,
        either: Option<String>,
        #[serde(flatten)]
        paging: Paging,
    }

    let schema = of::<Search>();
    let value = from_pairs(
        &schema,
        &[
            ("text", "007"),
            ("tag", "a"),
            ("number", "-1"),
            ("number", "2"),
            ("exact", "true"),
            ("ratio", "1.50"),
            ("level", "High"),
            ("limit", ""),
            ("other", "1"),
            ("others", "1"),
            ("others", "2"),
        ],
    )
    .unwrap();
    assert_eq!(
        value,
        json!({
            "text": "007", "tag": ["a"], "number": [-1, 2], "exact": true, "ratio": 1.5,
            "level": "High", "limit": null, "other": "1", "others": ["1", "2"],
        })
    );
    let search: Search = serde_json::from_value(value).unwrap();
    assert_eq!(search.text, "007");

    let mut found = from_pairs(
        &schema,
        &[
            ("text", "a"),
            ("text", "b"),
            ("number", "x"),
            ("exact", "yes"),
            ("ratio", "inf"),
            ("limit", "1.5"),
        ],
    )
    .unwrap_err();
    found.sort();
    assert_eq!(
        found,
        [
            "/exact wrong_type",
            "/limit wrong_type",
            "/number wrong_type",
            "/ratio wrong_type",
            "/text repeated"
        ]
    );
    for bad in ["+1", " 1", "01", "1e400", "0x1", "", "١"] {
        assert!(from_pairs(&schema, &[("ratio", bad)]).is_err() != bad.is_empty(), "{bad:?}");
    }
}

#[test]
fn pairs_of_maps_and_alternatives() {
    let map = of::<BTreeMap<String, i32>>();
    assert_eq!(from_pairs(&map, &[("a", "1")]), Ok(json!({"a": 1})));
    assert_eq!(from_pairs(&map, &[("a/b", "x")]), Err(vec!["/a~1b wrong_type".to_owned()]));
    let payment = of::<Payment>();
    assert_eq!(
        from_pairs(&payment, &[("kind", "card"), ("last_digits", "1234")]),
        Ok(json!({"kind": "card", "last_digits": "1234"}))
    );
    let any = Schema::compile(&json!(true)).unwrap();
    assert_eq!(from_pairs(&any, &[("a", "1")]), Ok(json!({"a": "1"})));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        prop::sample::select(vec!["Dot", "card", "note_01h455vb4pex5vsknk084sn02q"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let name = prop_oneof![
            prop::sample::select(vec![
                "id",
                "at",
                "items",
                "payment",
                "kind",
                "shape",
                "Circle",
                "parent",
                "name",
                "count",
                "type",
                "$ref",
                "anyOf",
                "properties",
                "not",
                "pattern",
                "enum",
            ])
            .prop_map(str::to_owned),
            "\\PC{0,4}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_payment() -> impl Strategy<Value = Payment> {
    prop_oneof![
        "[0-9]{4}".prop_map(|last_digits| Payment::Card { last_digits }),
        ("\\PC*", prop::option::of("\\PC*"))
            .prop_map(|(iban, reference)| Payment::Transfer { iban, reference }),
        Just(Payment::Cash),
    ]
}

prop_compose! {
    fn any_order()(
        number: u128,
        micros in 0i64..1 << 50,
        names in prop::collection::vec(("\\PC{1,5}", 1u8..=9), 1..=3),
        payment in any_payment(),
        level in prop::option::of(prop_oneof![Just(Level::Low), Just(Level::Middle), Just(Level::High)]),
        shape in prop_oneof![Just(Shape::Dot), any::<u8>().prop_map(Shape::Circle), any::<u8>().prop_map(|side| Shape::Square { side })],
        address in prop::option::of(("\\PC{1,9}", "[0-9]{5}")),
        labels in prop::collection::btree_map("\\PC*", any::<i32>(), 0..4),
        tags in prop::collection::btree_set("\\PC*", 0..4),
        pair: (u8, String),
    ) -> Order {
        Order {
            id: Id::from_uuid(uuid::Uuid::from_u128(number)),
            at: Timestamp::from_micros(micros).unwrap(),
            items: names.into_iter().map(|(name, count)| Item { name, count }).collect(),
            payment,
            level,
            shape,
            address: address.map(|(street, postcode)| Address { street, postcode }),
            labels,
            tags,
            pair,
            parent: None,
        }
    }
}

/// The value as bodies are read: to a schema `1.0` is a whole number, to serde it is not.
fn with_whole_numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
            Some(whole) if number.is_f64() && whole.fract() == 0.0 && whole.abs() < 9e15 => {
                Value::from(whole as i64)
            }
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(with_whole_numbers).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), with_whole_numbers(value))).collect()
        }
        _ => value.clone(),
    }
}

proptest! {
    #[test]
    fn what_serde_writes_is_valid(order in any_order(), parent in prop::option::of(any_order())) {
        let order = Order { parent: parent.map(Box::new), ..order };
        let value = serde_json::to_value(&order).unwrap();
        prop_assert_eq!(faults(&of::<Order>(), &value), [""; 0]);
    }

    #[test]
    fn no_value_makes_it_panic_and_what_is_valid_can_be_read(value in any_value()) {
        let read = with_whole_numbers(&value);
        if of::<Order>().validate(&value).is_ok() {
            prop_assert!(serde_json::from_value::<Order>(read.clone()).is_ok());
        }
        if of::<Shape>().validate(&value).is_ok() {
            prop_assert!(serde_json::from_value::<Shape>(read).is_ok());
        }
    }

    #[test]
    fn no_schema_makes_it_panic(schema in any_value(), value in any_value()) {
        if let Ok(schema) = Schema::compile(&schema) {
            let _ = schema.validate(&value);
            let _ = schema.from_pairs([("a".into(), "1".into())]);
        }
    }

    #[test]
    fn no_pairs_make_it_panic(pairs in prop::collection::vec(("\\PC{0,4}|items|level", "\\PC*"), 0..6)) {
        let _ = of::<Order>().from_pairs(pairs.into_iter().map(|(k, v)| (k.into(), v.into())));
    }
}

#[test]
fn a_number_without_a_fraction_is_an_integer_however_large() {
    let schema = Schema::compile(&json!({"type": "integer"})).unwrap();
    for whole in [json!(1e30), json!(1e34), json!(-1e300)] {
        assert!(schema.validate(&whole).is_ok(), "{whole}");
    }
    assert!(schema.validate(&json!(1.5)).is_err());
}
