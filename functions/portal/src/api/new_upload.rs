//! What a caller says of a file before sending it.

use std::collections::BTreeMap;

use reeldrop_catalog::{ContentKey, MasterKey};
use reeldrop_events::{AnalysisMode, Scheme};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Error, key_text::Wanted};

/// The largest object that S3 takes.
pub(super) const MAX_BYTES: u64 = 5 << 40;

/// A file to upload.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewUpload {
    /// The file's name.
    #[schema(example = "holiday.mp4")]
    pub(super) name: String,
    /// Its size in bytes.
    pub(super) size_bytes: u64,
    /// Its media type.
    #[schema(example = "video/mp4")]
    pub(super) content_type: Option<String>,
    /// The key to encrypt with, made where it is left out, and how to (`cbcs` where it is left out).
    #[serde(flatten)]
    pub(super) encryption: Wanted,
    /// How thoroughly to look at the title: `batch` or `realtime`; as whoever looks is set by default.
    #[schema(value_type = Option<String>, example = "realtime")]
    analysis_mode: Option<AnalysisMode>,
}

impl NewUpload {
    pub(super) fn check_size(&self) -> Result<(), Error> {
        match self.size_bytes {
            0 => Err(Error::invalid("The file is empty.", "Choose another file.")),
            1..=MAX_BYTES => Ok(()),
            _ => Err(Error::invalid(
                "The file is larger than 5 TiB.",
                "Cut it into smaller files.",
            )),
        }
    }

    /// What the functions read beside the file. Values are ASCII, the key is wrapped. The title's
    /// name is not among them: the object is named after the file.
    pub(super) fn metadata(
        &self,
        key: Option<&ContentKey>,
        scheme: Option<Scheme>,
        master: &MasterKey,
    ) -> BTreeMap<String, String> {
        let mut metadata = BTreeMap::new();
        if let Some(scheme) = scheme {
            metadata.insert("reeldrop-scheme".to_owned(), scheme.as_str().to_owned());
        }
        if let Some(mode) = self.analysis_mode {
            metadata.insert(
                "reeldrop-analysis-mode".to_owned(),
                mode.as_str().to_owned(),
            );
        }
        if let Some(key) = key {
            let wrapped = master.wrap(&key.key, &wrapping_context(key.kid));
            metadata.insert("reeldrop-wrapped-key".to_owned(), wrapped);
            metadata.insert("reeldrop-kid".to_owned(), key.kid.simple().to_string());
        }
        metadata
    }
}

/// What a wrapped key is bound to; encrypt-package unwraps it by the same words.
fn wrapping_context(kid: Uuid) -> String {
    format!("upload {kid}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_or_oversized_file_is_refused() {
        for (size_bytes, fits) in [
            (0, false),
            (1, true),
            (MAX_BYTES, true),
            (MAX_BYTES + 1, false),
        ] {
            let new = NewUpload {
                name: "a.mp4".to_owned(),
                size_bytes,
                content_type: None,
                encryption: Wanted::default(),
                analysis_mode: None,
            };
            assert_eq!(new.check_size().is_ok(), fits, "{size_bytes}");
        }
    }
}
