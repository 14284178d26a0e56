//! `Schema`: the keywords of JSON Schema, one by one.

use gravity_core::validate::{Schema, SchemaError};
use serde_json::{Value, json};

/// What is wrong, as `pointer code`.
fn faults(schema: &Schema, value: &Value) -> Vec<String> {
    match schema.validate(value) {
        Ok(()) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect(),
    }
}

/// Schema, values it accepts, values it refuses; in the style of the JSON Schema test suite.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn keywords() {
    let cases = [
        (json!(true), vec![json!(null), json!(1)], vec![]),
        (json!(false), vec![], vec![json!(null), json!({})]),
        (
            json!({"type": "integer"}),
            vec![json!(1), json!(1.0), json!(-7), json!(u64::MAX)],
            vec![json!(1.1), json!("1"), json!(null), json!(true)],
        ),
        (json!({"type": "number"}), vec![json!(1), json!(1.5)], vec![json!("1")]),
        (json!({"type": ["string", "null"]}), vec![json!("a"), json!(null)], vec![json!(1), json!([])]),
        (json!({"required": ["a"]}), vec![json!({"a": null}), json!([])], vec![json!({}), json!({"b": 1})]),
        (
            json!({"properties": {"a": {"type": "string"}}, "additionalProperties": false}),
            vec![json!({}), json!({"a": ""})],
            vec![json!({"a": 1}), json!({"b": 1})],
        ),
        (
            json!({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": {"type": "integer"}}),
            vec![json!({"x-a": "", "b": 1})],
            vec![json!({"x-a": 1}), json!({"b": ""})],
        ),
        (json!({"propertyNames": {"maxLength": 2}}), vec![json!({"ab": 1})], vec![json!({"abc": 1})]),
        (
            json!({"minLength": 2, "maxLength": 3}),
            vec![json!("äö"), json!("🦀🦀🦀"), json!(1)],
            vec![json!("ä"), json!("🦀🦀🦀🦀")],
        ),
        (json!({"maxLength": 2.0}), vec![json!("ab")], vec![json!("abc")]),
        (json!({"pattern": "^\\d+$"}), vec![json!("12"), json!(12)], vec![json!("a"), json!("٣")]),
        (json!({"minimum": 1.5}), vec![json!(2), json!(1.5), json!("x")], vec![json!(1), json!(1.4)]),
        (
            json!({"exclusiveMinimum": 1, "exclusiveMaximum": 3}),
            vec![json!(2), json!(1.01)],
            vec![json!(1), json!(3), json!(3.0)],
        ),
        (
            json!({"maximum": 9_007_199_254_740_993_u64}),
            vec![json!(9_007_199_254_740_993_u64)],
            vec![json!(9_007_199_254_740_994_u64)],
        ),
        (
            json!({"multipleOf": 0.01}),
            vec![json!(4.02), json!(0), json!(19.99)],
            vec![json!(0.005), json!(4.025)],
        ),
        (json!({"multipleOf": 2}), vec![json!(4), json!(4.0)], vec![json!(3), json!(7.5)]),
        (
            json!({"enum": [1, "a", null, {"x": [1]}]}),
            vec![json!(1.0), json!({"x": [1.0]}), json!(null)],
            vec![json!(2), json!({"x": []}), json!(true)],
        ),
        (json!({"const": false}), vec![json!(false)], vec![json!(0), json!(null)]),
        (json!({"items": {"type": "integer"}}), vec![json!([1, 2]), json!([])], vec![json!([1, "2"])]),
        (
            json!({"prefixItems": [{"type": "integer"}], "items": false}),
            vec![json!([1]), json!([])],
            vec![json!(["a"]), json!([1, 2])],
        ),
        (
            json!({"contains": {"const": 5}, "minContains": 2, "maxContains": 3}),
            vec![json!([5, 5]), json!([5, 1, 5, 5])],
            vec![json!([5]), json!([5, 5, 5, 5])],
        ),
        (json!({"contains": {"const": 5}}), vec![json!([5])], vec![json!([]), json!([1])]),
        (json!({"contains": {"const": 5}, "minContains": 0}), vec![json!([])], vec![]),
        (json!({"minItems": 1, "maxItems": 2}), vec![json!([1])], vec![json!([]), json!([1, 2, 3])]),
        (
            json!({"uniqueItems": true}),
            vec![json!([1, "1", true, [1], [2], {"a": 1}, {"a": "1"}])],
            vec![json!([1, 1.0]), json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}])],
        ),
        (
            json!({"minProperties": 1, "maxProperties": 1}),
            vec![json!({"a": 1})],
            vec![json!({}), json!({"a": 1, "b": 2})],
        ),
        (json!({"allOf": [{"minimum": 1}, {"maximum": 2}]}), vec![json!(1)], vec![json!(0), json!(3)]),
        (
            json!({"anyOf": [{"type": "integer"}, {"minimum": 2}]}),
            vec![json!(1), json!(2.5)],
            vec![json!(1.5)],
        ),
        (
            json!({"oneOf": [{"type": "integer"}, {"minimum": 2}]}),
            vec![json!(1), json!(2.5)],
            vec![json!(3), json!(1.5)],
        ),
        (json!({"not": {"type": "integer"}}), vec![json!("a")], vec![json!(1)]),
        (
            json!({"if": {"exclusiveMaximum": 0}, "then": {"minimum": -10}, "else": {"multipleOf": 2}}),
            vec![json!(-1), json!(4)],
            vec![json!(-100), json!(3)],
        ),
        (
            json!({"$ref": "#/$defs/a%20b", "$defs": {"a b": {"type": "integer"}}}),
            vec![json!(1)],
            vec![json!("a")],
        ),
        (
            json!({"$defs": {"x/y": {"type": "integer"}}, "$ref": "#/$defs/x~1y"}),
            vec![json!(1)],
            vec![json!("a")],
        ),
        (
            json!({"properties": {"a": {"$ref": "#"}}, "additionalProperties": false}),
            vec![json!({"a": {"a": {}}})],
            vec![json!({"a": {"b": {}}})],
        ),
        (
            json!({"allOf": [{"properties": {"a": true}}], "anyOf": [{"properties": {"b": {"const": 1}}, "required": ["b"]}, {"properties": {"c": true}}], "unevaluatedProperties": false}),
            vec![json!({"a": 1, "b": 1}), json!({"a": 1, "c": 1})],
            vec![json!({"a": 1, "d": 1}), json!({"b": 2})],
        ),
        (
            json!({"format": "date-time"}),
            vec![json!("2026-01-01T00:00:00Z"), json!(1)],
            vec![json!("2026-01-01")],
        ),
        (json!({"format": "made-up"}), vec![json!("x")], vec![]),
        (
            json!({"type": "integer", "format": "int32"}),
            vec![json!(i32::MAX)],
            vec![json!(i64::from(i32::MAX) + 1)],
        ),
    ];
    for (schema, accepted, refused) in cases {
        let compiled = Schema::compile(&schema).unwrap();
        for value in accepted {
            assert_eq!(faults(&compiled, &value), [""; 0], "{schema} {value}");
        }
        for value in refused {
            assert!(compiled.validate(&value).is_err(), "{schema} {value}");
        }
    }
}

#[test]
fn schemas_that_cannot_be_kept_to_do_not_compile() {
    for (schema, error) in [
        (json!(7), SchemaError::Malformed("schema".into())),
        (json!({"minLength": "1"}), SchemaError::Malformed("minLength".into())),
        (json!({"minLength": -1}), SchemaError::Malformed("minLength".into())),
        (json!({"type": "text"}), SchemaError::Malformed("type".into())),
        (json!({"multipleOf": 0}), SchemaError::Malformed("multipleOf".into())),
        (json!({"pattern": "("}), SchemaError::Pattern("(".into())),
        (json!({"$ref": "#/$defs/none"}), SchemaError::Reference("#/$defs/none".into())),
        (json!({"$ref": "other.json"}), SchemaError::Reference("other.json".into())),
        (json!({"$dynamicRef": "#a"}), SchemaError::Unsupported("$dynamicRef".into())),
    ] {
        assert_eq!(Schema::compile(&schema).unwrap_err(), error);
    }
    let mut deep = json!(true);
    for _ in 0..1_000 {
        deep = json!({ "not": deep });
    }
    assert_eq!(Schema::compile(&deep).unwrap_err(), SchemaError::TooDeep);
}
