//! Why a part could not be packaged or a manifest not be written.

use reeldrop_catalog::CatalogError;
use reeldrop_cmaf::CmafError;
use reeldrop_events::{AssetId, Events, PackageNo, StepFailed};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Location, StoreError};

use crate::EncryptPackage;

/// Why a part could not be packaged or a manifest not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A bucket did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The catalog did not answer, or refuses.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// What is to be encrypted is gone.
    #[error(
        "the part to encrypt is gone ({0}): encoded parts are only kept for a while; retry the title to encode it again"
    )]
    Gone(Location),
    /// What is to be encrypted is shorter than the event says.
    #[error("the part to encrypt is cut short ({0})")]
    CutShort(Location),
    /// What is to be encrypted cannot be read.
    #[error("rendition {rendition} cannot be encrypted: {cause}")]
    Cmaf {
        /// The rendition.
        rendition: String,
        /// What is wrong with it.
        cause: CmafError,
    },
    /// The upload, which may carry the caller's key, is gone.
    #[error(
        "the uploaded file is gone ({0}), and with it the key that the title may have been meant to have"
    )]
    UploadGone(Location),
    /// The caller's key is none.
    #[error("the key that came with the upload cannot be used: {0}")]
    CallerKey(&'static str),
    /// What is kept of a key server's words cannot be read.
    #[error(
        "what the key server said of the title's key cannot be read: {0}; package it again with the document"
    )]
    KeyDocument(CmafError),
    /// A package that is to be encrypted has no key.
    #[error("package {package} has no content key")]
    NoKey {
        /// The package.
        package: PackageNo,
    },
    /// The whole title has no frame.
    #[error("nothing of the file could be decoded")]
    Empty,
    /// The event's renditions are not those of its kind.
    #[error("the event names {0} renditions where it must name one")]
    Renditions(usize),
    /// What is published cannot be noted down.
    #[error("note of a published part: {0}")]
    Note(#[from] serde_json::Error),
    /// Work away from the request's thread did not end.
    #[error("{0}")]
    Stopped(Failure),
}

/// What follows from an error.
enum Outcome {
    /// Trying again can help.
    Again,
    /// It cannot.
    Failed,
    /// The title was deleted meanwhile: nothing is left to do.
    Nothing,
}

impl Error {
    /// What the handler answers: the step has failed for good, may succeed later, or was for a
    /// title that is no more.
    ///
    /// # Errors
    /// The failure.
    pub(crate) fn outcome(self, asset: AssetId, part: String) -> Result<Events, Failure> {
        match self.kind() {
            Outcome::Again => Err(Failure::transient(self)),
            Outcome::Nothing => Ok(Events::none()),
            Outcome::Failed => Err(Failure::step(&StepFailed {
                asset,
                step: EncryptPackage::NAME.to_owned(),
                part,
                reason: self.to_string(),
            })),
        }
    }

    fn kind(&self) -> Outcome {
        match self {
            Self::Catalog(CatalogError::Deleted(_)) => Outcome::Nothing,
            Self::Catalog(cause) if cause.is_transient() => Outcome::Again,
            Self::Store(cause) if cause.is_transient() => Outcome::Again,
            Self::Stopped(Failure::Transient { .. }) | Self::Note(_) => Outcome::Again,
            Self::Stopped(Failure::Permanent { .. })
            | Self::Catalog(_)
            | Self::Store(_)
            | Self::Gone(_)
            | Self::CutShort(_)
            | Self::Cmaf { .. }
            | Self::UploadGone(_)
            | Self::CallerKey(_)
            | Self::KeyDocument(_)
            | Self::NoKey { .. }
            | Self::Empty
            | Self::Renditions(_) => Outcome::Failed,
        }
    }
}
