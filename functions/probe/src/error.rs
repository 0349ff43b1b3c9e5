//! Why probing did not succeed.

use std::io;

use reeldrop_media::MediaError;
use reeldrop_runtime::Failure;
use reeldrop_store::StoreError;

use crate::Rejection;

/// Why probing did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can never become a title: an outcome, said in `media.rejected`.
    #[error("{0}")]
    Rejected(#[from] Rejection),
    /// The store did not answer as it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes could not be read.
    #[error("upload cannot be read: {0}")]
    Read(io::Error),
    /// Nothing can be said about the file yet.
    #[error("{0} took too long: the store or the machine is too slow, or the file is damaged")]
    TooSlow(&'static str),
    /// GStreamer is not complete on this machine.
    #[error(transparent)]
    Missing(MediaError),
    /// The work panicked: a bug.
    #[error(transparent)]
    Panicked(Failure),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => Self::permanent(rejection),
            Error::Store(error) if !error.is_transient() => Self::permanent(error),
            Error::Store(error) => Self::transient(error),
            Error::Read(_) | Error::TooSlow(_) | Error::Missing(_) => Self::transient(error),
            Error::Panicked(failure) => failure,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.downcast::<StoreError>() {
            Ok(StoreError::NotFound(_) | StoreError::Changed(_) | StoreError::OutOfRange(_)) => {
                Self::Rejected(Rejection::Gone)
            }
            Ok(error) => Self::Store(error),
            Err(error) => Self::Read(error),
        }
    }
}

impl From<MediaError> for Error {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Missing(_) => Self::Missing(error),
            MediaError::Read(error) => error.into(),
            MediaError::NotMedia => Rejection::NotMedia.into(),
            MediaError::UnsupportedCodec { codec } => Rejection::UnsupportedCodec { codec }.into(),
            MediaError::Encrypted => Rejection::Encrypted.into(),
            MediaError::NoTrack(_) => Rejection::NoTracks.into(),
            MediaError::Damaged(reason) => Rejection::Damaged {
                reason: lower_first(&reason),
            }
            .into(),
            MediaError::Timeout(what) => Self::TooSlow(what),
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
