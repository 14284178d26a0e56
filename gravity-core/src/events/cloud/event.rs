//! [`CloudEvent`]: any event of that specification.

use std::collections::BTreeMap;

use serde_json::Value;

use super::attribute::{
    Attribute, CloudEventError, check_media_type, check_name, check_nonempty, check_reference, check_uri,
};
use crate::Timestamp;

/// The names that an extension cannot have.
pub(super) const RESERVED: [&str; 10] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
    "data_base64",
];

/// An event of `CloudEvents` 1.0, ours or anybody's, whose JSON is that of the specification's structured mode
/// (`application/cloudevents+json`).
///
/// Reading one checks every rule that the specification has for attributes. Times are cut to microseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudEvent {
    /// `id`: with the source, tells the event from every other. Not empty.
    pub id: String,
    /// `source`: who sent it, a URI reference. Not empty.
    pub source: String,
    /// `type`: what has happened. Not empty.
    pub kind: String,
    /// `subject`: what it is about. Not empty where there is one.
    pub subject: Option<String>,
    /// `time`: when it happened.
    pub time: Option<Timestamp>,
    /// `datacontenttype`: the media type of the data; `application/json` where there is none.
    pub data_content_type: Option<String>,
    /// `dataschema`: where the schema of the data is, an absolute URI.
    pub data_schema: Option<String>,
    /// All other attributes. Their names have lower-case letters and digits.
    pub extensions: BTreeMap<String, Attribute>,
    /// What it says.
    pub data: CloudEventData,
}

/// What a [`CloudEvent`] says.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum CloudEventData {
    /// Nothing.
    #[default]
    None,
    /// `data`: any JSON, and text of other media types as a JSON string.
    Json(Value),
    /// `data_base64`: bytes.
    Bytes(Vec<u8>),
}

impl CloudEvent {
    /// Checks the rules that the specification has for attributes.
    pub fn check(&self) -> Result<(), CloudEventError> {
        check_nonempty("id", &self.id)?;
        check_reference("source", &self.source)?;
        check_nonempty("type", &self.kind)?;
        if let Some(subject) = &self.subject {
            check_nonempty("subject", subject)?;
        }
        if let Some(media_type) = &self.data_content_type {
            check_media_type("datacontenttype", media_type)?;
        }
        if let Some(schema) = &self.data_schema {
            check_uri("dataschema", schema)?;
        }
        for (name, value) in &self.extensions {
            check_name(name)?;
            if RESERVED.contains(&name.as_str()) {
                return Err(CloudEventError::new(name, "is no name for an extension"));
            }
            value.check(name)?;
        }
        Ok(())
    }
}
