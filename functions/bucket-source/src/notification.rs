//! Any store's notification, brought to what they have in common.

use cloudevents::{AttributesReader, Data, Event};
use reeldrop_events::{DecodeError, Incoming, Source, UploadFinalized};
use serde_json::Value;

use crate::{NotificationError, gcs, s3};

/// An object has come into being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Name of the bucket.
    pub bucket: String,
    /// Decoded object name.
    pub object: String,
    /// Object generation (GCS) or ETag without its quotes (S3).
    pub version: String,
    /// Size in bytes.
    pub size_bytes: u64,
}

impl From<Created> for UploadFinalized {
    fn from(created: Created) -> Self {
        let Created {
            bucket,
            object,
            version,
            size_bytes,
        } = created;
        Self {
            source: Source {
                bucket,
                object,
                version,
                size_bytes,
            },
        }
    }
}

/// What a store says, as far as it is about new objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// The new objects, in the store's order; none where it is about something else.
    pub created: Vec<Created>,
}

impl Notification {
    fn read(body: &[u8]) -> Result<Self, NotificationError> {
        let json: Value =
            serde_json::from_slice(body).map_err(|source| NotificationError::Malformed {
                kind: "bucket",
                source,
            })?;
        Self::of(json)
    }

    /// What a store says in JSON, of whichever store it is.
    fn of(json: Value) -> Result<Self, NotificationError> {
        let created = if json.get("Records").is_some() {
            s3::records(json)?
        } else if json.get("detail-type").is_some() {
            s3::event_bridge(json)?.into_iter().collect()
        } else if json.get("message").is_some() {
            gcs::pubsub_push(json)?.into_iter().collect()
        } else if json.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
            Vec::new()
        } else {
            return Err(NotificationError::Unknown);
        };
        Ok(Self { created })
    }
}

impl Incoming for Notification {
    fn decode(event: &Event) -> Result<Self, DecodeError> {
        let is_queued = event.ty() == s3::QUEUED;
        if !is_queued && !event.ty().starts_with(gcs::EVENT_PREFIX) {
            return Err(DecodeError::Type(event.ty().to_owned()));
        }
        if !is_queued && event.ty() != gcs::FINALIZED {
            return Ok(Self::default());
        }
        let object = match event.data() {
            Some(Data::Binary(bytes)) => serde_json::from_slice(bytes)?,
            Some(Data::String(text)) => serde_json::from_str(text)?,
            Some(Data::Json(value)) => value.clone(),
            None => return Err(DecodeError::Empty),
        };
        if is_queued {
            return Ok(Self::of(object)?);
        }
        Ok(Self {
            created: vec![gcs::object_resource("Eventarc", object)?],
        })
    }

    fn decode_plain(body: &[u8]) -> Option<Result<Self, DecodeError>> {
        Some(Self::read(body).map_err(DecodeError::from))
    }
}
