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
    /// Looking takes longer than one delivery may; what was seen so far is kept.
    #[error("looked at {0} pictures so far; goes on at the next delivery")]
    Unfinished(usize),
    /// The part was planned by a release that makes other things of what models see.
    #[error("planned by another release of Reeldrop; run `reeldrop retry` to look again")]
    Release,
    /// Nothing could be looked at as fast as the title plays.
    #[error(
        "this machine is too slow to look at the title as fast as it plays: of {0} pictures none was looked at in \
         time; have it looked at thoroughly (`reeldrop analyze ID --batch`)"
    )]
    TooSlow(u32),
    /// There is no memory left just now, mostly on a graphics card that others use, too.
    #[error("no memory to look with: {0}")]
    Memory(String),
    /// A model's file is none, or does not fit.
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

/// What ONNX Runtime, CUDA, cuBLAS and cuDNN say where there is no memory left, in lower case.
const NO_MEMORY: [&str; 6] = [
    "out of memory",
    "cudaerrormemoryallocation",
    "failed to allocate memory",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "bad_alloc",
];

impl Error {
    /// Memory that is short passes; of what else ONNX Runtime says, `other` knows the error.
    pub(crate) fn of_runtime(reason: String, other: impl FnOnce(String) -> Self) -> Self {
        let said = reason.to_lowercase();
        match NO_MEMORY.iter().any(|words| said.contains(words)) {
            true => Self::Memory(reason),
            false => other(reason),
        }
    }

    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Media(media) => media.is_transient(),
            Self::Store(store) => store.is_transient(),
            Self::Broken(_) | Self::Note(_) | Self::Unfinished(_) | Self::Memory(_) => true,
            Self::Convert(_)
            | Self::NoPicture
            | Self::Gone
            | Self::TooSlow(_)
            | Self::Release
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_short_passes_and_a_model_that_is_broken_does_not() {
        let of = |reason: &str| Error::of_runtime(reason.to_owned(), Error::Look);
        for short in [
            "Non-zero status code returned while running Conv node. BFCArena::AllocateRawInternal: \
             Failed to allocate memory for requested buffer of size 134217728",
            "CUDA failure 2: out of memory ; GPU=0 ; hostname=a",
            "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0",
            "std::bad_alloc",
        ] {
            assert!(of(short).is_transient(), "{short}");
        }
        for broken in [
            "Load model failed: Protobuf parsing failed.",
            "Got invalid dimensions",
        ] {
            assert!(!of(broken).is_transient(), "{broken}");
        }
    }
}
