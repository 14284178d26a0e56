//! Between our envelope and a [`CloudEvent`].

use std::collections::BTreeMap;

use super::attribute::{Attribute, CloudEventError};
use super::event::{CloudEvent, CloudEventData};
use crate::events::Envelope;
use crate::http::layer::TraceContext;

const VERSION: &str = "dataversion";
const CORRELATION: &str = "correlationid";
const CAUSATION: &str = "causationid";
const TRACE: &str = "traceparent";

impl From<&Envelope> for CloudEvent {
    fn from(event: &Envelope) -> Self {
        let mut extensions = BTreeMap::new();
        extensions.insert(VERSION.to_owned(), Attribute::Integer(event.version.into()));
        extensions.insert(CORRELATION.to_owned(), Attribute::Text(event.correlation.clone()));
        if let Some(cause) = event.causation {
            extensions.insert(CAUSATION.to_owned(), Attribute::Text(cause.to_string()));
        }
        if let Some(trace) = event.trace {
            extensions.insert(TRACE.to_owned(), Attribute::Text(trace.to_string()));
        }
        Self {
            id: event.id.to_string(),
            source: event.source.clone(),
            kind: event.name.clone(),
            subject: event.subject.clone(),
            time: Some(event.time),
            data_content_type: Some("application/json".to_owned()),
            data_schema: None,
            extensions,
            data: CloudEventData::Json(event.data.clone()),
        }
    }
}

/// Fails for an event that no outbox of ours has written.
impl TryFrom<CloudEvent> for Envelope {
    type Error = CloudEventError;

    fn try_from(event: CloudEvent) -> Result<Self, CloudEventError> {
        let CloudEventData::Json(data) = event.data else {
            return Err(CloudEventError::new("data", "is not there as JSON"));
        };
        let mut extensions = event.extensions;
        let version = match extensions.remove(VERSION) {
            Some(Attribute::Integer(version)) => u16::try_from(version).ok(),
            _ => None,
        };
        let mut text = |name: &str| match extensions.remove(name) {
            None => Ok(None),
            Some(Attribute::Text(text)) => Ok(Some(text)),
            Some(_) => Err(CloudEventError::new(name, "is no text")),
        };
        Ok(Self {
            correlation: text(CORRELATION)?.unwrap_or_else(|| event.id.clone()),
            causation: text(CAUSATION)?
                .map(|id| id.parse().map_err(|_| CloudEventError::new(CAUSATION, "is no id of an event")))
                .transpose()?,
            trace: text(TRACE)?.as_deref().and_then(TraceContext::parse),
            id: event.id.parse().map_err(|_| CloudEventError::new("id", "is no id of an event"))?,
            name: event.kind,
            version: version.ok_or_else(|| CloudEventError::new(VERSION, "is no version"))?,
            source: event.source,
            subject: event.subject,
            time: event.time.ok_or_else(|| CloudEventError::new("time", "is missing"))?,
            data,
        })
    }
}
