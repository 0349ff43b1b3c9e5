//! Why the store did not do what was asked.

use std::fmt::Display;

use crate::Location;

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object, or no such upload of it.
    #[error("{0} does not exist")]
    NotFound(Location),
    /// The object is larger than the caller takes.
    #[error("{at} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The object.
        at: Location,
        /// What the caller takes, bytes.
        limit_bytes: u64,
    },
    /// The range begins at or after the object's end.
    #[error("the range lies outside of {0}")]
    OutOfRange(Location),
    /// The object is not the version that was meant.
    #[error("{0} has been replaced by another version")]
    Changed(Location),
    /// The store refuses: rights, a bucket that is not there. Its set-up is at fault, not the input.
    #[error("the store refused {at}: {reason}")]
    Refused {
        /// The object.
        at: Location,
        /// The store's words.
        reason: String,
    },
    /// Addresses cannot be signed in this function's name, however often it is tried.
    #[error("no address can be signed for {at}: {reason}")]
    Unsigned {
        /// The object.
        at: Location,
        /// Which right is missing.
        reason: String,
    },
    /// The store did not answer, or is not able to now.
    #[error("the store failed at {at}: {reason}")]
    Unavailable {
        /// The object.
        at: Location,
        /// What happened.
        reason: String,
    },
    /// The bytes to be stored broke off.
    #[error("what was to be stored as {at} broke off: {reason}")]
    Body {
        /// The object.
        at: Location,
        /// What happened.
        reason: String,
    },
    /// The client of the store cannot be made on this machine.
    #[error("the store's client cannot be made: {reason}")]
    Client {
        /// What is missing.
        reason: String,
    },
    /// A setting does not fit.
    #[error("environment variable {name} does not fit: {reason}")]
    Setting {
        /// Name of the variable.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl StoreError {
    /// Whether the same request may succeed later, with the same input.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Unavailable { .. } | Self::Body { .. } => true,
            Self::NotFound(_)
            | Self::TooLarge { .. }
            | Self::OutOfRange(_)
            | Self::Changed(_)
            | Self::Unsigned { .. }
            | Self::Client { .. }
            | Self::Setting { .. } => false,
        }
    }

    pub(crate) fn unavailable(at: &Location, reason: impl Display) -> Self {
        Self::Unavailable {
            at: at.clone(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn refused(at: &Location, reason: impl Display) -> Self {
        Self::Refused {
            at: at.clone(),
            reason: reason.to_string(),
        }
    }

    /// Sorts an HTTP status by what can be done about it.
    pub(crate) fn of_status(at: &Location, status: u16, reason: String) -> Self {
        match status {
            404 => Self::NotFound(at.clone()),
            412 => Self::Changed(at.clone()),
            416 => Self::OutOfRange(at.clone()),
            // 408 and 429 are the client errors that pass (S3 answers 503 SlowDown instead of 429).
            400..=407 | 409..=428 | 430..=499 => Self::refused(at, reason),
            _ => Self::unavailable(at, reason),
        }
    }
}
