//! A file has arrived in the uploads bucket.

use serde::{Deserialize, Serialize};

use crate::{AssetId, Payload};

/// The uploaded file: where it lies and which version of it is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    /// Name of the bucket, as the store names it.
    pub bucket: String,
    /// Decoded object name: any Unicode, spaces, `+`, `%` and quotes included.
    pub object: String,
    /// Object generation (GCS) or ETag without its quotes (S3).
    pub version: String,
    /// Size in bytes.
    pub size_bytes: u64,
}

/// `upload.finalized`: a file is complete in the uploads bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadFinalized {
    /// The file.
    pub source: Source,
}

impl Payload for UploadFinalized {
    const TYPE: &'static str = "io.reeldrop.upload.finalized.v1";

    fn asset(&self) -> AssetId {
        AssetId::of(&self.source)
    }

    fn part(&self) -> String {
        String::new()
    }
}
