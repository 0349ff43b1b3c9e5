//! From a payload to a CloudEvent and back.

use cloudevents::{AttributesReader, Data, Event, EventBuilder, EventBuilderV10};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{AssetId, asset::NAMESPACE};

/// One kind of event: its type, and what makes its id.
pub trait Payload: Serialize + DeserializeOwned + Send + Sync {
    /// CloudEvents `type`: `io.reeldrop.<noun>.<participle>.v1`.
    const TYPE: &'static str;

    /// The asset that the event is about: its CloudEvents `subject`.
    fn asset(&self) -> AssetId;

    /// Which part of the asset: two events of one type and asset differ in it.
    ///
    /// Empty where there is one such event per asset.
    fn part(&self) -> String;

    /// The event's id: a UUIDv5 of (type, asset, part).
    fn id(&self) -> Uuid {
        let name = format!("{}\0{}\0{}", Self::TYPE, self.asset(), self.part());
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }
}

/// Why an event's data is not what its receiver takes.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The event's type is none that this receiver handles.
    #[error("unexpected event type {0}")]
    Type(String),
    /// The event has no data.
    #[error("event has no data")]
    Empty,
    /// The data is not the JSON of the payload.
    #[error("event data does not fit: {0}")]
    Json(#[from] serde_json::Error),
    /// The data is JSON of the right shape that makes no sense.
    #[error("{0}")]
    Data(String),
}

/// What a function takes: one payload, or an enum of several.
pub trait Incoming: Sized + Send {
    /// Reads the input from a received event.
    ///
    /// # Errors
    /// [`DecodeError`] where the type or the data does not fit; delivering it again cannot help.
    fn decode(event: &Event) -> Result<Self, DecodeError>;

    /// Reads the input from a request body that is no CloudEvent, such as a store's own notification.
    ///
    /// None where the receiver takes CloudEvents only.
    #[must_use]
    fn decode_plain(_body: &[u8]) -> Option<Result<Self, DecodeError>> {
        None
    }
}

impl<P: Payload> Incoming for P {
    fn decode(event: &Event) -> Result<Self, DecodeError> {
        if event.ty() != P::TYPE {
            return Err(DecodeError::Type(event.ty().to_owned()));
        }
        // Binary mode arrives as bytes, structured mode as JSON.
        match event.data() {
            Some(Data::Binary(bytes)) => Ok(serde_json::from_slice(bytes)?),
            Some(Data::String(text)) => Ok(serde_json::from_str(text)?),
            Some(Data::Json(value)) => Ok(P::deserialize(value)?),
            None => Err(DecodeError::Empty),
        }
    }
}

/// An event ready to be sent, but for its `source` and trace context, which the runtime adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// CloudEvents `id`.
    pub id: Uuid,
    /// CloudEvents `type`.
    pub ty: String,
    /// CloudEvents `subject`.
    pub subject: AssetId,
    /// The payload.
    pub data: serde_json::Value,
}

impl Outgoing {
    /// Wraps a payload.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        clippy::expect_used,
        reason = "payloads are plain structs with string keys, which always serialise"
    )]
    pub fn of<P: Payload>(payload: &P) -> Self {
        Self {
            id: payload.id(),
            ty: P::TYPE.to_owned(),
            subject: payload.asset(),
            data: serde_json::to_value(payload).expect("payload serialises"),
        }
    }

    /// Makes the CloudEvent, said by the function `name`.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        clippy::expect_used,
        reason = "all required attributes are set"
    )]
    pub fn into_event(self, name: &str) -> Event {
        EventBuilderV10::new()
            .id(self.id.to_string())
            .ty(self.ty)
            .source(format!("/reeldrop/{name}"))
            .subject(self.subject.to_string())
            .data("application/json", self.data)
            .build()
            .expect("all required attributes are set")
    }
}

/// The events that a handler sends: none, one or several, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Events(Vec<Outgoing>);

impl Events {
    /// No event.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One event.
    #[must_use]
    pub fn of<P: Payload>(payload: &P) -> Self {
        Self(vec![Outgoing::of(payload)])
    }

    /// Adds one event.
    #[must_use]
    pub fn and<P: Payload>(mut self, payload: &P) -> Self {
        self.0.push(Outgoing::of(payload));
        self
    }

    /// Adds an event for each payload.
    #[must_use]
    pub fn and_all<'a, P: Payload + 'a>(
        mut self,
        payloads: impl IntoIterator<Item = &'a P>,
    ) -> Self {
        self.0.extend(payloads.into_iter().map(Outgoing::of));
        self
    }

    /// The events as a list.
    #[must_use]
    pub fn into_vec(self) -> Vec<Outgoing> {
        self.0
    }

    /// The events, to look at.
    #[must_use]
    pub fn as_slice(&self) -> &[Outgoing] {
        &self.0
    }
}

impl From<Vec<Outgoing>> for Events {
    fn from(events: Vec<Outgoing>) -> Self {
        Self(events)
    }
}
