//! Why a notification cannot be understood.

use reeldrop_events::DecodeError;

/// Why a notification cannot be understood; delivering it again cannot help.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    /// It is JSON, but of no store that is known.
    #[error(
        "not a notification of S3 or MinIO (Records), EventBridge (detail-type) or Pub/Sub (message)"
    )]
    Unknown,
    /// It is not JSON, or lacks what such a notification has.
    #[error("malformed {kind} notification: {source}")]
    Malformed {
        /// Whose notification it is.
        kind: &'static str,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// It does not say enough about a new object.
    #[error("the {kind} notification of {object:?} has no {field}")]
    Missing {
        /// Whose notification it is.
        kind: &'static str,
        /// Name of the object.
        object: String,
        /// What is not there.
        field: &'static str,
    },
    /// An object's name does not decode to text.
    #[error("the object name {0:?} is not UTF-8 once it is decoded")]
    Name(String),
    /// A number is none.
    #[error("the {kind} notification's {field} {value:?} is not a number")]
    Number {
        /// Whose notification it is.
        kind: &'static str,
        /// Which number.
        field: &'static str,
        /// What stands there.
        value: String,
    },
    /// The Pub/Sub message's data is not base64.
    #[error("the Pub/Sub message's data is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
}

impl From<NotificationError> for DecodeError {
    fn from(error: NotificationError) -> Self {
        Self::Data(error.to_string())
    }
}
