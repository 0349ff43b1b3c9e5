//! Why there are no pictures, and whether trying again can help.

use reeldrop_events::StepFailed;
use reeldrop_media::MediaError;
use reeldrop_runtime::Failure;
use reeldrop_store::StoreError;

/// Why there are no pictures.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source cannot be opened or decoded.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// A bucket cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The source decodes to nothing.
    #[error("no picture of the video could be decoded")]
    NoPicture,
    /// A decoded frame cannot be turned into a picture.
    #[error("a frame cannot be converted: {0}")]
    Convert(String),
    /// A picture cannot be written.
    #[error("a picture cannot be encoded: {0}")]
    Encode(String),
    /// What is finished cannot be noted down.
    #[error("note of finished pictures: {0}")]
    Note(#[from] serde_json::Error),
    /// The work broke off.
    #[error(transparent)]
    Broken(#[from] Failure),
}

impl Error {
    fn is_transient(&self) -> bool {
        match self {
            Self::Media(media) => match media {
                MediaError::Read(read) => read
                    .get_ref()
                    .and_then(|inner| inner.downcast_ref::<StoreError>())
                    .is_none_or(StoreError::is_transient),
                MediaError::Missing(_) | MediaError::Timeout(_) => true,
                MediaError::NotMedia
                | MediaError::UnsupportedCodec { .. }
                | MediaError::Encrypted
                | MediaError::NoTrack(_)
                | MediaError::Damaged(_) => false,
            },
            Self::Store(store) => store.is_transient(),
            Self::Broken(_) | Self::Note(_) => true,
            Self::NoPicture | Self::Convert(_) | Self::Encode(_) => false,
        }
    }

    /// Transient, or the end of the step, told by what `failed` makes of the reason.
    pub(crate) fn into_failure(self, failed: impl FnOnce(String) -> StepFailed) -> Failure {
        match self.is_transient() {
            true => Failure::transient(self),
            false => Failure::step(&failed(self.to_string())),
        }
    }
}
