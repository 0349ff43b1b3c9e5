//! Why a part cannot be made, and whether trying again can help.

use reeldrop_cmaf::CmafError;
use reeldrop_media::MediaError;
use reeldrop_runtime::Failure;
use reeldrop_store::StoreError;

/// Why a chunk or an audio part cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source cannot be opened or decoded.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// A bucket cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The coded samples cannot be written as CMAF.
    #[error("encoded media cannot be packed: {0}")]
    Cmaf(#[from] CmafError),
    /// The source decodes to nothing.
    #[error("no picture of the video could be decoded")]
    NoPicture,
    /// The part lies after the rendition's end.
    #[error("the audio part lies after the end of its rendition")]
    NoSound,
    /// The pipeline cannot be made: an encoder is missing, or the profile names an unknown preset.
    #[error("encoding cannot start: {reason}")]
    Pipeline {
        /// What GStreamer says.
        reason: String,
    },
    /// An encoder, or what feeds it, failed.
    #[error("encoding failed: {0}")]
    Encoder(String),
    /// Parts before this one were encoded by another encoder.
    #[error(
        "{0} was begun by another encoder, whose parts do not play with this one's: upload it anew"
    )]
    OtherEncoder(String),
    /// Nothing happened for too long.
    #[error("{0} made no progress")]
    Stalled(&'static str),
    /// The work broke off.
    #[error(transparent)]
    Broken(#[from] Failure),
    /// What was finished cannot be noted down.
    #[error("index of a finished part: {0}")]
    Index(#[from] serde_json::Error),
}

impl Error {
    /// Whether the same input can succeed another time.
    fn is_transient(&self) -> bool {
        match self {
            Self::Media(MediaError::Read(read)) => read
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<StoreError>())
                .is_none_or(StoreError::is_transient),
            Self::Media(media) => media.is_transient(),
            Self::Store(store) => store.is_transient(),
            Self::Encoder(_) | Self::Stalled(_) | Self::Index(_) | Self::Broken(_) => true,
            Self::Cmaf(_)
            | Self::NoPicture
            | Self::NoSound
            | Self::Pipeline { .. }
            | Self::OtherEncoder(_) => false,
        }
    }

    /// The failure of a part: transient, or the end of that step which `failed` makes of a reason.
    pub(crate) fn into_failure(
        self,
        failed: impl FnOnce(String) -> reeldrop_events::StepFailed,
    ) -> Failure {
        match self.is_transient() {
            true => Failure::transient(self),
            false => Failure::step(&failed(self.to_string())),
        }
    }
}
