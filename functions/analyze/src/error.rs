//! Why nothing is seen, and whether trying again can help.

use reeldrop_events::StepFailed;
use reeldrop_media::MediaError;
use reeldrop_runtime::Failure;
use reeldrop_store::StoreError;

/// Why nothing is seen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The picture cannot be decoded.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// A decoded picture cannot be scaled.
    #[error("a picture cannot be converted: {0}")]
    Convert(String),
    /// The source decodes to nothing.
    #[error("no picture of the video could be decoded")]
    NoPicture,
    /// A bucket cannot be read or written.
    #[error(transparent)]
    Store(StoreError),
    /// The work bucket has forgotten what is to be joined.
    #[error("what was seen in the parts is no longer there")]
    Gone,
    /// A part was planned, but the models or the library are not those of the plan any more.
    #[error("the models that the title was planned with are gone; run `reeldrop models pull`")]
    NoModel,
    /// ONNX Runtime cannot be loaded.
    #[error("ONNX Runtime cannot be used: {0}. Set REELDROP_ONNXRUNTIME to another one")]
    Library(String),
    /// A model's file is none, or there is no memory for it.
    #[error("the model {name} cannot be read: {reason}. Run `reeldrop models verify`")]
    Model {
        /// The model.
        name: String,
        /// What ONNX Runtime says.
        reason: String,
    },
    /// A model does not do what its entry in the registry says.
    #[error("the model {name} does not fit its entry in the registry: {reason}")]
    Contract {
        /// The model.
        name: String,
        /// What is different.
        reason: String,
    },
    /// A model gave up.
    #[error("looking failed: {0}")]
    Look(String),
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
            Self::Broken(_) | Self::Note(_) => true,
            Self::Convert(_)
            | Self::NoPicture
            | Self::Gone
            | Self::NoModel
            | Self::Library(_)
            | Self::Model { .. }
            | Self::Contract { .. }
            | Self::Look(_) => false,
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
