//! Why there are no pictures, and whether trying again can help.

use reeldrop_cmaf::CmafError;
use reeldrop_events::StepFailed;
use reeldrop_media::{MediaError, mp4::Mp4Error};
use reeldrop_runtime::Failure;
use reeldrop_store::StoreError;

/// Why there are no pictures.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rendition cannot be decoded.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// A rendition's segment cannot be read.
    #[error("a segment cannot be read: {0}")]
    Segment(#[from] Mp4Error),
    /// Key pictures cannot be laid end to end.
    #[error("key pictures cannot be joined: {0}")]
    Join(#[from] CmafError),
    /// A chunk is not encoded as the plan says: it is being encoded again.
    #[error("chunk {0} is not encoded as planned")]
    Unfinished(u32),
    /// A bucket cannot be read or written.
    #[error(transparent)]
    Store(StoreError),
    /// The work bucket has forgotten what the pictures are made of.
    #[error("the encoded parts that pictures are made of are no longer there")]
    Gone,
    /// The renditions decode to nothing.
    #[error("no picture of the video could be decoded")]
    NoPicture,
    /// A decoded frame cannot be turned into a picture.
    #[error("a frame cannot be converted: {0}")]
    Convert(String),
    /// A picture cannot be written.
    #[error("a picture cannot be encoded: {0}")]
    Encode(String),
    /// A note of what is finished cannot be read or written.
    #[error("note of what is finished: {0}")]
    Note(#[from] serde_json::Error),
    /// The work broke off.
    #[error(transparent)]
    Broken(#[from] Failure),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match matches!(error, StoreError::NotFound(_)) {
            true => Self::Gone,
            false => Self::Store(error),
        }
    }
}

impl Error {
    fn is_transient(&self) -> bool {
        match self {
            Self::Media(media) => media.is_transient(),
            Self::Store(store) => store.is_transient(),
            Self::Broken(_) | Self::Note(_) | Self::Unfinished(_) => true,
            Self::Segment(_)
            | Self::Join(_)
            | Self::Gone
            | Self::NoPicture
            | Self::Convert(_)
            | Self::Encode(_) => false,
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
