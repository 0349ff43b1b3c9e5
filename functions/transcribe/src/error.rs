//! Why there are no captions, and whether trying again can help.

use reeldrop_captions::CaptionError;
use reeldrop_events::StepFailed;
use reeldrop_media::{MediaError, text::TextError};
use reeldrop_runtime::Failure;
use reeldrop_store::StoreError;

/// Why there are no captions.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The sound cannot be decoded.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// A bucket cannot be read or written.
    #[error(transparent)]
    Store(StoreError),
    /// The work bucket has forgotten what captions are made of.
    #[error("the words that captions are made of are no longer there")]
    Gone,
    /// A part was planned, but there is no model any more.
    #[error("no speech model is installed; run `reeldrop models pull`")]
    NoModel,
    /// A model's file is none, or there is no memory for it.
    #[error("the model {0} cannot be read; run `reeldrop models verify`")]
    Model(String),
    /// The model gave up.
    #[error("listening failed: {0}")]
    Listen(String),
    /// It cannot be found where the captions of a subtitle track lie.
    #[error(transparent)]
    Subtitles(TextError),
    /// A subtitle track never ends.
    #[error(
        "the subtitle track holds more than {} MiB of text; bring its captions as an SRT or WebVTT file",
        limit_bytes >> 20
    )]
    TooMuchText {
        /// Bytes that a track may have.
        limit_bytes: usize,
    },
    /// A track of closed captions is spread over too much of the file.
    #[error(
        "the closed captions lie too scattered in the file to be read in time; bring them as an SRT or WebVTT file"
    )]
    Scattered,
    /// A caption file holds no captions.
    #[error(transparent)]
    Captions(#[from] CaptionError),
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

impl From<TextError> for Error {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Read(error) => Self::Media(MediaError::Read(error)),
            TextError::NotIndexed | TextError::TooMany(_) => Self::Subtitles(error),
        }
    }
}

impl Error {
    fn is_transient(&self) -> bool {
        match self {
            Self::Media(media) => media.is_transient(),
            Self::Store(store) => store.is_transient(),
            Self::Broken(_) | Self::Note(_) => true,
            Self::Gone
            | Self::NoModel
            | Self::Model(_)
            | Self::Listen(_)
            | Self::Subtitles(_)
            | Self::TooMuchText { .. }
            | Self::Scattered
            | Self::Captions(_) => false,
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
