//! [`Envelope`]: an event that was recorded.

use serde_json::Value;

use super::{DecodeError, Event};
use crate::http::layer::TraceContext;
use crate::{Entity, Id, Timestamp};

/// The id of an event, `event_01h455vb4pex5vsknk084sn02q` on the wire.
pub type EventId = Id<Envelope>;

/// An event of a known type that was recorded.
pub type Recorded<E> = Envelope<E>;

/// An event that was recorded: its data, and what is known about it.
///
/// `Envelope` by itself holds data of any type as JSON; [`Recorded<E>`] holds an `E`.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope<D = Value> {
    /// Tells it from every other event.
    pub id: EventId,
    /// [`Event::NAME`] of its type.
    pub name: String,
    /// [`Event::VERSION`] as it was when the event was recorded.
    pub version: u16,
    /// Who recorded it: the source of its [`Outbox`](super::Outbox).
    pub source: String,
    /// What it is about. Events about one subject are handled in the order in which they were recorded.
    pub subject: Option<String>,
    /// When it was recorded.
    pub time: Timestamp,
    /// The same for all that followed from one cause, such as the id of a request.
    pub correlation: String,
    /// The event that this one follows from.
    pub causation: Option<EventId>,
    /// Where in a trace it was recorded.
    pub trace: Option<TraceContext>,
    /// What it says.
    pub data: D,
}

impl Entity for Envelope {
    const PREFIX: &'static str = "event";
}

impl<D> Envelope<D> {
    /// What decides about order: the subject, or for an event without one its id, so that it follows no other.
    pub fn key(&self) -> String {
        self.subject.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// The same about other data.
    pub fn map<T>(self, data: impl FnOnce(D) -> T) -> Envelope<T> {
        Envelope {
            id: self.id,
            name: self.name,
            version: self.version,
            source: self.source,
            subject: self.subject,
            time: self.time,
            correlation: self.correlation,
            causation: self.causation,
            trace: self.trace,
            data: data(self.data),
        }
    }
}

impl Envelope {
    /// Reads the data as an `E`, from an older version too where [`Event::upcast`] knows how.
    pub fn decode<E: Event>(&self) -> Result<Recorded<E>, DecodeError> {
        let fail = |reason: String| DecodeError { id: self.id, name: E::NAME, reason };
        if self.name != E::NAME {
            return Err(fail(format!("it is a `{}`", self.name)));
        }
        let data = if self.version == E::VERSION {
            self.data.clone()
        } else {
            E::upcast(self.version, self.data.clone()).ok_or_else(|| {
                fail(format!("its version {} is neither {} nor one to upcast", self.version, E::VERSION))
            })?
        };
        // The parser's own words may quote the data.
        let data = serde_json::from_value(data)
            .map_err(|error| fail(format!("its data does not fit ({:?} error)", error.classify())))?;
        Ok(self.without_data().map(|()| data))
    }

    fn without_data(&self) -> Envelope<()> {
        Envelope {
            id: self.id,
            name: self.name.clone(),
            version: self.version,
            source: self.source.clone(),
            subject: self.subject.clone(),
            time: self.time,
            correlation: self.correlation.clone(),
            causation: self.causation,
            trace: self.trace,
            data: (),
        }
    }
}
