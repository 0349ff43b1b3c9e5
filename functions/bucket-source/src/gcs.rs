//! Google Cloud Storage's notifications: through Pub/Sub, and from Eventarc.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::Value;

use crate::{Created, NotificationError};

/// What the types of Eventarc's events about objects begin with.
pub(crate) const EVENT_PREFIX: &str = "google.cloud.storage.object.v1.";
/// The type of the event that says that an object is complete.
pub(crate) const FINALIZED: &str = "google.cloud.storage.object.v1.finalized";

/// The push request's body (Pub/Sub, "Receive push messages").
#[derive(Deserialize)]
struct Push {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    attributes: Attributes,
    #[serde(default)]
    data: String,
}

/// Cloud Storage, "Pub/Sub notifications", attributes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    event_type: String,
    bucket_id: String,
    object_id: String,
    object_generation: String,
}

/// The parts of the JSON API's object resource that matter; 64-bit numbers are strings in it.
#[derive(Deserialize)]
struct ObjectResource {
    #[serde(default)]
    bucket: String,
    #[serde(default)]
    name: String,
    generation: Option<Number>,
    size: Option<Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Plain(u64),
}

impl Number {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Plain(number) => number.to_string(),
        }
    }

    fn parse(self, kind: &'static str, field: &'static str) -> Result<u64, NotificationError> {
        let value = self.text();
        value
            .parse()
            .map_err(|_| NotificationError::Number { kind, field, value })
    }
}

/// The new object in a Pub/Sub push, where it is about one.
pub(crate) fn pubsub_push(json: Value) -> Result<Option<Created>, NotificationError> {
    const KIND: &str = "Pub/Sub";
    let malformed = |source| NotificationError::Malformed { kind: KIND, source };
    let Push { message } = serde_json::from_value(json).map_err(malformed)?;
    let Attributes {
        event_type,
        bucket_id,
        object_id,
        object_generation,
    } = message.attributes;
    if event_type != "OBJECT_FINALIZE" {
        return Ok(None);
    }
    let missing_size = || NotificationError::Missing {
        kind: KIND,
        object: object_id.clone(),
        field: "size",
    };
    // Subscribed without payload, the message has no data, and nothing tells the size.
    if message.data.is_empty() {
        return Err(missing_size());
    }
    let data = BASE64_STANDARD.decode(&message.data)?;
    let resource: ObjectResource = serde_json::from_slice(&data).map_err(malformed)?;
    let size_bytes = resource
        .size
        .ok_or_else(missing_size)?
        .parse(KIND, "size")?;
    Ok(Some(Created {
        bucket: bucket_id,
        object: object_id,
        version: object_generation,
        size_bytes,
    }))
}

/// The object of an object resource.
pub(crate) fn object_resource(
    kind: &'static str,
    json: Value,
) -> Result<Created, NotificationError> {
    let ObjectResource {
        bucket,
        name,
        generation,
        size,
    } = serde_json::from_value(json)
        .map_err(|source| NotificationError::Malformed { kind, source })?;
    let missing = |field| NotificationError::Missing {
        kind,
        object: name.clone(),
        field,
    };
    if bucket.is_empty() {
        return Err(missing("bucket"));
    }
    if name.is_empty() {
        return Err(missing("name"));
    }
    let version = generation.ok_or_else(|| missing("generation"))?.text();
    let size_bytes = size.ok_or_else(|| missing("size"))?.parse(kind, "size")?;
    Ok(Created {
        bucket,
        object: name,
        version,
        size_bytes,
    })
}
