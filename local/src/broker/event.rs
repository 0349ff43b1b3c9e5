//! CloudEvents 1.0 over HTTP, without interest in what they carry.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

/// What must be escaped in header values (CloudEvents HTTP binding 1.0.2, 3.1.3.2): space, quote,
/// percent and all that is not printable ASCII.
const HEADER_ESCAPES: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// Why a request is no event.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// An attribute that every event must have.
    #[error("the event has no {0}")]
    Missing(&'static str),
    /// Another major version.
    #[error("CloudEvents version {0} is not 1.0")]
    Version(String),
    /// An attribute's value is no text.
    #[error("attribute {0} is not text")]
    Attribute(String),
    /// Structured mode with a body that is no JSON object.
    #[error("the structured event is not a JSON object: {0}")]
    Json(String),
    /// Batched mode.
    #[error("batches of events are not taken")]
    Batch,
}

/// An event as the broker keeps it: context attributes and bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// All context attributes but `datacontenttype`, extensions too.
    pub attributes: BTreeMap<String, String>,
    /// Media type of the data.
    pub content_type: Option<String>,
    /// The data.
    pub data: Bytes,
}

impl Event {
    /// Makes an event of the four attributes that each must have.
    #[must_use]
    pub fn new(ty: &str, source: &str, id: &str) -> Self {
        let attributes = [
            ("specversion", "1.0"),
            ("type", ty),
            ("source", source),
            ("id", id),
        ];
        Self {
            attributes: attributes
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            content_type: None,
            data: Bytes::new(),
        }
    }

    /// Adds data and its media type.
    #[must_use]
    pub fn with_data(mut self, content_type: &str, data: impl Into<Bytes>) -> Self {
        self.content_type = Some(content_type.to_owned());
        self.data = data.into();
        self
    }

    /// Adds or replaces an attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The value of an attribute, as filters see it.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        if name == "datacontenttype" {
            return self.content_type.as_deref();
        }
        self.attributes.get(name).map(String::as_str)
    }

    /// Reads a request or an answer; `None` where it does not claim to be an event.
    ///
    /// # Errors
    /// [`EnvelopeError`] where it claims to be one and is not.
    pub fn from_http(headers: &HeaderMap, body: &Bytes) -> Result<Option<Self>, EnvelopeError> {
        let content_type = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let event = match content_type {
            Some(ty) if ty.starts_with("application/cloudevents-batch") => {
                return Err(EnvelopeError::Batch);
            }
            Some(ty) if ty.starts_with("application/cloudevents") => Self::structured(body)?,
            _ if headers.contains_key("ce-specversion") || headers.contains_key("ce-id") => {
                Self::binary(headers, content_type, body)?
            }
            _ => return Ok(None),
        };
        event.check()?;
        Ok(Some(event))
    }

    /// The headers of binary mode.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.attributes {
            let name = HeaderName::try_from(format!("ce-{name}"));
            let value = utf8_percent_encode(value, HEADER_ESCAPES).to_string();
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        if let Some(Ok(value)) = self.content_type.as_ref().map(HeaderValue::try_from) {
            headers.insert(CONTENT_TYPE, value);
        }
        headers
    }

    fn binary(
        headers: &HeaderMap,
        content_type: Option<&str>,
        body: &Bytes,
    ) -> Result<Self, EnvelopeError> {
        let mut attributes = BTreeMap::new();
        for (name, value) in headers {
            if let Some(name) = name.as_str().strip_prefix("ce-") {
                let value = value
                    .to_str()
                    .ok()
                    .and_then(|value| percent_decode_str(value).decode_utf8().ok())
                    .ok_or_else(|| EnvelopeError::Attribute(name.to_owned()))?;
                attributes.insert(name.to_owned(), value.into_owned());
            }
        }
        Ok(Self {
            attributes,
            content_type: content_type.map(str::to_owned),
            data: body.clone(),
        })
    }

    /// CloudEvents JSON format 1.0.2, 3.
    fn structured(body: &Bytes) -> Result<Self, EnvelopeError> {
        let fields: serde_json::Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| EnvelopeError::Json(error.to_string()))?;
        let mut event = Self {
            attributes: BTreeMap::new(),
            content_type: None,
            data: Bytes::new(),
        };
        let mut json = None;
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("data", value) => json = Some(value),
                ("data_base64", Value::String(text)) => {
                    let data = BASE64_STANDARD.decode(text);
                    event.data = data.map_err(|_| EnvelopeError::Attribute(name))?.into();
                }
                ("datacontenttype", Value::String(text)) => event.content_type = Some(text),
                (_, Value::Null) => {}
                (_, Value::String(text)) => {
                    event.attributes.insert(name, text);
                }
                (_, value @ (Value::Bool(_) | Value::Number(_))) => {
                    event.attributes.insert(name, value.to_string());
                }
                (_, Value::Array(_) | Value::Object(_)) => {
                    return Err(EnvelopeError::Attribute(name));
                }
            }
        }
        if let Some(json) = json {
            event.take_json(json);
        }
        Ok(event)
    }

    /// Data that is not JSON by its media type stands as a string in structured mode.
    fn take_json(&mut self, json: Value) {
        let content_type = self
            .content_type
            .get_or_insert_with(|| "application/json".to_owned());
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let is_json = essence.ends_with("/json") || essence.ends_with("+json");
        self.data = match json {
            Value::String(text) if !is_json => text.into(),
            json @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_)) => json.to_string().into(),
        };
    }

    fn check(&self) -> Result<(), EnvelopeError> {
        for name in ["specversion", "type", "source", "id"] {
            if self.attribute(name).is_none_or(str::is_empty) {
                return Err(EnvelopeError::Missing(name));
            }
        }
        match self.attribute("specversion") {
            Some("1.0") | None => Ok(()),
            Some(other) => Err(EnvelopeError::Version(other.to_owned())),
        }
    }

    /// The event as one row: the length of the attributes' JSON, that JSON, the data.
    pub(crate) fn to_row(&self) -> Vec<u8> {
        let attributes = serde_json::json!([self.attributes, self.content_type]).to_string();
        let length = u32::try_from(attributes.len()).unwrap_or(u32::MAX);
        let mut row = Vec::with_capacity(4 + attributes.len() + self.data.len());
        row.extend(length.to_be_bytes());
        row.extend(attributes.as_bytes());
        row.extend(&self.data);
        row
    }

    /// Reads what [`Event::to_row`] wrote.
    pub(crate) fn from_row(row: &[u8]) -> Option<Self> {
        let (length, rest) = row.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (attributes, data) = rest.split_at_checked(length)?;
        let (attributes, content_type) = serde_json::from_slice(attributes).ok()?;
        Some(Self {
            attributes,
            content_type,
            data: Bytes::copy_from_slice(data),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event::new("io.reeldrop.test.v1", "/reeldrop/test", "1")
            .with("subject", "Ünïcode \"100 %\"")
            .with_data("application/json", r#"{"a":1}"#)
    }

    #[test]
    fn binary_mode_and_rows_give_the_same_event_back() {
        let event = event();
        let read = Event::from_http(&event.headers(), &event.data).unwrap();
        assert_eq!(read, Some(event.clone()));
        assert_eq!(Event::from_row(&event.to_row()), Some(event));
    }

    #[test]
    fn structured_mode_gives_the_same_event() {
        let body = Bytes::from_static(
            br#"{"specversion":"1.0","type":"io.reeldrop.test.v1","source":"/reeldrop/test","id":"1",
            "subject":"\u00dcn\u00efcode \"100 %\"","datacontenttype":"application/json","data":{"a":1}}"#,
        );
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/cloudevents+json; charset=utf-8"),
        );
        assert_eq!(Event::from_http(&headers, &body).unwrap(), Some(event()));
    }

    #[test]
    fn what_is_incomplete_is_refused() {
        let mut event = event();
        event.attributes.remove("source");
        let read = Event::from_http(&event.headers(), &event.data);
        assert_eq!(read, Err(EnvelopeError::Missing("source")));
        assert_eq!(Event::from_http(&HeaderMap::new(), &Bytes::new()), Ok(None));
    }
}
