//! Events on the wire.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_core::events::{CloudEvent, Draft, Envelope, Event, MemoryEvents, Outbox};
use gravity_core::http::layer::TraceContext;
use gravity_core::{Clock, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Renamed {
    name: String,
    #[serde(default)]
    times: i64,
}

impl Event for Renamed {
    const NAME: &'static str = "account.renamed";
    const VERSION: u16 = 3;

    fn upcast(version: u16, mut data: Value) -> Option<Value> {
        // One step after the other.
        if version == 1 {
            data["title"] = data["label"].take();
        }
        if version <= 2 {
            data["name"] = data["title"].take();
        }
        (1..=2).contains(&version).then_some(data)
    }
}

fn outbox() -> Outbox<MemoryEvents> {
    Outbox::new(MemoryEvents::new(), "https://shop.example/accounts?x=%20", Clock::system()).unwrap()
}

proptest! {
    #[test]
    fn an_envelope_survives_the_wire(
        name in any::<String>(),
        times in any::<i64>(),
        subject in proptest::option::of("[^\\p{C}]{1,40}"),
        traced in any::<bool>(),
        micros in 0..4_000_000_000_000_000_i64,
    ) {
        let mut draft = Draft::new(Renamed { name, times });
        if let Some(subject) = subject {
            draft = draft.about(subject);
        }
        if traced {
            draft = draft.traced(TraceContext::start(true));
        }
        let cause = outbox().prepare(Renamed { name: String::new(), times: 0 }).unwrap();
        let mut event = outbox().prepare(draft.caused_by(&cause)).unwrap();
        event.time = Timestamp::from_micros(micros).unwrap();
        let text = serde_json::to_string(&CloudEvent::from(&event)).unwrap();
        let read: CloudEvent = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&CloudEvent::from_json(&text).unwrap(), &read);
        prop_assert_eq!(Envelope::try_from(read).unwrap(), event);
    }

    #[test]
    fn anything_is_read_or_refused_without_a_panic(text in any::<String>()) {
        let _ = CloudEvent::from_json(&text);
    }
}

#[test]
fn the_wire_has_the_names_of_the_specification() {
    let event = outbox().prepare(Draft::new(Renamed { name: "x".into(), times: 1 }).about("acc_1")).unwrap();
    let value = serde_json::to_value(CloudEvent::from(&event)).unwrap();
    assert_eq!(value["specversion"], "1.0");
    assert_eq!(value["type"], "account.renamed");
    assert_eq!(value["source"], "https://shop.example/accounts?x=%20");
    assert_eq!(value["subject"], "acc_1");
    assert_eq!(value["datacontenttype"], "application/json");
    assert_eq!(value["dataversion"], 3);
    assert_eq!(value["data"], json!({ "name": "x", "times": 1 }));
    assert!(value["id"].as_str().unwrap().starts_with("event_"));
    let names = value.as_object().unwrap().keys();
    assert!(names.into_iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())));
}

#[test]
fn rules_for_attributes_are_checked() {
    let good = json!({
        "specversion": "1.0", "id": "x", "source": "/a", "type": "t", "comexampleothervalue": 5,
        "unset": null, "flag": true, "time": "2018-04-05T17:31:00.123456789Z",
        "datacontenttype": "text/plain; charset=utf-8", "dataschema": "https://x.example/s#1", "data": "text",
    });
    let event: CloudEvent = serde_json::from_value(good.clone()).unwrap();
    assert_eq!(event.extensions.len(), 2);
    assert!(Envelope::try_from(event).is_err(), "somebody else's id");
    let bad = [
        ("specversion", json!("0.3")),
        ("specversion", json!(1.0)),
        ("specversion", Value::Null),
        ("id", json!("")),
        ("id", json!(7)),
        ("id", Value::Null),
        ("id", json!("a\u{1}")),
        ("id", json!("\u{fffe}")),
        ("id", json!("\u{1ffff}")),
        ("id", json!("\u{fdd0}")),
        ("source", json!("")),
        ("source", json!("a b")),
        ("source", json!("%zz")),
        ("source", json!("ü")),
        ("type", json!("")),
        ("type", json!("a\u{85}")),
        ("subject", json!("")),
        ("subject", json!({})),
        ("time", json!("yesterday")),
        ("time", json!("2018-04-05")),
        ("time", json!(0)),
        ("datacontenttype", json!("json")),
        ("datacontenttype", json!("")),
        ("dataschema", json!("/relative")),
        ("dataschema", json!("")),
        ("Upper", json!("x")),
        ("under_score", json!("x")),
        ("", json!("x")),
        ("dash-ed", json!(1)),
        ("comexampleothervalue", json!(1.5)),
        ("comexampleothervalue", json!(2_147_483_648_i64)),
        ("comexampleothervalue", json!([1])),
        ("comexampleothervalue", json!({ "a": 1 })),
        ("data_base64", json!("AA==")),
    ];
    for (name, value) in bad {
        let mut event = good.clone();
        event[name] = value.clone();
        assert!(serde_json::from_value::<CloudEvent>(event).is_err(), "{name}: {value}");
    }
    for missing in ["specversion", "id", "source", "type"] {
        let mut event = good.clone();
        event.as_object_mut().unwrap().remove(missing);
        assert!(serde_json::from_value::<CloudEvent>(event).is_err(), "{missing}");
    }
    let bytes =
        json!({ "specversion": "1.0", "id": "x", "source": "/a", "type": "t", "data_base64": "AP8=" });
    let event: CloudEvent = serde_json::from_value(bytes.clone()).unwrap();
    assert_eq!(serde_json::to_value(&event).unwrap(), bytes);
}

#[test]
fn older_data_is_read_and_newer_is_not() {
    let mut event = outbox().prepare(Renamed { name: "new".into(), times: 0 }).unwrap();
    event.version = 1;
    event.data = json!({ "label": "old" });
    assert_eq!(event.decode::<Renamed>().unwrap().data.name, "old");
    event.version = 2;
    event.data = json!({ "title": "newer" });
    assert_eq!(event.decode::<Renamed>().unwrap().data.name, "newer");
    event.version = 4;
    assert!(event.decode::<Renamed>().is_err());
    event.version = 3;
    event.data = json!({ "name": 5, "secret": "s3cret" });
    let error = event.decode::<Renamed>().unwrap_err().to_string();
    assert!(!error.contains("s3cret"), "{error}");
}
