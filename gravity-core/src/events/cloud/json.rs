//! The structured JSON of a [`CloudEvent`].

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::attribute::{Attribute, CloudEventError, check_name};
use super::event::{CloudEvent, CloudEventData};

impl Serialize for CloudEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.check().map_err(S::Error::custom)?;
        self.write().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CloudEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(Map::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl CloudEvent {
    /// Reads the structured JSON, and checks it.
    pub fn from_json(text: &str) -> Result<Self, CloudEventError> {
        let map =
            serde_json::from_str(text).map_err(|_| CloudEventError::new("event", "is no JSON object"))?;
        Self::read(map)
    }

    fn write(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(name.to_owned(), value);
            }
        };
        put("specversion", Some("1.0".into()));
        put("id", Some(self.id.as_str().into()));
        put("source", Some(self.source.as_str().into()));
        put("type", Some(self.kind.as_str().into()));
        put("subject", self.subject.as_deref().map(Value::from));
        put("time", self.time.map(|time| time.to_string().into()));
        put("datacontenttype", self.data_content_type.as_deref().map(Value::from));
        put("dataschema", self.data_schema.as_deref().map(Value::from));
        for (name, value) in &self.extensions {
            put(name, Some(value.write()));
        }
        match &self.data {
            CloudEventData::None => {}
            CloudEventData::Json(data) => put("data", Some(data.clone())),
            CloudEventData::Bytes(bytes) => put("data_base64", Some(STANDARD.encode(bytes).into())),
        }
        map
    }

    fn read(mut map: Map<String, Value>) -> Result<Self, CloudEventError> {
        if map.remove("specversion") != Some(Value::from("1.0")) {
            return Err(CloudEventError::new("specversion", "is not 1.0"));
        }
        let data = match (map.remove("data"), map.remove("data_base64")) {
            (None, None) => CloudEventData::None,
            (Some(data), None) => CloudEventData::Json(data),
            (None, Some(Value::String(text))) => CloudEventData::Bytes(
                STANDARD.decode(text).map_err(|_| CloudEventError::new("data_base64", "is no base64"))?,
            ),
            (None, Some(_)) => return Err(CloudEventError::new("data_base64", "is no text")),
            (Some(_), Some(_)) => return Err(CloudEventError::new("data", "is there twice, as base64 too")),
        };
        let mut text = |name: &str| match map.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(CloudEventError::new(name, "is no text")),
        };
        let missing = |name| CloudEventError::new(name, "is missing");
        let mut event = Self {
            id: text("id")?.ok_or_else(|| missing("id"))?,
            source: text("source")?.ok_or_else(|| missing("source"))?,
            kind: text("type")?.ok_or_else(|| missing("type"))?,
            subject: text("subject")?,
            time: text("time")?
                .map(|time| time.parse().map_err(|_| CloudEventError::new("time", "is no RFC 3339 time")))
                .transpose()?,
            data_content_type: text("datacontenttype")?,
            data_schema: text("dataschema")?,
            extensions: BTreeMap::new(),
            data,
        };
        for (name, value) in map {
            check_name(&name)?;
            if let Some(value) = Attribute::read(&name, value)? {
                event.extensions.insert(name, value);
            }
        }
        event.check()?;
        Ok(event)
    }
}
