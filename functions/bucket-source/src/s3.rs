//! S3's notifications: from the bucket itself, from MinIO, and through EventBridge.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

use crate::{Created, NotificationError};

/// The type of the event in which Knative's IntegrationSource brings a message of an SQS queue.
pub(crate) const QUEUED: &str = "dev.knative.connector.event.aws-sqs";

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

/// S3 User Guide, "Event message structure".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(default)]
    event_source: String,
    event_name: String,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
    size: Option<u64>,
    /// `eTag` in S3's own messages, `etag` in EventBridge's.
    #[serde(alias = "etag", rename = "eTag")]
    etag: Option<String>,
}

/// The new objects in the message of S3's or MinIO's webhook.
pub(crate) fn records(json: Value) -> Result<Vec<Created>, NotificationError> {
    const KIND: &str = "S3";
    let message: Message = serde_json::from_value(json)
        .map_err(|source| NotificationError::Malformed { kind: KIND, source })?;
    let mut created = Vec::new();
    for record in message.records {
        // MinIO writes `s3:ObjectCreated:Put`, S3 leaves the prefix out.
        let name = record.event_name.trim_start_matches("s3:");
        if !name.starts_with("ObjectCreated:") {
            continue;
        }
        let mut object = record.s3.object;
        object.key = decode_key(&object.key)?;
        // MinIO leaves out the size of an empty object.
        if record.event_source.starts_with("minio") {
            object.size = object.size.or(Some(0));
        }
        created.push(new_object(KIND, record.s3.bucket.name, object)?);
    }
    Ok(created)
}

#[derive(Deserialize)]
struct EventBridge {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Value,
}

/// The new object in an event of EventBridge, where it is about one.
pub(crate) fn event_bridge(json: Value) -> Result<Option<Created>, NotificationError> {
    const KIND: &str = "EventBridge";
    let malformed = |source| NotificationError::Malformed { kind: KIND, source };
    let event: EventBridge = serde_json::from_value(json).map_err(malformed)?;
    if event.source != "aws.s3" || event.detail_type != "Object Created" {
        return Ok(None);
    }
    // S3 User Guide, "Using EventBridge": keys are as they are, not URL-encoded.
    let Entity { bucket, object } = serde_json::from_value(event.detail).map_err(malformed)?;
    new_object(KIND, bucket.name, object).map(Some)
}

fn new_object(
    kind: &'static str,
    bucket: String,
    object: Object,
) -> Result<Created, NotificationError> {
    let missing = |field| NotificationError::Missing {
        kind,
        object: object.key.clone(),
        field,
    };
    let etag = object
        .etag
        .as_deref()
        .map(|etag| etag.trim_matches('"'))
        .filter(|etag| !etag.is_empty());
    let version = etag.ok_or_else(|| missing("ETag"))?.to_owned();
    let size_bytes = object.size.ok_or_else(|| missing("size"))?;
    Ok(Created {
        bucket,
        object: object.key,
        version,
        size_bytes,
    })
}

/// Decodes a key as S3 encodes it in its messages: like a form's field, a space as `+`.
fn decode_key(key: &str) -> Result<String, NotificationError> {
    let spaced = key.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded
        .map(Into::into)
        .map_err(|_| NotificationError::Name(key.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// As Java's `URLEncoder` does it, which S3 uses, but for the slash; Go's differs in `kept` only.
    fn encode_key(name: &str, kept: &str) -> String {
        let mut encoded = String::new();
        for byte in name.bytes() {
            match byte {
                b' ' => encoded.push('+'),
                _ if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) => {
                    encoded.push(char::from(byte));
                }
                _ => write!(encoded, "%{byte:02X}").unwrap(),
            }
        }
        encoded
    }

    /// Names of 1 to 20 characters, of the awkward kind more often than not.
    fn name(seed: u64) -> String {
        const AWKWARD: [char; 18] = [
            ' ', '+', '%', '"', '\'', '/', '&', '=', '?', '#', '\\', 'ä', '\u{301}', '漢', '🎬',
            '.', '\u{a0}', '\t',
        ];
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let length = 1 + next() % 20;
        let character = |random: u64| match random % 4 {
            0 => char::from(b'!' + (random >> 8) as u8 % 94),
            1 => char::from_u32((random >> 8) as u32 % 0x11_0000).unwrap_or('\u{FFFD}'),
            _ => AWKWARD[(random >> 8) as usize % AWKWARD.len()],
        };
        (0..length).map(|_| character(next())).collect()
    }

    #[test]
    fn every_name_comes_back_as_it_was() {
        for seed in 1..5_000 {
            let name = name(seed);
            for kept in ["-._*/", "-._*", "-._~"] {
                assert_eq!(
                    decode_key(&encode_key(&name, kept)).unwrap(),
                    name,
                    "seed {seed}"
                );
            }
        }
    }

    #[test]
    fn a_plus_is_a_space_and_an_encoded_plus_a_plus() {
        assert_eq!(decode_key("a+b%2Bc%20d%2525").unwrap(), "a b+c d%25");
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_refused() {
        assert!(matches!(decode_key("%FF"), Err(NotificationError::Name(_))));
    }
}
