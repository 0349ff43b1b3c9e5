//! From a request to a function's input.

use bytes::Bytes;
use cloudevents::{AttributesReader, Event, binding::http::to_event, event::ExtensionValue};
use http::{HeaderMap, header::CONTENT_TYPE};
use reeldrop_events::Incoming;

use crate::trace::Trace;

/// A request body that no delivery can make right.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRequest {
    /// Several events at once.
    #[error("batches are not taken: send one event a request")]
    Batch,
    /// A required attribute is absent.
    #[error("the event has no {0}")]
    Attribute(&'static str),
    /// The headers or the envelope are malformed.
    #[error("not a CloudEvent: {0}")]
    Envelope(String),
    /// Neither an event, nor anything else that the function reads.
    #[error("not a CloudEvent: there is no ce-specversion header and no structured event")]
    NoEvent,
    /// The event is none for this function.
    #[error("{0}")]
    Input(#[from] reeldrop_events::DecodeError),
}

/// What is known of the received event besides its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// CloudEvents `id`, none where a plain body came.
    pub(crate) id: Option<String>,
    /// CloudEvents `type`, or `plain`.
    pub(crate) ty: String,
    /// CloudEvents `subject`.
    pub(crate) subject: Option<String>,
    /// The trace that the handling belongs to.
    pub(crate) trace: Trace,
}

impl Origin {
    /// Whether the sender takes an event as reply: only one that speaks CloudEvents does.
    pub(crate) fn takes_reply(&self) -> bool {
        self.id.is_some()
    }

    fn of(event: &Event, headers: &HeaderMap) -> Self {
        let extension = |name| match event.extension(name) {
            Some(ExtensionValue::String(value)) => Some(value.as_str()),
            Some(ExtensionValue::Boolean(_) | ExtensionValue::Integer(_)) | None => None,
        };
        let trace = match extension("traceparent") {
            Some(parent) => Trace::under(Some(parent), extension("tracestate")),
            None => Trace::under_headers(headers),
        };
        Self {
            id: Some(event.id().to_owned()),
            ty: event.ty().to_owned(),
            subject: event.subject().map(str::to_owned),
            trace,
        }
    }
}

/// Reads a request's input.
pub(crate) fn read<I: Incoming>(
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(I, Origin), BadRequest> {
    let Some(event) = read_event(headers, body)? else {
        let input = I::decode_plain(body).ok_or(BadRequest::NoEvent)??;
        let trace = Trace::under_headers(headers);
        return Ok((
            input,
            Origin {
                id: None,
                ty: "plain".to_owned(),
                subject: None,
                trace,
            },
        ));
    };
    Ok((I::decode(&event)?, Origin::of(&event, headers)))
}

/// The CloudEvent in a request, binary or structured; none where there is no sign of one.
fn read_event(headers: &HeaderMap, body: &Bytes) -> Result<Option<Event>, BadRequest> {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if content_type.starts_with("application/cloudevents-batch") {
        return Err(BadRequest::Batch);
    }
    let structured = content_type.starts_with("application/cloudevents+json");
    if !structured && !headers.contains_key("ce-specversion") {
        let binary = ["ce-id", "ce-type", "ce-source"]
            .iter()
            .any(|name| headers.contains_key(*name));
        return if binary {
            Err(BadRequest::Attribute("specversion"))
        } else {
            Ok(None)
        };
    }
    if !structured {
        for name in ["id", "type", "source"] {
            if !headers.contains_key(format!("ce-{name}")) {
                return Err(BadRequest::Attribute(name));
            }
        }
    }
    let event = to_event(headers, body.to_vec())
        .map_err(|error| BadRequest::Envelope(error.to_string()))?;
    // CloudEvents 1.0, section 3.1.1: these must be non-empty strings.
    for (name, value) in [
        ("id", event.id()),
        ("type", event.ty()),
        ("source", event.source()),
    ] {
        if value.is_empty() {
            return Err(BadRequest::Attribute(name));
        }
    }
    Ok(Some(event))
}
